//! Three values of usage, and what an endpoint costs: given these rows, this verdict.

use jiff::civil::date;
use plaudit::derive::{Billing, CrawlFacts, derive, learn};
use plaudit::price::PriceList;
use plaudit::table::{
    Confidence, CostBasis, Coverage, MetricDaily, MetricQuery, Outcome, Tables, Usage, VpcEndpoint,
    VpcEndpointCost, VpcEndpointSubnet, VpcEndpointUsage,
};

pub fn endpoint(id: &str) -> VpcEndpoint {
    VpcEndpoint {
        account_id: "111111111111".into(),
        region: "us-east-1".into(),
        vpc_endpoint_id: id.into(),
        vpc_endpoint_type: "Interface".into(),
        vpc_id: "vpc-1".into(),
        service_name: Some("com.amazonaws.us-east-1.sqs".into()),
        service_region: "us-east-1".into(),
        state: "available".into(),
        owner_id: "111111111111".into(),
        requester_managed: false,
        private_dns_enabled: true,
        private_dns_only_for_inbound_resolver_endpoint: None,
        ip_address_type: None,
        policy_document: None,
        policy_digest: None,
        creation_timestamp: None,
        age_days: Some(400),
        network_interfaces: 3,
        payer_responsibility: None,
        service_network_arn: None,
        resource_configuration_arn: None,
        last_error_code: None,
        last_error_message: None,
        tags: "{}".into(),
    }
}

/// Endpoints in three zones each, all of which CloudWatch was asked about.
fn unit(endpoints: Vec<VpcEndpoint>) -> Tables {
    let mut tables = Tables::default();
    for endpoint in &endpoints {
        tables.metric_query.push(MetricQuery {
            account_id: endpoint.account_id.clone(),
            region: endpoint.region.clone(),
            resource_id: endpoint.vpc_endpoint_id.clone(),
            namespace: "AWS/PrivateLinkEndpoints".into(),
            metric_name: "BytesProcessed".into(),
            status_code: "Complete".into(),
            datapoints: 0,
            dimensions_listed: false,
        });
        for zone in 1..=3 {
            tables.vpc_endpoint_subnet.push(VpcEndpointSubnet {
                account_id: endpoint.account_id.clone(),
                region: endpoint.region.clone(),
                vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
                subnet_id: Some(format!("subnet-{zone}")),
                availability_zone_id: Some(format!("use1-az{zone}")),
                network_interface_id: Some(format!("eni-{zone}")),
            });
        }
    }
    tables.vpc_endpoint = endpoints;
    tables
}

fn traffic(tables: &mut Tables, id: &str, value: f64) {
    tables.metric_daily.push(MetricDaily {
        account_id: "111111111111".into(),
        region: "us-east-1".into(),
        resource_id: id.into(),
        namespace: "AWS/PrivateLinkEndpoints".into(),
        metric_name: "BytesProcessed".into(),
        statistic: "Sum".into(),
        date: date(2026, 9, 1),
        value,
    });
}

fn derived(tables: &mut Tables, elsewhere: &[&str]) -> (Vec<VpcEndpointUsage>, Vec<VpcEndpointCost>) {
    let mut facts = CrawlFacts::new(90, Billing::default());
    facts.add(learn(tables, 90));
    facts.publishing_types.extend(elsewhere.iter().map(|kind| (*kind).to_owned()));
    derive("111111111111", "us-east-1", tables, &facts, &PriceList::shipped().unwrap());
    (tables.vpc_endpoint_usage.clone(), tables.vpc_endpoint_cost.clone())
}

fn of<'a>(usage: &'a [VpcEndpointUsage], id: &str) -> &'a VpcEndpointUsage {
    usage.iter().find(|row| row.vpc_endpoint_id == id).expect("the endpoint has a row")
}

#[test]
fn an_endpoint_with_traffic_on_one_day_is_active() {
    let mut tables = unit(vec![endpoint("vpce-busy")]);
    traffic(&mut tables, "vpce-busy", 4096.0);
    let (usage, _) = derived(&mut tables, &[]);
    let row = of(&usage, "vpce-busy");
    assert_eq!((row.usage, row.confidence), (Usage::Active, Some(Confidence::High)));
    assert_eq!(
        (row.bytes_processed, row.active_days, row.last_active_date),
        (Some(4096.0), Some(1), Some(date(2026, 9, 1)))
    );
}

#[test]
fn silence_is_idleness_where_a_neighbour_proves_the_dimensions() {
    let mut tables = unit(vec![endpoint("vpce-busy"), endpoint("vpce-idle")]);
    traffic(&mut tables, "vpce-busy", 4096.0);
    let (usage, _) = derived(&mut tables, &[]);
    let row = of(&usage, "vpce-idle");
    assert_eq!(
        (row.usage, row.confidence, row.bytes_processed),
        (Usage::Idle, Some(Confidence::High), Some(0.0))
    );
}

#[test]
fn silence_is_less_surely_idleness_where_only_an_endpoint_elsewhere_proves_them() {
    let mut tables = unit(vec![endpoint("vpce-idle")]);
    let (usage, _) = derived(&mut tables, &["Interface"]);
    assert_eq!((usage[0].usage, usage[0].confidence), (Usage::Idle, Some(Confidence::Medium)));
}

#[test]
fn silence_shows_nothing_where_nobody_proves_the_dimensions() {
    let mut tables = unit(vec![endpoint("vpce-idle")]);
    let (usage, _) = derived(&mut tables, &["GatewayLoadBalancer"]);
    assert_eq!(
        (usage[0].usage, usage[0].confidence, usage[0].bytes_processed),
        (Usage::Unmeasurable, None, None)
    );
}

#[test]
fn published_zeros_are_idleness_by_themselves() {
    let mut tables = unit(vec![endpoint("vpce-idle")]);
    traffic(&mut tables, "vpce-idle", 0.0);
    let (usage, _) = derived(&mut tables, &[]);
    assert_eq!((usage[0].usage, usage[0].confidence), (Usage::Idle, Some(Confidence::High)));
}

#[test]
fn what_has_no_metrics_is_unmeasurable_and_says_why() {
    let gateway = VpcEndpoint { vpc_endpoint_type: "Gateway".into(), ..endpoint("vpce-gateway") };
    let tunnel = VpcEndpoint { vpc_endpoint_type: "Tunnel".into(), ..endpoint("vpce-tunnel") };
    let far = VpcEndpoint { service_region: "eu-west-1".into(), ..endpoint("vpce-far") };
    let mut tables = unit(vec![endpoint("vpce-busy"), gateway, tunnel, far]);
    traffic(&mut tables, "vpce-busy", 1.0);
    let (usage, _) = derived(&mut tables, &["Interface", "Gateway", "Tunnel"]);
    let reason = |id: &str| {
        let row = of(&usage, id);
        assert_eq!(row.usage, Usage::Unmeasurable, "{id}");
        row.reason.clone()
    };
    assert_eq!(reason("vpce-gateway"), "gateway endpoints publish no metrics");
    assert_eq!(reason("vpce-tunnel"), "no metrics are documented for endpoints of type Tunnel");
    assert_eq!(reason("vpce-far"), "no metrics are published for cross-Region access");
}

#[test]
fn a_refused_or_partial_metric_is_not_silence() {
    let mut tables = unit(vec![endpoint("vpce-busy"), endpoint("vpce-forbidden"), endpoint("vpce-unasked")]);
    traffic(&mut tables, "vpce-busy", 1.0);
    tables.metric_query[1].status_code = "Forbidden".into();
    tables.metric_query.remove(2);
    tables.coverage.push(Coverage {
        account_id: "111111111111".into(),
        region: "us-east-1".into(),
        operation: "cloudwatch:GetMetricData".into(),
        outcome: Outcome::Denied,
        error_code: Some("AccessDenied".into()),
        message: None,
        requests: 1,
        rows: 0,
        charge: 0.0,
    });
    let (usage, _) = derived(&mut tables, &[]);
    assert_eq!(of(&usage, "vpce-forbidden").reason, "CloudWatch answered Forbidden");
    assert_eq!(of(&usage, "vpce-unasked").reason, "metrics were not read: denied (AccessDenied)");
    assert_eq!(of(&usage, "vpce-unasked").usage, Usage::Unmeasurable);
}

#[test]
fn an_interface_endpoint_in_three_zones_of_us_east_1_is_21_90_a_month() {
    let mut tables = unit(vec![endpoint("vpce-idle")]);
    let (_, cost) = derived(&mut tables, &["Interface"]);
    assert_eq!((cost[0].zones_billed, cost[0].cost_basis), (3, CostBasis::ListPrice));
    assert_eq!(format!("{:.2}", cost[0].monthly_cost.unwrap()), "21.90");
}

/// Then each subnet stands without its interface, and each interface without its subnet.
#[test]
fn an_endpoint_whose_interfaces_could_not_be_looked_up_is_billed_once_for_each_zone() {
    for subnets_are_known in [true, false] {
        let mut tables = unit(vec![endpoint("vpce-idle")]);
        let interfaces = tables.vpc_endpoint_subnet.clone().into_iter().map(|row| VpcEndpointSubnet {
            subnet_id: None,
            availability_zone_id: None,
            ..row
        });
        let interfaces: Vec<_> = interfaces.collect();
        for row in &mut tables.vpc_endpoint_subnet {
            row.network_interface_id = None;
            row.availability_zone_id = row.availability_zone_id.take().filter(|_| subnets_are_known);
        }
        tables.vpc_endpoint_subnet.extend(interfaces);
        let (_, cost) = derived(&mut tables, &["Interface"]);
        assert_eq!(cost[0].zones_billed, 3, "subnets known: {subnets_are_known}");
    }
}

#[test]
fn bytes_are_added_where_they_were_measured_and_named_where_they_were_not() {
    let far = VpcEndpoint { service_region: "eu-west-1".into(), ..endpoint("vpce-far") };
    let mut tables = unit(vec![endpoint("vpce-busy"), far]);
    // 90 GiB in 90 days are 30.4167 GiB in a month, at a cent each.
    traffic(&mut tables, "vpce-busy", 90.0 * 1024f64.powi(3));
    let (_, cost) = derived(&mut tables, &[]);
    assert_eq!(format!("{:.4}", cost[0].bytes_cost.unwrap()), "0.3042");
    assert_eq!(format!("{:.4}", cost[0].monthly_cost.unwrap()), "22.2042");
    assert_eq!(cost[1].bytes_cost, None);
    assert_eq!(
        cost[1].note,
        "hours only: its traffic could not be measured; without the transfer between Regions"
    );
}

#[test]
fn there_is_no_amount_where_no_rate_is_known() {
    let mut unknown = endpoint("vpce-1");
    unknown.region = "sa-east-1".into();
    unknown.service_region = "sa-east-1".into();
    let tunnel = VpcEndpoint { vpc_endpoint_type: "Tunnel".into(), ..endpoint("vpce-2") };
    let mut resource = VpcEndpoint { vpc_endpoint_type: "Resource".into(), ..endpoint("vpce-3") };
    resource.region = "eu-west-1".into();
    let mut tables = unit(vec![unknown, tunnel, resource]);
    let (_, cost) = derived(&mut tables, &["Interface"]);
    for row in &cost {
        assert_eq!((row.monthly_cost, row.cost_basis), (None, CostBasis::UnknownRate), "{row:?}");
    }
}

#[test]
fn gateway_endpoints_are_free_and_so_is_what_the_provider_pays() {
    let gateway = VpcEndpoint { vpc_endpoint_type: "Gateway".into(), ..endpoint("vpce-1") };
    let paid = VpcEndpoint {
        payer_responsibility: Some("vpc-endpoint-service-account".into()),
        ..endpoint("vpce-2")
    };
    let mut tables = unit(vec![gateway, paid]);
    let (_, cost) = derived(&mut tables, &["Interface"]);
    assert_eq!(cost.iter().map(|row| row.monthly_cost).collect::<Vec<_>>(), [Some(0.0), Some(0.0)]);
}

#[test]
fn endpoints_that_wait_to_be_accepted_are_charged_and_failed_ones_only_with_interfaces() {
    let pending = VpcEndpoint { state: "pendingAcceptance".into(), ..endpoint("vpce-pending") };
    let failed = VpcEndpoint { state: "failed".into(), ..endpoint("vpce-failed") };
    let mut tables = unit(vec![pending, failed]);
    for row in &mut tables.vpc_endpoint_subnet {
        row.network_interface_id = None;
    }
    let (_, cost) = derived(&mut tables, &["Interface"]);
    assert_eq!(cost.iter().map(|row| row.zones_billed).collect::<Vec<_>>(), [3, 0]);
    assert_eq!(cost[1].note, "whether the state failed is charged is not established");
}
