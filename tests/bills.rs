//! Bills: every form that AWS exports becomes the same charges, the parts add up to the bill, and a
//! bill that is broken never becomes a smaller one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use plaudit::bill::{self, BillFile};
use plaudit::config::ChargesFrom;
use plaudit::store::StoredSnapshot;
use plaudit::table::{
    Bill, BillReconciliation, Charge, ChargeCategory, CostBasis, Coverage, Outcome, Row, Usage,
    VpcEndpointCharge, VpcEndpointCost, VpcEndpointUsage,
};
use plaudit_simulator::{self as simulator, Effect, Fault, ServerOptions, World, WorldOptions};

use crate::outside::focus;
use crate::support::python::{output, script};
use crate::support::simulated::{Simulated, options};
use crate::support::{depth, plaudit, plaudit_at, run, stable};

/// Account, month, usage type, category.
type Group = (String, String, String, String);

/// The same, then billed, effective, quantity.
type Total = (String, String, String, String, f64, f64, f64);

/// A file's name and bytes.
type NamedFile = (&'static str, Vec<u8>);

async fn rows<R: Row>(snapshot: &StoredSnapshot) -> Vec<R> {
    snapshot.rows::<R>().await.unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_bill_comes_to_what_duckdb_makes_of_the_files() {
    if crate::support::python::is_missing("bills read by DuckDB") {
        return;
    }
    let server = simulator::start(
        World::new(&WorldOptions { accounts: 1, gaps: false, ..options(1) }),
        ServerOptions::default(),
    )
    .await
    .expect("the simulator starts");
    let url = server.url();
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        for (seed, accounts) in [(1, 7), (2, 40)] {
            let place = folder.path().join(seed.to_string());
            std::fs::create_dir(&place).expect("the folder can be made");
            let told =
                output(script("make_bill.py").arg(&place).args([seed.to_string(), accounts.to_string()]));
            let told: BTreeMap<String, Vec<Total>> =
                serde_json::from_str(&told).expect("the script prints JSON");
            assert_eq!(told.len(), 6);
            for (form, expected) in told {
                assert_needed_parts_are_less_than_the_file(&place.join(&form));
                let source = if form.starts_with("focus") { "focus" } else { "cur" };
                let store = place.join(format!("store-{form}"));
                // A Region that the account has not enabled: the crawl is over at once, and the bill is kept.
                let ran = run(plaudit_at(&url)
                    .args(["crawl", "--quiet", "--regions", "ca-central-1", "--charges", source, "--bill"])
                    .arg(place.join(&form))
                    .arg("--store")
                    .arg(&store));
                assert_eq!(ran.status, 3, "{}", ran.shown());
                let sql = "SELECT sub_account_id, billing_period_start, usage_type, charge_category, \
                           SUM(billed_cost) AS billed, SUM(effective_cost) AS effective, SUM(consumed_quantity) AS quantity \
                           FROM charge GROUP BY sub_account_id, billing_period_start, usage_type, charge_category";
                // The only snapshot, which is not the latest one, as nothing of AWS was read.
                let manifest = std::fs::read_dir(store.join("_snapshots")).expect("snapshots").next();
                let manifest = manifest.expect("one").expect("readable").path();
                let id = manifest.file_stem().expect("a name").to_str().expect("UTF-8");
                if seed == 1 {
                    focus::assert_only_open_rules_are_violated(&form, &store, Some(id));
                }
                let answer = run(plaudit()
                    .args(["query", "--format", "csv", sql, "--snapshot", id, "--store"])
                    .arg(&store))
                .expect_done();
                let found: BTreeMap<Group, (f64, f64, f64)> = crate::support::csv(&answer.stdout)
                    .into_iter()
                    .map(|row| {
                        let number = |name: &str| row[name].parse::<f64>().unwrap_or(0.0);
                        let text = |name: &str| row[name].clone();
                        let key = (
                            text("sub_account_id"),
                            text("billing_period_start"),
                            text("usage_type"),
                            text("charge_category"),
                        );
                        (key, (number("billed"), number("effective"), number("quantity")))
                    })
                    .collect();
                assert_eq!(found.len(), expected.len(), "{form}");
                for (account, month, usage, category, billed, effective, quantity) in expected {
                    let found = found[&(account, month, usage, category)];
                    for (left, right) in [(found.0, billed), (found.1, effective), (found.2, quantity)] {
                        assert!((left - right).abs() < 1e-6, "{form}: {left} is not {right}");
                    }
                }
            }
        }
    });
}

/// Of Parquet in a bucket, the columns that nobody reads stay there.
fn assert_needed_parts_are_less_than_the_file(folder: &Path) {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                let parts =
                    bill::needed_parts(&path, "bill.parquet").unwrap_or_else(|error| panic!("{error}"));
                let parts = parts.expect("the footer can be read").concat();
                let needed: u64 = parts.iter().map(|part| part.end - part.start).sum();
                let whole = std::fs::metadata(&path).expect("it is there").len();
                assert!(
                    !parts.is_empty() && needed < whole,
                    "{needed} of {whole} bytes of {}",
                    path.display()
                );
            }
        }
    }
}

/// For every account, Region, month and usage type: the parts add up to the bill.
async fn assert_parts_add_up(snapshot: &StoredSnapshot) -> usize {
    let mut billed: BTreeMap<(String, String, String, String), (f64, f64)> = BTreeMap::new();
    let name = |account: &str, region: &str, month: String, usage: &str| {
        (account.to_owned(), region.to_owned(), month, usage.to_owned())
    };
    for charge in rows::<Charge>(snapshot).await {
        let is_discount = charge.x_line_item_type.as_deref().is_some_and(|kind| kind.ends_with("Discount"));
        let is_cost = charge.charge_category == ChargeCategory::Usage || is_discount;
        if is_cost && charge.usage_type.starts_with("Vpc") {
            let region = charge.region_id.as_deref().unwrap_or("");
            let month = charge.billing_period_start.to_string();
            let sum =
                billed.entry(name(&charge.sub_account_id, region, month, &charge.usage_type)).or_default();
            sum.0 += charge.billed_cost;
            sum.1 += charge.consumed_quantity.unwrap_or(0.0);
        }
    }
    let mut parts: BTreeMap<(String, String, String, String), (f64, f64)> = BTreeMap::new();
    for part in rows::<VpcEndpointCharge>(snapshot).await {
        let month = part.billing_period_start.to_string();
        let sum = parts.entry(name(&part.account_id, &part.region, month, &part.usage_type)).or_default();
        sum.0 += part.billed_cost;
        sum.1 += part.consumed_quantity.unwrap_or(0.0);
    }
    assert_eq!(billed.keys().collect::<Vec<_>>(), parts.keys().collect::<Vec<_>>());
    for (key, whole) in &billed {
        let sum = parts[key];
        assert!(
            (whole.0 - sum.0).abs() < 0.005,
            "{key:?}: the parts come to {}, the bill to {}",
            sum.0,
            whole.0
        );
        assert!((whole.1 - sum.1).abs() < 1e-3, "{key:?}: {} used, {} billed", sum.1, whole.1);
    }
    billed.len()
}

/// Audits an organization for each number of accounts that export a bill with resources.
async fn the_parts_add_up_to_the_bill(accounts: usize, seed: u64, regions: usize, exporting: &[usize]) {
    for &exported in exporting {
        let regions = options(seed).regions.into_iter().take(regions).collect();
        let gaps = accounts > 1;
        let world = World::new(&WorldOptions { accounts, regions, gaps, ..options(seed) });
        let mut simulated = Simulated::start(world).await;
        simulated.config.crawl.rate_share = 1.0;
        if exported > 0 {
            simulated.bill_first(exported);
        }
        let snapshot = simulated.crawl().await;
        let groups = assert_parts_add_up(&snapshot).await;
        assert!(groups >= accounts, "{groups} sums for {accounts} accounts show little");
        let bases: Vec<CostBasis> =
            rows::<VpcEndpointCost>(&snapshot).await.iter().map(|cost| cost.cost_basis).collect();
        assert_eq!(bases.contains(&CostBasis::Billed), exported > 0);
        assert_eq!(bases.contains(&CostBasis::Allocated), exported < accounts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_one_account_and_of_ten_add_up_to_their_bill() {
    the_parts_add_up_to_the_bill(1, 61, 2, &[0, 1]).await;
    the_parts_add_up_to_the_bill(10, 62, 2, &[0, 5, 10]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_an_organization_add_up_to_its_bill() {
    if depth(0, 1) == 0 {
        return the_parts_add_up_to_the_bill(60, 63, 2, &[30]).await;
    }
    the_parts_add_up_to_the_bill(60, 63, 2, &[0, 30, 60]).await;
    the_parts_add_up_to_the_bill(1000, 64, 1, &[500]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_explorer_is_asked_once_for_a_month_that_is_closed() {
    let simulated =
        Simulated::start(World::new(&WorldOptions { gaps: false, accounts: 4, ..options(64) })).await;
    let asked = || simulated.server.requests().get("ce:GetCostAndUsage").copied().unwrap_or(0);
    let first = simulated.crawl().await;
    let of_first = asked();
    assert_eq!(of_first, 4, "usage, discounts, credits and refunds");
    let coverage: Vec<Coverage> = rows(&first).await;
    let row = coverage.iter().find(|row| row.operation == "ce:GetCostAndUsage").expect("it is on record");
    assert_eq!((row.outcome, row.requests, row.charge), (Outcome::Ok, 4, 0.04));
    let second = simulated.crawl().await;
    assert_eq!(asked() - of_first, 4, "only for the month that is not over");
    let months = |bills: Vec<Bill>| {
        bills.into_iter().map(|bill| (bill.billing_period_start, bill.complete)).collect::<Vec<_>>()
    };
    assert_eq!(months(rows(&first).await), months(rows(&second).await));
    assert_eq!(rows::<Charge>(&first).await, rows::<Charge>(&second).await);
    // What is remembered is what is used: without the charges of September, September has none.
    let remembered = simulated.folder.path().join("store/_bills");
    let payer =
        std::fs::read_dir(&remembered).expect("it is there").next().expect("a payer").expect("readable");
    let september = payer.path().join("2026-09.json");
    let text = std::fs::read_to_string(&september).expect("September is remembered");
    let mut bills: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    bills["charge"] = serde_json::json!([]);
    std::fs::write(&september, bills.to_string()).expect("written");
    let third: Vec<Charge> = rows(&simulated.crawl().await).await;
    let of = |charges: &[Charge], month: i8| {
        charges.iter().filter(|charge| charge.billing_period_start.month() == month).count()
    };
    let first: Vec<Charge> = rows(&first).await;
    assert!(of(&first, 9) > 0 && of(&first, 10) > 0);
    assert_eq!((of(&third, 9), of(&third, 10)), (0, of(&first, 10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_cost_explorer_refuses_list_prices_stand_in_and_say_why() {
    for (code, outcome) in [
        ("DataUnavailableException", Outcome::Error),
        ("AccessDeniedException", Outcome::Denied),
        ("LimitExceededException", Outcome::Throttled),
    ] {
        let mut world = World::new(&WorldOptions { gaps: false, accounts: 12, ..options(65) });
        world.faults.push(Fault::new(Effect::error(400, code, "not now")).on("ce:GetCostAndUsage"));
        let mut simulated = Simulated::start(world).await;
        simulated.config.crawl.regions = vec!["us-east-1".to_owned()];
        let snapshot = simulated.crawl().await;
        let bills: Vec<Bill> = rows(&snapshot).await;
        assert_eq!(bills.len(), 1);
        assert_eq!(bills[0].outcome, outcome);
        assert!(bills[0].message.as_deref().is_some_and(|text| text.contains(code)), "{bills:?}");
        assert_eq!(rows::<Charge>(&snapshot).await, []);
        let costs: Vec<VpcEndpointCost> = rows(&snapshot).await;
        assert!(
            costs.iter().all(|cost| matches!(cost.cost_basis, CostBasis::ListPrice | CostBasis::UnknownRate))
        );
        assert!(!costs.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bill_proves_idle_what_cloudwatch_cannot_measure() {
    let world = World::new(&WorldOptions { gaps: false, accounts: 6, ..options(66) });
    // One cross-Region endpoint carries bytes that only the bill has; another is made idle.
    let mut simulated = Simulated::start(world).await;
    simulated.bill_first(6);
    let unpublished: Vec<String> = simulated
        .server
        .world()
        .accounts
        .iter()
        .flat_map(|account| account.regions.values())
        .flat_map(|region| region.unpublished.keys().cloned())
        .collect();
    assert!(!unpublished.is_empty());
    let snapshot = simulated.crawl().await;
    let usage: Vec<VpcEndpointUsage> = rows(&snapshot).await;
    for id in &unpublished {
        let verdict = usage.iter().find(|row| row.vpc_endpoint_id == *id).expect("it has a verdict");
        assert_eq!(verdict.usage, Usage::Active, "{verdict:?}");
        assert!(verdict.reason.contains("the bill has bytes"), "{verdict:?}");
    }
    let idle: Vec<&VpcEndpointUsage> = usage.iter().filter(|row| row.usage == Usage::Idle).collect();
    assert!(idle.iter().any(|row| row.reason.contains("hours without bytes")), "{idle:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_difference_between_bill_and_model_is_explained() {
    let world = World::new(&WorldOptions { gaps: true, accounts: 12, ..options(67) });
    let mut simulated = Simulated::start(world).await;
    simulated.bill_first(12);
    let snapshot = simulated.crawl().await;
    let found: Vec<BillReconciliation> = rows(&snapshot).await;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for row in &found {
        *reasons.entry(row.explanation.clone()).or_default() += 1;
    }
    assert!(!reasons.contains_key("unexplained"), "{reasons:?}");
    for expected in ["none", "not crawled", "1 endpoint on the bill not seen by the crawl"] {
        assert!(reasons.contains_key(expected), "{expected}: {reasons:?}");
    }
    // A cause that coverage knows is not guessed to be another one.
    let denied: Vec<Coverage> = rows(&snapshot).await;
    let denied = denied.iter().filter(|row| {
        row.operation == "ec2:DescribeVpcEndpoints" && row.outcome == Outcome::Denied && row.requests > 0
    });
    let unlisted: BTreeSet<_> = denied.map(|row| (&row.account_id, &row.region)).collect();
    let of_unlisted: Vec<_> =
        found.iter().filter(|row| unlisted.contains(&(&row.account_id, &row.region))).collect();
    assert!(!of_unlisted.is_empty(), "{unlisted:?}");
    for row in of_unlisted {
        assert!(row.explanation.contains("ec2:DescribeVpcEndpoints was denied"), "{row:?}");
        assert_eq!((row.modelled_quantity, row.difference), (None, None));
    }
    assert!(reasons.keys().any(|reason| reason.contains("deleted in the month")), "{reasons:?}");
    assert!(found.iter().any(|row| row.credit_cost < 0.0), "credits stand apart");
    for row in found.iter().filter(|row| row.explanation == "none") {
        assert!(row.difference.is_some_and(|difference| difference.abs() < 0.01), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_read_from_aws_and_used_from_then_on() {
    let server = simulator::start(
        World::new(&WorldOptions { gaps: false, accounts: 2, ..options(68) }),
        ServerOptions::default(),
    )
    .await
    .expect("the simulator starts");
    let url = server.url();
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("store");
        let list = || {
            run(plaudit().args(["prices", "list", "--format", "csv", "--store"]).arg(&store))
                .expect_done()
                .stdout
        };
        let rate = |text: &str, region: &str, usage: &str| {
            let rows = crate::support::csv(text);
            let row = rows.iter().find(|row| row["region"] == region && row["usage_type"] == usage).cloned();
            row.map(|row| (row["rate"].clone(), row["source"].clone()))
        };
        assert_eq!(rate(&list(), "sa-east-1", "VpcEndpoint-Hours"), None, "not known, so not guessed");
        let said = run(plaudit_at(&url).args(["prices", "refresh", "--store"]).arg(&store)).expect_done();
        assert!(said.stderr.contains("12 Regions") && said.stderr.contains("new"), "{}", said.shown());
        let listed = list();
        let found = rate(&listed, "sa-east-1", "VpcEndpoint-Hours").expect("it is known now");
        assert_eq!(found, ("0.021".to_owned(), "AWS Price List Query API".to_owned()));
        assert_eq!(rate(&listed, "us-east-1", "VpcEndpoint-Novelty-Hours"), None);
        // A price that the query does not give stays.
        assert!(rate(&listed, "us-east-1", "DataTransfer-Regional-Bytes").is_some());
        run(plaudit_at(&url).args(["crawl", "--quiet", "--charges", "list-price", "--store"]).arg(&store))
            .expect_done();
        let sql = "SELECT DISTINCT source FROM price WHERE usage_type = 'VpcEndpoint-Hours'";
        let used = run(plaudit().args(["query", "--format", "csv", sql, "--store"]).arg(&store))
            .expect_done()
            .stdout;
        assert_eq!(used, "source\n\"AWS Price List Query API\"\n");
        std::fs::write(store.join("_prices/price-list.csv"), "region,rate\nx,y\n").expect("writable");
        let broken = run(plaudit().args(["prices", "list", "--store"]).arg(&store));
        assert_eq!(broken.status, 1, "{}", broken.shown());
        assert!(
            broken.stderr.contains("price-list.csv") && broken.stderr.contains("hint: "),
            "{}",
            broken.shown()
        );
    });
}

#[test]
fn the_charges_export_has_the_columns_of_focus() {
    let _stable = stable();
    let store = tempfile::tempdir().expect("a folder");
    run(plaudit()
        .args(["demo", "--quiet", "--accounts", "8", "--regions", "1", "--store"])
        .arg(store.path()))
    .expect_done();
    let export = run(plaudit().args(["report", "charges", "--format", "csv", "--store"]).arg(store.path()))
        .expect_done();
    let mut reader = csv::Reader::from_reader(export.stdout.as_bytes());
    let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    insta::assert_snapshot!(header.join("\n"));
    let rows = crate::support::csv(&export.stdout);
    assert!(rows.len() > 20);
    for row in &rows {
        // What FOCUS says must never be null.
        for column in [
            "BilledCost",
            "BillingAccountId",
            "BillingCurrency",
            "BillingPeriodEnd",
            "BillingPeriodStart",
            "ChargeCategory",
            "ChargePeriodEnd",
            "ChargePeriodStart",
            "ContractedCost",
            "EffectiveCost",
            "InvoiceIssuerName",
            "ProviderName",
            "PublisherName",
            "ServiceCategory",
            "ServiceName",
        ] {
            assert!(!row[column].is_empty(), "{column} is empty: {row:?}");
        }
        assert!(
            row["ChargePeriodStart"].ends_with("T00:00:00Z")
                && row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        );
        assert_eq!(row["BillingCurrency"], "USD");
        assert!(row["BilledCost"].parse::<f64>().is_ok());
    }
}

/// A small bill, whole, as text.
pub fn small_bill() -> String {
    let mut text = String::from(
        "bill_payer_account_id,bill_billing_period_start_date,line_item_usage_account_id,line_item_line_item_type,\
         line_item_usage_start_date,line_item_usage_type,line_item_usage_amount,line_item_currency_code,line_item_unblended_cost\n",
    );
    for day in 1..=31 {
        text.push_str(&format!(
            "999999999999,2026-10-01T00:00:00Z,111111111111,Usage,2026-10-{day:02}T00:00:00Z,VpcEndpoint-Hours,24,USD,0.24\n"
        ));
    }
    text
}

pub fn read(files: &[(&str, Vec<u8>)]) -> plaudit::error::Result<bill::Bills> {
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<BillFile> = files
        .iter()
        .map(|(name, bytes)| {
            let path: PathBuf = folder.path().join(name.replace('/', "-"));
            std::fs::write(&path, bytes).expect("the file can be written");
            let (export, _) = name.split_once('/').unwrap_or(("", name));
            BillFile { name: (*name).to_owned(), path, month: None, export: export.to_owned() }
        })
        .collect();
    bill::read(&files, None, "2026-08-01".parse().expect("a date"))
}

pub fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn parquet() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let sql = format!(
        "import duckdb; duckdb.sql(\"COPY (SELECT '999999999999' AS bill_payer_account_id, TIMESTAMP '2026-10-01' AS bill_billing_period_start_date, \
         '111111111111' AS line_item_usage_account_id, 'Usage' AS line_item_line_item_type, TIMESTAMP '2026-10-01' + to_days(i::INT % 31) AS line_item_usage_start_date, \
         'VpcEndpoint-Hours' AS line_item_usage_type, 24.0::DOUBLE AS line_item_usage_amount, 'USD' AS line_item_currency_code, 0.24::DOUBLE AS line_item_unblended_cost \
         FROM range(4000) t(i)) TO '{}' (FORMAT parquet)\")",
        path.display()
    );
    output(crate::support::python::program("python").arg("-c").arg(sql));
    std::fs::read(path).expect("it was written")
}

#[test]
fn a_broken_bill_is_named_and_never_becomes_a_smaller_one() {
    if crate::support::python::is_missing("broken bills in Parquet, which DuckDB writes") {
        return;
    }
    let _stable = stable();
    let whole = small_bill();
    let compressed = gzip(&whole);
    let columns = parquet();
    let cut = |bytes: &[u8]| bytes[..bytes.len() * 2 / 3].to_vec();
    let cases: Vec<(&str, Vec<NamedFile>)> = vec![
        ("a gzip file that ends early", vec![("a/bill.csv.gz", cut(&compressed))]),
        ("a Parquet file that was cut off", vec![("a/bill.parquet", cut(&columns))]),
        ("a file that is no bill", vec![("a/bill.csv", b"name,amount\nx,1\n".to_vec())]),
        (
            "a missing column",
            vec![("a/bill.csv", whole.replace("line_item_unblended_cost", "cost").into_bytes())],
        ),
        ("another currency", vec![("a/bill.csv", whole.replace("USD", "CNY").into_bytes())]),
        ("an amount that is none", vec![("a/bill.csv", whole.replacen("0.24", "a lot", 1).into_bytes())]),
        ("a date that is none", vec![("a/bill.csv", whole.replacen("2026-10-05T", "soon", 1).into_bytes())]),
        (
            "a line without its account",
            vec![("a/bill.csv", whole.replacen("111111111111", "", 1).into_bytes())],
        ),
        (
            "two bills for one month",
            vec![("a/bill.csv", whole.clone().into_bytes()), ("b/bill.csv.gz", compressed.clone())],
        ),
    ];
    let mut told = String::new();
    for (name, files) in cases {
        let said = match read(&files) {
            Err(error) => error.to_string(),
            Ok(bills) => {
                assert_eq!(bills.charge, [], "{name}: nothing of the month may be used");
                bills
                    .bill
                    .iter()
                    .map(|bill| format!("{}: {}", bill.outcome, bill.message.as_deref().unwrap_or("-")))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
        };
        told.push_str(&format!("# {name}\n{said}\n\n"));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_broken_file_spoils_its_own_export_and_no_other() {
    let other = small_bill().replace("111111111111", "222222222222");
    let bills = read(&[
        ("a/bill.csv", small_bill().into_bytes()),
        ("a/more.csv.gz", gzip(&small_bill())[..60].to_vec()),
        ("b/bill.csv", other.into_bytes()),
    ])
    .unwrap_or_else(|error| panic!("{error}"));
    let accounts: Vec<&str> = bills.charge.iter().map(|charge| charge.sub_account_id.as_str()).collect();
    assert_eq!(accounts, ["222222222222"]);
    assert!(bills.bill.iter().any(|bill| bill.outcome == Outcome::Error), "{:?}", bills.bill);
}

#[test]
fn a_month_that_is_half_there_is_not_taken_for_a_month() {
    let half: String = small_bill().lines().take(16).map(|line| format!("{line}\n")).collect();
    let bills = read(&[("a/bill.csv", half.into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bills.bill.len(), 1);
    assert!(!bills.bill[0].complete);
    assert_eq!(bills.bill[0].last_date.map(|date| date.to_string()).as_deref(), Some("2026-10-15"));
    let whole = read(&[("a/bill.csv", small_bill().into_bytes())]).unwrap_or_else(|error| panic!("{error}"));
    assert!(whole.bill[0].complete);
    assert_eq!(whole.charge[0].consumed_quantity, Some(744.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_asked_for_in_a_way_that_can_be_answered() {
    let _stable = stable();
    let server =
        simulator::start(World::new(&WorldOptions { accounts: 1, ..options(1) }), ServerOptions::default())
            .await
            .expect("the simulator starts");
    let url = server.url();
    tokio::task::block_in_place(|| {
        let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("empty")).expect("a folder");
        std::fs::write(folder.path().join("bill.csv"), small_bill()).expect("a file");
        let mut told = String::new();
        for arguments in [
            vec!["--charges", "cur"],
            vec!["--charges", "invoice"],
            vec!["--charges", "cur", "--bill", "no-such-file"],
            vec!["--charges", "cur", "--bill", "empty"],
            vec!["--charges", "focus", "--bill", "bill.csv"],
        ] {
            let ran = run(plaudit_at(&url)
                .current_dir(folder.path())
                .args(["crawl", "--quiet", "--store", "store"])
                .args(&arguments));
            assert_eq!(ran.status, 2, "{}", ran.shown());
            told.push_str(&format!("# {}\n{}\n", arguments.join(" "), ran.stderr));
        }
        insta::assert_snapshot!(told);
    });
    assert_eq!(ChargesFrom::from_word("auto"), Some(ChargesFrom::Auto));
}
