//! `plaudit explain`: one resource, the chain that it is part of, and what could not be seen.

use std::path::Path;

use plaudit::audit;
use plaudit::config::Config;
use plaudit::report::{Explanation, Width};
use plaudit::rule::Catalogue;
use plaudit::store::StoredSnapshot;
use serde_json::{Value, json};

use crate::support::{handmade, plaudit, run};

const CONSUMER: &str = "111111111111";
const PROVIDER: &str = "222222222222";
const HIDDEN: &str = "333333333333";
const STRANGER: &str = "999999999999";
const REGION: &str = "us-east-1";

fn row(account: &str, columns: Value) -> Value {
    let mut row = json!({ "account_id": account, "region": REGION });
    row.as_object_mut().expect("an object").extend(columns.as_object().expect("an object").clone());
    row
}

fn endpoint(id: &str, service: &str, state: &str) -> Value {
    let columns = json!({
        "vpc_endpoint_id": id,
        "vpc_endpoint_type": if service.ends_with(".s3") { "Gateway" } else { "Interface" },
        "vpc_id": "vpc-1",
        "service_name": service,
        "service_region": REGION,
        "state": state,
        "owner_id": CONSUMER,
        "age_days": 400,
        "private_dns_enabled": true,
        "ip_address_type": "ipv4",
    });
    row(CONSUMER, columns)
}

fn connection(endpoint: &str, owner: &str, state: &str) -> Value {
    row(
        PROVIDER,
        json!({
            "service_id": "vpce-svc-0b1",
            "vpc_endpoint_id": endpoint,
            "vpc_endpoint_owner": owner,
            "vpc_endpoint_state": state,
            "age_days": 400,
        }),
    )
}

/// A provider whose service leads to a target group with one unhealthy target, to one that has
/// nobody left, and to a load balancer that is gone; consumers who can be seen and who cannot.
async fn snapshot(folder: &Path) -> StoredSnapshot {
    let service = "com.amazonaws.vpce.us-east-1.vpce-svc-0b1";
    let hidden = "com.amazonaws.vpce.us-east-1.vpce-svc-0d2";
    let balancer =
        |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:{PROVIDER}:loadbalancer/net/{name}/1");
    let group =
        |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:{PROVIDER}:targetgroup/{name}/2");
    let behind = |name: &str| {
        row(PROVIDER, json!({ "service_id": "vpce-svc-0b1", "load_balancer_arn": balancer(name) }))
    };
    let target = |name: &str, id: &str, zone: &str, state: &str| {
        let reason = (state == "unhealthy").then_some("Target.FailedHealthChecks");
        row(
            PROVIDER,
            json!({ "target_group_arn": group(name), "target_id": id, "port": 443, "availability_zone_id": zone, "state": state, "reason": reason }),
        )
    };
    let listening = |name: &str, port: u16| {
        row(
            PROVIDER,
            json!({ "listener_arn": format!("arn:listener/{name}"), "load_balancer_arn": balancer(name), "port": port, "protocol": "TCP", "target_group_arns": group(name) }),
        )
    };
    let grouped = |name: &str| {
        row(
            PROVIDER,
            json!({ "target_group_arn": group(name), "target_group_name": name, "load_balancer_arn": balancer(name), "protocol": "TCP", "port": 443, "target_type": "instance" }),
        )
    };
    let named = |name: &str, zones: bool| {
        row(
            PROVIDER,
            json!({ "load_balancer_arn": balancer(name), "load_balancer_name": name, "load_balancer_type": "network", "state": "active", "cross_zone_enabled": zones }),
        )
    };
    let zone = |endpoint: &str, zone: &str| {
        row(
            CONSUMER,
            json!({ "vpc_endpoint_id": endpoint, "availability_zone_id": zone, "subnet_id": format!("subnet-{zone}"), "network_interface_id": format!("eni-{zone}") }),
        )
    };
    let denied = |operation: &str| {
        row(
            HIDDEN,
            json!({ "operation": operation, "outcome": "denied", "error_code": "UnauthorizedOperation", "message": "explicit deny in a service control policy" }),
        )
    };
    let tables = json!({
        "account": [
            { "account_id": CONSUMER, "account_name": "payments" },
            { "account_id": PROVIDER, "account_name": "platform" },
            { "account_id": HIDDEN, "account_name": "hidden" },
        ],
        "coverage": [
            denied("ec2:DescribeVpcEndpoints"),
            denied("ec2:DescribeVpcEndpointServiceConfigurations"),
        ],
        "vpc_endpoint": [
            endpoint("vpce-0a1", service, "available"),
            endpoint("vpce-0a2", service, "pendingAcceptance"),
            endpoint("vpce-0a3", hidden, "available"),
            endpoint("vpce-0a4", "com.amazonaws.us-east-1.s3", "available"),
        ],
        "vpc_endpoint_subnet": [zone("vpce-0a1", "use1-az1"), zone("vpce-0a1", "use1-az2")],
        "vpc_endpoint_security_group": [row(CONSUMER, json!({ "vpc_endpoint_id": "vpce-0a1", "group_id": "sg-1" }))],
        "vpc_endpoint_route_table": [row(CONSUMER, json!({ "vpc_endpoint_id": "vpce-0a4", "route_table_id": "rtb-1" }))],
        "consumer_zone": [
            row(CONSUMER, json!({ "vpc_id": "vpc-1", "availability_zone_id": "use1-az1", "network_interfaces": 12 })),
            row(CONSUMER, json!({ "vpc_id": "vpc-1", "availability_zone_id": "use1-az3", "network_interfaces": 1 })),
        ],
        "service_detail": [
            row(CONSUMER, json!({ "service_name": service, "service_id": "vpce-svc-0b1", "owner": PROVIDER })),
            row(CONSUMER, json!({ "service_name": hidden, "service_id": "vpce-svc-0d2", "owner": HIDDEN })),
        ],
        "vpc_endpoint_usage": [row(CONSUMER, json!({
            "vpc_endpoint_id": "vpce-0a1", "usage": "active", "confidence": "high",
            "reason": "it published traffic in the window", "bytes_processed": 3.5e12,
            "active_days": 88, "last_active_date": "2026-11-22", "observed_days": 90,
        }))],
        "vpc_endpoint_cost": [row(CONSUMER, json!({
            "vpc_endpoint_id": "vpce-0a1", "zones_billed": 2, "hourly_rate": 0.01, "hours_cost": 14.6,
            "monthly_gigabytes": 1100.0, "bytes_cost": 11.0, "monthly_cost": 25.6, "cost_basis": "list_price",
        }))],
        "tag": [
            row(CONSUMER, json!({ "resource_id": "vpce-0a1", "key": "service", "value": "orders" })),
            row(CONSUMER, json!({ "resource_id": "vpce-0a1", "key": "note", "value": "\u{1b}[31mred\u{1b}]0;title\u{7}\nnext\u{202e}live" })),
        ],
        "vpc_endpoint_service": [row(PROVIDER, json!({
            "service_id": "vpce-svc-0b1", "service_name": service, "service_type": "Interface",
            "service_state": "Available", "acceptance_required": true,
        }))],
        "vpc_endpoint_service_zone": [row(PROVIDER, json!({ "service_id": "vpce-svc-0b1", "availability_zone_id": "use1-az1" }))],
        "vpc_endpoint_service_principal": [row(PROVIDER, json!({ "service_id": "vpce-svc-0b1", "principal": format!("arn:aws:iam::{CONSUMER}:root") }))],
        "vpc_endpoint_service_load_balancer": [behind("web"), behind("batch"), behind("gone")],
        "vpc_endpoint_connection": [
            connection("vpce-0a1", CONSUMER, "available"),
            connection("vpce-0a2", CONSUMER, "pendingAcceptance"),
            connection("vpce-0e1", HIDDEN, "available"),
            connection("vpce-0f1", STRANGER, "available"),
        ],
        "load_balancer": [named("web", false), named("batch", true)],
        "load_balancer_zone": [row(PROVIDER, json!({ "load_balancer_arn": balancer("web"), "availability_zone_id": "use1-az1" }))],
        "listener": [listening("web", 443), listening("batch", 8443)],
        "target_group": [grouped("web"), grouped("batch")],
        "target_health": [
            target("web", "i-1", "use1-az1", "healthy"),
            target("web", "i-2", "use1-az2", "unhealthy"),
            target("batch", "i-3", "use1-az1", "unhealthy"),
        ],
    });
    handmade::snapshot(folder, tables).await
}

/// The rules that were there first: these pages do not change when another rule comes.
fn catalogue(folder: &Path) -> Catalogue {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for name in ["cost/orphaned-endpoint", "governance/missing-tags", "reliability/unhealthy-targets"] {
        let file = rules.join(format!("{name}.sql"));
        let to = folder.join(format!("{name}.sql"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::copy(file, to).expect("copied");
    }
    Catalogue::load_only(folder).unwrap_or_else(|error| panic!("{error}"))
}

async fn explained(resource: &str) -> Explanation {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = tempfile::tempdir().expect("a folder");
    let snapshot = snapshot(folder.path()).await;
    let config = Config::parse(
        "[tags]\nrequired = [\"service\", \"owner\"]\n[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-0a1\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
        "plaudit.toml",
    )
    .expect("a configuration");
    audit::explain(&snapshot, &catalogue(rules.path()), &config, resource)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

fn page(explanation: &Explanation, columns: Option<u16>) -> String {
    let mut out = Vec::new();
    explanation.write(Width { columns, colour: false }, &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_followed_to_the_targets_of_another_account() {
    let explained = explained("vpce-0a1").await;
    insta::assert_snapshot!("an endpoint, narrow", page(&explained, Some(60)));
    insta::assert_snapshot!("an endpoint, wide", page(&explained, Some(120)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_followed_to_its_consumers_and_to_its_targets() {
    let explained = explained("vpce-svc-0b1").await;
    insta::assert_snapshot!("a service, narrow", page(&explained, Some(60)));
    insta::assert_snapshot!("a service, wide", page(&explained, Some(120)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_seen_is_said_and_not_called_broken() {
    let hidden = page(&explained("vpce-0a3").await, None);
    assert!(hidden.contains("Chain: whole as far as it can be seen"), "{hidden}");
    assert!(
        hidden.contains("? not seen: ec2:DescribeVpcEndpointServiceConfigurations in us-east-1: denied (UnauthorizedOperation)"),
        "{hidden}"
    );
    let gateway = page(&explained("vpce-0a4").await, None);
    assert!(gateway.contains("Chain: whole\n"), "{gateway}");
    assert!(
        gateway.contains("AWS service com.amazonaws.us-east-1.s3, AWS runs what stands behind it"),
        "{gateway}"
    );
    let service = page(&explained("vpce-svc-0b1").await, None);
    assert!(service.contains("? not seen: account 999999999999 is not part of this crawl"), "{service}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_is_wider_than_the_terminal_and_no_control_character_gets_through() {
    for resource in ["vpce-0a1", "vpce-0a2", "vpce-svc-0b1"] {
        let explained = explained(resource).await;
        for columns in 44..=160 {
            let page = page(&explained, Some(columns));
            let widest = page.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(usize::from(columns)), "{columns}: {widest:?}\n{page}");
            assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_directions_tell_of_the_same_links() {
    let from_endpoint = explained("vpce-0a1").await.to_json();
    let from_service = explained("vpce-svc-0b1").await.to_json();
    let service = &from_endpoint["chain"]["behind"][0]["behind"][0];
    assert_eq!(service, &from_service["chain"]);
    let consumer = &from_service["consumers"][0];
    assert_eq!(consumer["name"], from_endpoint["chain"]["name"]);
    assert_eq!(consumer["facts"], from_endpoint["chain"]["facts"]);
    assert_eq!(consumer["behind"][0]["facts"], from_endpoint["chain"]["behind"][0]["facts"]);
    let verdicts: Vec<(&str, Option<&str>)> = from_endpoint["verdicts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|verdict| (verdict["rule_id"].as_str().expect("an id"), verdict["status"].as_str()))
        .collect();
    let expected =
        [("missing-tags", Some("alarm")), ("orphaned-endpoint", Some("ok")), ("unhealthy-targets", None)];
    assert_eq!(verdicts, expected);
    assert_eq!(from_endpoint["verdicts"][0]["waived_until"], "2027-03-31");
    assert_eq!(from_endpoint["verdicts"][1]["message"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_reads_a_store_and_names_near_matches() {
    let folder = tempfile::tempdir().expect("a folder");
    snapshot(folder.path()).await;
    let path = folder.path().to_owned();
    tokio::task::spawn_blocking(move || {
        let explain =
            |arguments: &[&str]| run(plaudit().arg("explain").args(arguments).arg("--store").arg(&path));
        let ran = explain(&["vpce-0a1"]).expect_done();
        assert!(ran.stdout.contains("Chain: broken at 4 places"), "{}", ran.stdout);
        assert_eq!(ran.stderr, "");
        let ran = explain(&["com.amazonaws.vpce.us-east-1.vpce-svc-0b1", "--format", "json"]).expect_done();
        let object: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(object["resource_id"], "vpce-svc-0b1");
        let ran = explain(&["vpce-svc-0b"]);
        assert_eq!(ran.status, 2, "{}", ran.shown());
        assert!(
            ran.stderr.contains("no endpoint service `vpce-svc-0b`\n  at snapshot 20261122T061900Z"),
            "{}",
            ran.shown()
        );
        assert!(ran.stderr.contains("hint: did you mean vpce-svc-0b1?"), "{}", ran.shown());
        assert!(ran.stderr.contains("1 account x Region could not be read in full"), "{}", ran.shown());
        let ran = explain(&["o'clock\u{1b}[31m"]);
        assert_eq!(ran.status, 2, "{}", ran.shown());
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.shown());
        assert!(ran.stderr.contains("`plaudit report endpoints` lists the endpoints"), "{}", ran.shown());
    })
    .await
    .expect("it ran");
}
