//! What becomes of bills that were named: every amount after discounts, every file told, and nothing
//! asked for that a bill covers.

use std::path::Path;

use plaudit::bill;
use plaudit::table::{
    Bill, Charge, CostBasis, Coverage, Operation, Outcome, Tables, VpcEndpointConnection, VpcEndpointCost,
    VpcEndpointService, VpcEndpointSubnet,
};
use plaudit_simulator::{self as simulator, ServerOptions, World, WorldOptions};

use crate::bills::{gzip, read, small_bill};
use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit_at, run};

/// The lines of a month of one endpoint in three zones, from the first day to the last.
fn month(line: impl Fn(i32) -> String) -> String {
    (1..=30).map(|day| line(day) + "\n").collect()
}

const ARN: &str = "arn:aws:ec2:us-east-1:111111111111:vpc-endpoint/vpce-0a1";

/// 2,160 zone-hours at $0.01, 21.60 before and 17.28 after a discount of a fifth.
fn discounted_cur(net: bool, discount_lines: bool) -> String {
    let (column, value) = if net { (",line_item_net_unblended_cost", ",0.576") } else { ("", "") };
    let head = format!(
        "bill_payer_account_id,bill_billing_period_start_date,line_item_usage_account_id,line_item_line_item_type,\
         line_item_usage_start_date,line_item_usage_type,line_item_resource_id,line_item_usage_amount,\
         line_item_currency_code,line_item_unblended_cost{column}\n"
    );
    let line = |day: i32, kind: &str, hours: &str, amount: &str, value: &str| {
        format!(
            "999999999999,2026-09-01T00:00:00Z,111111111111,{kind},2026-09-{day:02}T00:00:00Z,VpcEndpoint-Hours,{ARN},{hours},USD,{amount}{value}"
        )
    };
    let mut text = head + &month(|day| line(day, "Usage", "72", "0.72", value));
    if discount_lines {
        let nothing = if net { ",0" } else { "" };
        text += &month(|day| line(day, "EdpDiscount", "72", "-0.144", nothing));
    }
    text
}

fn discounted_focus() -> String {
    String::from(
        "BillingAccountId,SubAccountId,ResourceId,ChargeCategory,BillingPeriodStart,ChargePeriodStart,\
         ConsumedQuantity,ConsumedUnit,BilledCost,EffectiveCost,ListCost,BillingCurrency,RegionId,x_UsageType,x_Operation\n",
    ) + &month(|day| {
        format!(
            "999999999999,111111111111,{ARN},Usage,2026-09-01 00:00:00,2026-09-{day:02} 00:00:00,72,Hrs,0.576,0.576,0.72,USD,us-east-1,USE1-VpcEndpoint-Hours,VpcEndpoint"
        )
    })
}

/// The same month, as Cost Explorer's answers are read.
fn discounted_cost_explorer() -> bill::Bills {
    let key = |kind: &str| bill::Key {
        account: "111111111111".to_owned(),
        month: "2026-09-01".parse().expect("a date"),
        payer: Some("999999999999".to_owned()),
        resource: None,
        usage_type: "VpcEndpoint-Hours".to_owned(),
        operation: None,
        region: None,
        kind: kind.to_owned(),
        unit: None,
        sku: None,
        sku_price: None,
    };
    let day = |text: &str| text.parse().ok();
    let sums = |quantity, billed, net| bill::Sums {
        quantity,
        billed,
        net: Some(net),
        first: day("2026-09-01"),
        last: day("2026-09-30"),
        ..bill::Sums::default()
    };
    let items = vec![(key("Usage"), sums(2160.0, 21.60, 17.28)), (key("Discount"), sums(1.0, -4.32, 0.0))];
    bill::from_totals(items, plaudit::table::ChargeSource::CostExplorer, "ce:GetCostAndUsage")
}

#[test]
fn every_source_of_a_month_agrees_to_the_cent_after_discounts() {
    let read =
        |text: String| read(&[("a/bill.csv", text.into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    let forms = [
        ("CUR with net amounts", read(discounted_cur(true, false))),
        ("CUR with net amounts and lines of discounts", read(discounted_cur(true, true))),
        ("CUR with lines of discounts alone", read(discounted_cur(false, true))),
        ("FOCUS", read(discounted_focus())),
        ("Cost Explorer", discounted_cost_explorer()),
    ];
    for (name, bills) in forms {
        let total = |amount: fn(&Charge) -> f64| bills.charge.iter().map(amount).sum::<f64>();
        assert!((total(|charge| charge.billed_cost) - 17.28).abs() < 0.005, "{name}: {:?}", bills.charge);
        assert!((total(|charge| charge.effective_cost) - 17.28).abs() < 0.005, "{name}: {:?}", bills.charge);
        assert!((total(|charge| charge.consumed_quantity.unwrap_or(0.0)) - 2160.0).abs() < 1e-6, "{name}");
        // The endpoint's price, its rate and what is saved without it stand on that amount.
        let cost = cost_of_endpoint(&bills);
        assert!((cost.monthly_cost.expect("a cost") - 17.28).abs() < 0.005, "{name}: {cost:?}");
        assert!((cost.hourly_rate.expect("a rate") - 0.008).abs() < 1e-9, "{name}: {cost:?}");
    }
}

/// What an endpoint in three zones costs with such a bill.
fn cost_of_endpoint(bills: &bill::Bills) -> VpcEndpointCost {
    let mut tables = three_zones();
    derived(&mut tables, bills);
    tables.vpc_endpoint_cost.remove(0)
}

fn derived(tables: &mut Tables, bills: &bill::Bills) {
    use plaudit::derive::{Billing, CrawlFacts, derive, learn};
    let window = ("2026-09-01".parse().expect("a date"), "2026-11-22".parse().expect("a date"));
    let mut facts = CrawlFacts::new(83, Billing::new(bills, window));
    facts.add(learn(tables, 83));
    let prices = plaudit::price::PriceList::shipped().unwrap_or_else(|error| panic!("{error}"));
    derive("111111111111", "us-east-1", tables, &facts, &prices);
}

/// One endpoint, `vpce-0a1`, in three zones.
fn three_zones() -> Tables {
    let (account, region) = ("111111111111".to_owned(), "us-east-1".to_owned());
    let mut tables = Tables { vpc_endpoint: vec![crate::usage::endpoint("vpce-0a1")], ..Tables::default() };
    tables.coverage.push(Coverage {
        account_id: account.clone(),
        region: region.clone(),
        operation: Operation::Ec2DescribeVpcEndpoints.name().to_owned(),
        outcome: Outcome::Ok,
        error_code: None,
        message: None,
        requests: 1,
        rows: 1,
        charge: 0.0,
    });
    for zone in 1..=3 {
        tables.vpc_endpoint_subnet.push(VpcEndpointSubnet {
            account_id: account.clone(),
            region: region.clone(),
            vpc_endpoint_id: "vpce-0a1".to_owned(),
            subnet_id: Some(format!("subnet-{zone}")),
            availability_zone_id: Some(format!("use1-az{zone}")),
            network_interface_id: Some(format!("eni-{zone}")),
        });
    }
    tables
}

#[test]
fn where_nothing_was_billed_there_is_no_rate() {
    let other = discounted_cur(true, false).replace("vpce-0a1", "vpce-0b2");
    let bills = read(&[("a/bill.csv", other.into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    let mut tables = three_zones();
    let mut neighbour = crate::usage::endpoint("vpce-0b2");
    neighbour.vpc_id = "vpc-2".to_owned();
    tables.vpc_endpoint.push(neighbour);
    derived(&mut tables, &bills);
    let cost = &tables.vpc_endpoint_cost[0];
    assert_eq!((cost.hourly_rate, cost.monthly_cost), (None, Some(0.0)), "{cost:?}");
    assert_eq!(cost.cost_basis, CostBasis::Billed);
}

/// A FOCUS 1.0 export with the standard's own columns alone.
fn plain_focus() -> String {
    let head = include_str!("data/focus-1.0-columns.csv").trim_end();
    let names: Vec<&str> = head.split(',').collect();
    let line = |day: i32, hour: i32| {
        let cells = names.iter().map(|name| match *name {
            "BilledCost" | "ContractedCost" | "EffectiveCost" | "ListCost" => "0.01".to_owned(),
            "BillingAccountId" => "999999999999".to_owned(),
            "SubAccountId" => "111111111111".to_owned(),
            "BillingCurrency" => "USD".to_owned(),
            "BillingPeriodStart" => "2026-10-01 00:00:00".to_owned(),
            "BillingPeriodEnd" => "2026-11-01 00:00:00".to_owned(),
            "ChargeCategory" => "Usage".to_owned(),
            "ChargeDescription" => "$0.01 per VPC Endpoint Hour".to_owned(),
            "ChargePeriodStart" => format!("2026-10-{day:02} {hour:02}:00:00"),
            "ConsumedQuantity" | "PricingQuantity" => "1.0".to_owned(),
            "ConsumedUnit" | "PricingUnit" => "Hours".to_owned(),
            "RegionId" if day == 31 => "NULL".to_owned(),
            "RegionId" => "us-east-1".to_owned(),
            _ => "NULL".to_owned(),
        });
        cells.collect::<Vec<_>>().join(",")
    };
    let mut text = format!("{head}\n");
    for day in 1..=31 {
        for hour in 0..24 {
            text += &(line(day, hour) + "\n");
        }
    }
    text
}

#[test]
fn a_focus_export_without_columns_of_aws_is_billed_by_its_descriptions() {
    let bills =
        read(&[("a/focus.csv", plain_focus().into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    let billed: f64 = bills.charge.iter().map(|charge| charge.billed_cost).sum();
    assert!((billed - 7.44).abs() < 1e-9, "{:?}", bills.charge);
    assert!(bills.charge.iter().all(|charge| charge.usage_type == "VpcEndpoint-Hours"));
    let regions: Vec<Option<&str>> = bills.charge.iter().map(|charge| charge.region_id.as_deref()).collect();
    assert!(
        regions.contains(&Some("us-east-1")) && regions.contains(&None),
        "NULL is no Region: {regions:?}"
    );
    assert_eq!(bills.bill.len(), 1);
    assert_eq!((bills.bill[0].lines, bills.bill[0].message.as_deref()), (744, None));
}

#[test]
fn the_usage_type_names_the_region_where_the_export_says_null() {
    let text = discounted_focus().replace(",us-east-1,USE1-", ",NULL,EU-");
    let bills = read(&[("a/focus.csv", text.into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    assert!(!bills.charge.is_empty());
    assert!(bills.charge.iter().all(|charge| charge.region_id.as_deref() == Some("eu-west-1")));
}

#[test]
fn every_bill_that_is_named_has_a_row_also_one_that_gives_nothing() {
    let lines = |usage_type: &str, kind: &str| {
        small_bill().replace("VpcEndpoint-Hours", usage_type).replace(",Usage,", &format!(",{kind},"))
    };
    let sample = plain_focus()
        .replace("$0.01 per VPC Endpoint Hour", "$0.005 per In-use public IPv4 address per hour");
    for (name, text, lacks) in [
        ("ec2-only.csv", lines("BoxUsage:m5.large", "Usage"), "no line is about PrivateLink"),
        ("marketplace.csv", lines("MP:subscription-Units", "Usage"), "no line is about PrivateLink"),
        ("tax-only.csv", lines("", "Tax"), "no line is about PrivateLink"),
        ("focus.csv", sample, "neither `x_UsageType` nor `x_Operation`"),
        ("nat.csv", lines("NatGateway-Hours", "Usage"), "no line is about PrivateLink"),
    ] {
        let count = text.lines().count() as i64 - 1;
        let name = format!("{name}/{name}");
        let bills = read(&[(&name, text.into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(bills.bill.len(), 1, "{name}: {:?}", bills.bill);
        let row = &bills.bill[0];
        assert_eq!((row.lines, row.files, row.outcome), (count, 1, Outcome::Ok), "{name}: {row:?}");
        assert!(row.message.as_deref().is_some_and(|message| message.contains(lacks)), "{name}: {row:?}");
    }
}

#[test]
fn a_copy_of_a_file_is_counted_once_and_told() {
    let once = read(&[("a/1.csv", small_bill().into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    let twice = read(&[("a/1.csv", small_bill().into_bytes()), ("a/2.csv", small_bill().into_bytes())])
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(once.charge, twice.charge);
    let skipped: Vec<&Bill> = twice.bill.iter().filter(|bill| bill.outcome == Outcome::Skipped).collect();
    assert_eq!(skipped.len(), 1, "{:?}", twice.bill);
    assert_eq!(skipped[0].message.as_deref(), Some("it is a copy of a/1.csv, which is counted"));
}

#[test]
fn a_cost_that_is_empty_makes_the_month_unusable_and_is_not_zero() {
    let text = small_bill();
    let column = text.lines().next().and_then(|names| {
        names.split(',').position(|name| name.replace('/', "_").to_lowercase().contains("unblended"))
    });
    let column = column.expect("a column of costs");
    let lines = text.lines().enumerate().map(|(number, line)| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if number == 1 {
            cells[column] = "";
        }
        cells.join(",") + "\n"
    });
    let bills = read(&[("a/1.csv", lines.collect::<String>().into_bytes())])
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(bills.charge.is_empty());
    let message = bills.bill[0].message.clone().unwrap_or_default();
    assert!(
        message.contains("what the line costs is not known") && message.contains("a/1.csv:2"),
        "{message}"
    );
}

#[test]
fn a_file_that_is_not_a_bill_is_told_and_spoils_no_month() {
    let bills =
        read(&[("a/bill.csv", small_bill().into_bytes()), ("a/accounts.csv", b"name,owner\nx,y\n".to_vec())])
            .unwrap_or_else(|error| panic!("{error}"));
    assert!(!bills.charge.is_empty());
    let told: Vec<&Bill> = bills.bill.iter().filter(|bill| bill.outcome == Outcome::Error).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].place, "a/accounts.csv");
    let zip = read(&[("a/report-1.csv.zip", b"PK".to_vec())]).unwrap_or_else(|error| panic!("{error}"));
    let message = zip.bill[0].message.clone().unwrap_or_default();
    assert!(message.contains("ZIP") && message.contains("unpack it"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_cut_off_is_told_and_is_not_complete() {
    let world = World::new(&WorldOptions { gaps: false, accounts: 1, ..options(69) });
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let account = server.world().accounts[0].id.clone();
    let url = server.url();
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let bill = |month: &str, days: i32| {
            let text = small_bill().replace("2026-10", month).replace("111111111111", &account);
            text.lines().take(1 + days as usize).map(|line| format!("{line}\n")).collect::<String>()
        };
        let place = folder.path().join("export/data");
        for (month, days, cut) in [("2026-09", 30, false), ("2026-10", 31, true)] {
            let of_month = place.join(format!("BILLING_PERIOD={month}"));
            std::fs::create_dir_all(&of_month).expect("a folder");
            let bytes = gzip(&bill(month, days));
            let end = if cut { bytes.len() * 2 / 3 } else { bytes.len() };
            std::fs::write(of_month.join("bill.csv.gz"), &bytes[..end]).expect("written");
        }
        let audit = |bill: &Path| {
            run(plaudit_at(&url)
                .args(["audit", "--quiet", "--require-complete", "--charges", "cur", "--bill"])
                .arg(bill)
                .arg("--store")
                .arg(folder.path().join("store")))
        };
        let ran = audit(&folder.path().join("export"));
        assert_eq!(ran.status, 4, "{}", ran.shown());
        for told in [&ran.stdout, &ran.stderr] {
            assert!(told.contains("the bill for 2026-10 in"), "{}", ran.shown());
        }
        let whole = audit(&place.join("BILLING_PERIOD=2026-09/bill.csv.gz"));
        assert_eq!(whole.status, 0, "{}", whole.shown());
        let nothing = folder.path().join("ec2.csv");
        std::fs::write(&nothing, small_bill().replace("VpcEndpoint-Hours", "BoxUsage:m5.large"))
            .expect("written");
        let ran = audit(&nothing);
        assert_eq!(ran.status, 4, "{}", ran.shown());
        assert!(ran.stderr.contains("has 31 lines, and nothing was kept"), "{}", ran.shown());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_not_incomplete() {
    for (state, status) in [("CLOSED", 0), ("SUSPENDED", 4)] {
        let mut world = World::new(&WorldOptions { gaps: false, accounts: 3, ..options(70) });
        world.accounts[2].state = state.to_owned();
        let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
        let url = server.url();
        tokio::task::block_in_place(|| {
            let folder = tempfile::tempdir().expect("a folder");
            let ran = run(plaudit_at(&url)
                .args(["audit", "--quiet", "--require-complete", "--charges", "list-price", "--store"])
                .arg(folder.path()));
            assert_eq!(ran.status, status, "{state}: {}", ran.shown());
            assert_eq!(ran.stdout.contains("1 account is closed"), state == "CLOSED", "{}", ran.shown());
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_bill_covers_without_an_endpoint_is_not_asked_for() {
    let world = World::new(&WorldOptions { gaps: false, accounts: 2, ..options(71) });
    let mut simulated = Simulated::start(world).await;
    simulated.bill_first(1);
    let other = simulated.server.world().accounts[1].id.clone();
    let path = simulated.folder.path().join("all.csv");
    let text = small_bill().replace("111111111111", &simulated.server.world().accounts[0].id)
        + &format!(
            "999999999999,2026-10-01T00:00:00Z,{other},Usage,2026-10-01T00:00:00Z,BoxUsage:m5.large,24,USD,0.24\n"
        );
    std::fs::write(&path, text).expect("written");
    simulated.config.charges.bill = vec![path.display().to_string()];
    simulated.crawl().await;
    assert_eq!(simulated.server.requests().get("ce:GetCostAndUsage"), None);
}

#[test]
fn free_services_and_what_services_made_are_not_priced_at_list() {
    let cost = |change: &dyn Fn(&mut plaudit::table::VpcEndpoint)| {
        let mut tables = three_zones();
        change(&mut tables.vpc_endpoint[0]);
        derived(&mut tables, &bill::Bills::default());
        tables.vpc_endpoint_cost.remove(0)
    };
    let guardduty = cost(&|endpoint| {
        endpoint.service_name = Some("com.amazonaws.us-east-1.guardduty-data".to_owned());
        endpoint.tags = r#"{"GuardDutyManaged":"true"}"#.to_owned();
    });
    assert_eq!((guardduty.hourly_rate, guardduty.monthly_cost), (Some(0.0), Some(0.0)), "{guardduty:?}");
    assert!(guardduty.note.contains("https://docs.aws.amazon.com/guardduty/"), "{guardduty:?}");
    let managed = cost(&|endpoint| endpoint.requester_managed = true);
    assert_eq!((managed.monthly_cost, managed.cost_basis), (None, CostBasis::UnknownRate));
    assert!(managed.note.contains("$21.90"), "{managed:?}");
    let tagged = cost(&|endpoint| endpoint.tags = r#"{"AmazonElastiCacheManaged":"true"}"#.to_owned());
    assert_eq!(tagged.cost_basis, CostBasis::UnknownRate);
    let network = cost(&|endpoint| {
        endpoint.vpc_endpoint_type = "ServiceNetwork".to_owned();
        endpoint.service_name = None;
    });
    assert_eq!((network.hourly_rate, network.hours_cost), (Some(0.0), Some(0.0)));
    let resource = cost(&|endpoint| {
        endpoint.vpc_endpoint_type = "Resource".to_owned();
        endpoint.service_name = None;
    });
    assert_eq!((resource.hourly_rate, resource.cost_basis), (Some(0.02), CostBasis::ListPrice));
}

#[test]
fn what_a_service_made_is_billed_where_the_bill_names_it() {
    let bills = read(&[("a/bill.csv", discounted_cur(true, false).into_bytes())])
        .unwrap_or_else(|error| panic!("{error}"));
    let mut tables = three_zones();
    tables.vpc_endpoint[0].requester_managed = true;
    derived(&mut tables, &bills);
    let cost = &tables.vpc_endpoint_cost[0];
    assert_eq!(cost.cost_basis, CostBasis::Billed);
    assert!((cost.monthly_cost.expect("a cost") - 17.28).abs() < 0.005, "{cost:?}");
}

/// Endpoint `vpce-0a1` of account 222222222222, whose charges a service of 111111111111 has taken over.
fn service_pays() -> (Tables, Tables) {
    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-1";
    let mut consumer = three_zones();
    let other = "222222222222".to_owned();
    consumer.vpc_endpoint[0].account_id = other.clone();
    consumer.vpc_endpoint[0].service_name = Some(name.to_owned());
    consumer.vpc_endpoint[0].payer_responsibility = Some("vpc-endpoint-service-account".to_owned());
    for row in &mut consumer.vpc_endpoint_subnet {
        row.account_id = other.clone();
    }
    let mut provider = Tables { coverage: consumer.coverage.clone(), ..Tables::default() };
    provider.vpc_endpoint_service.push(VpcEndpointService {
        account_id: "111111111111".to_owned(),
        region: "us-east-1".to_owned(),
        service_id: "vpce-svc-1".to_owned(),
        service_name: name.to_owned(),
        service_type: "Interface".to_owned(),
        service_state: "Available".to_owned(),
        acceptance_required: true,
        manages_vpc_endpoints: false,
        private_dns_name: None,
        private_dns_name_state: None,
        payer_responsibility: Some("ServiceOwner".to_owned()),
        tags: "{}".to_owned(),
    });
    provider.vpc_endpoint_connection.push(VpcEndpointConnection {
        account_id: "111111111111".to_owned(),
        region: "us-east-1".to_owned(),
        service_id: "vpce-svc-1".to_owned(),
        vpc_endpoint_id: "vpce-0a1".to_owned(),
        vpc_endpoint_owner: Some(other),
        vpc_endpoint_region: None,
        vpc_endpoint_state: "available".to_owned(),
        creation_timestamp: None,
        age_days: None,
    });
    (consumer, provider)
}

#[test]
fn what_a_service_pays_for_is_booked_on_its_account_and_known_to_the_crawl() {
    use plaudit::derive::{Billing, CrawlFacts, derive, learn};
    let prices = plaudit::price::PriceList::shipped().unwrap_or_else(|error| panic!("{error}"));
    let bill = read(&[("a/bill.csv", discounted_cur(true, false).into_bytes())])
        .unwrap_or_else(|error| panic!("{error}"));
    for (bills, expected, basis) in
        [(bill::Bills::default(), 21.90, CostBasis::ListPrice), (bill, 17.28, CostBasis::Billed)]
    {
        let (mut consumer, mut provider) = service_pays();
        let window = ("2026-09-01".parse().expect("a date"), "2026-11-22".parse().expect("a date"));
        let mut facts = CrawlFacts::new(83, Billing::new(&bills, window));
        facts.add(learn(&consumer, 83));
        facts.add(learn(&provider, 83));
        derive("222222222222", "us-east-1", &mut consumer, &facts, &prices);
        derive("111111111111", "us-east-1", &mut provider, &facts, &prices);
        assert_eq!(consumer.vpc_endpoint_cost[0].monthly_cost, Some(0.0));
        let cost = &provider.vpc_endpoint_cost[0];
        assert_eq!((cost.account_id.as_str(), cost.cost_basis), ("111111111111", basis), "{cost:?}");
        assert!((cost.monthly_cost.expect("a cost") - expected).abs() < 0.005, "{cost:?}");
        assert!(cost.note.contains("an endpoint of account 222222222222"), "{cost:?}");
        for charge in &provider.vpc_endpoint_charge {
            assert!(charge.crawled, "no hole in the audit: {charge:?}");
        }
    }
}
