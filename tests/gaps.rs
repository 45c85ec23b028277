//! Every way in which AWS, an account or the network refuses a crawl: after each, all else is
//! audited, the affected account and Region is skipped, and coverage says why.

use std::collections::BTreeSet;

use plaudit::crawl::Budget;
use plaudit::store::StoredSnapshot;
use plaudit::table::{Coverage, Finding, Operation, Outcome, Status, Usage, VpcEndpoint, VpcEndpointUsage};
use plaudit_simulator::{Effect, Fault, Planted, World, WorldOptions};
use tokio::sync::OnceCell;

use crate::support::simulated::{Simulated, options};

/// What a crawl of a small organization came to.
struct Audited {
    simulated: Simulated,
    coverage: Vec<Coverage>,
    findings: Vec<Finding>,
    endpoints: Vec<VpcEndpoint>,
    usage: Vec<VpcEndpointUsage>,
}

/// An organization without gaps of its own.
fn world() -> World {
    World::new(&WorldOptions { gaps: false, accounts: 5, ..options(21) })
}

/// A larger one, in which several accounts can be hit at once, each by a fault of its own.
fn wide_world() -> World {
    World::new(&WorldOptions { gaps: false, accounts: 12, ..options(21) })
}

/// What the larger one answers while nothing is wrong with it.
async fn calm() -> &'static [Coverage] {
    static CALM: OnceCell<Vec<Coverage>> = OnceCell::const_new();
    CALM.get_or_init(|| async { Simulated::start(wide_world()).await.crawl().await.rows().await.unwrap() })
        .await
}

/// For each operation an account of the larger one that has something to answer to it; none twice.
async fn victims(operations: &[&str]) -> Vec<String> {
    let callers = calm().await.iter().find(|row| row.operation == "organizations:ListAccounts");
    let management = callers.map(|row| row.account_id.as_str());
    let mut chosen: Vec<String> = Vec::new();
    for operation in operations {
        let answers = calm().await.iter().find(|row| {
            row.operation == *operation
                && row.region == REGION
                && row.rows > 0
                && Some(row.account_id.as_str()) != management
                && !chosen.contains(&row.account_id)
        });
        chosen
            .push(answers.unwrap_or_else(|| panic!("no account is left for {operation}")).account_id.clone());
    }
    chosen
}

/// The account that the faults of these tests concern.
fn victim(world: &World) -> String {
    world.accounts[2].id.clone()
}

const REGION: &str = "us-east-1";

async fn audit(world: World) -> Audited {
    let mut simulated = Simulated::start(world).await;
    // Faults that hang are to be over soon.
    simulated.config.crawl.attempt_timeout_seconds = 3;
    simulated.config.crawl.call_timeout_seconds = 12;
    audit_as(simulated).await
}

async fn audit_as(simulated: Simulated) -> Audited {
    let mut snapshot = simulated.crawl().await;
    let findings = simulated.check(&mut snapshot).await.findings;
    Audited { findings, ..gathered(simulated, snapshot).await }
}

/// The same without running the rules, for tests that only ask what coverage says.
async fn crawl(world: World) -> Audited {
    crawl_as(Simulated::start(world).await).await
}

async fn crawl_as(simulated: Simulated) -> Audited {
    let snapshot = simulated.crawl().await;
    gathered(simulated, snapshot).await
}

async fn gathered(simulated: Simulated, snapshot: StoredSnapshot) -> Audited {
    Audited {
        coverage: snapshot.rows().await.unwrap(),
        endpoints: snapshot.rows().await.unwrap(),
        usage: snapshot.rows().await.unwrap(),
        findings: Vec::new(),
        simulated,
    }
}

impl Audited {
    fn row(&self, account: &str, region: &str, operation: &str) -> &Coverage {
        let found = self
            .coverage
            .iter()
            .find(|row| row.account_id == account && row.region == region && row.operation == operation);
        found.unwrap_or_else(|| panic!("no coverage of {account} {region} {operation}"))
    }

    /// The accounts and Regions that a rule skips because something that it reads is missing.
    fn skipped(&self, rule: &str) -> BTreeSet<(String, String)> {
        let skips = self.findings.iter().filter(|f| f.rule_id == rule && f.status == Status::Skip);
        let incomplete = skips.filter(|finding| finding.message.starts_with("not audited"));
        incomplete.map(|finding| (finding.account_id.clone(), finding.region.clone())).collect()
    }

    /// Everything but a Region of some accounts is audited in full, and there is something to find in it.
    fn assert_all_else_is_audited(&self, accounts: &[String], region: &str) {
        let is_victim = |account: &str| accounts.iter().any(|victim| victim == account);
        let regional = |row: &&Coverage| {
            Operation::from_name(&row.operation).is_some_and(|o| Operation::regional().any(|r| r == o))
        };
        for row in self.coverage.iter().filter(regional) {
            let affected = is_victim(&row.account_id) && row.region == region;
            assert!(affected || row.outcome == Outcome::Ok, "{row:?}");
        }
        let world = self.simulated.server.world();
        let alarms: BTreeSet<(&str, &str)> = self
            .findings
            .iter()
            .filter(|finding| finding.status == Status::Alarm)
            .map(|finding| (finding.rule_id.as_str(), finding.resource_id.as_str()))
            .collect();
        let affected = |planted: &Planted| {
            planted.region == region
                && (is_victim(&planted.account_id) || planted.witness.as_deref().is_some_and(is_victim))
        };
        // There is no bill here, and so nothing on it that nobody sees.
        let told = |planted: &Planted| planted.is_fault && planted.rule_id != "unattributed-charge";
        for planted in world.planted.iter().filter(|p| told(p) && !affected(p)) {
            assert!(
                alarms.contains(&(planted.rule_id.as_str(), planted.resource_id.as_str())),
                "missed {planted:?}"
            );
        }
        let accused = self.findings.iter().filter(|f| f.status == Status::Alarm).filter(|finding| {
            !world
                .planted
                .iter()
                .any(|p| p.is_fault && p.rule_id == finding.rule_id && p.resource_id == finding.resource_id)
        });
        assert_eq!(accused.collect::<Vec<_>>(), Vec::<&Finding>::new());
    }
}

/// Injects each fault into an account of its own, in one organization, and looks at the outcome there.
async fn outcomes_of(faults: &[(&str, Effect)]) -> (Audited, Vec<Coverage>) {
    let operations: Vec<&str> = faults.iter().map(|(operation, _)| *operation).collect();
    let accounts = victims(&operations).await;
    let mut world = wide_world();
    for ((operation, effect), account) in faults.iter().zip(&accounts) {
        world.faults.push(Fault::new(effect.clone()).in_account(account).in_region(REGION).on(operation));
    }
    let audited = audit(world).await;
    audited.assert_all_else_is_audited(&accounts, REGION);
    let rows = operations.iter().zip(&accounts);
    let rows = rows.map(|(operation, account)| audited.row(account, REGION, operation).clone()).collect();
    (audited, rows)
}

/// The rules that read what an operation fills.
fn readers(operation: &str) -> Vec<String> {
    let catalogue = plaudit::rule::Catalogue::load(&[]).unwrap();
    let reads = catalogue.iter().filter(|rule| rule.operations().iter().any(|o| o.name() == operation));
    reads.map(|rule| rule.id.clone()).collect()
}

/// A refusal: the operation, what AWS answers, and what coverage is to say of it.
type Refusal<'a> = (&'a str, Effect, Outcome, Option<&'a str>);

/// Every refusal is on record, and the rules that read what was refused skip that account and Region.
async fn assert_skipped(refusals: &[Refusal<'_>]) -> Vec<Coverage> {
    let faults: Vec<_> =
        refusals.iter().map(|(operation, effect, ..)| (*operation, effect.clone())).collect();
    let (audited, rows) = outcomes_of(&faults).await;
    for ((operation, _, outcome, code), row) in refusals.iter().zip(&rows) {
        assert_eq!((row.outcome, row.error_code.as_deref()), (*outcome, *code), "{row:?}");
        let rules = readers(operation);
        assert!(!rules.is_empty(), "no rule reads {operation}");
        for rule in rules {
            let skipped = audited.skipped(&rule);
            assert!(skipped.contains(&(row.account_id.clone(), REGION.to_owned())), "{rule} does not skip");
            let judged = audited.findings.iter().any(|finding| {
                finding.rule_id == rule
                    && finding.account_id == row.account_id
                    && finding.region == REGION
                    && finding.status != Status::Skip
            });
            assert!(!judged, "{rule} judges what it cannot see");
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_missing_or_distrusts_the_caller_closes_one_account() {
    for missing in [true, false] {
        let mut world = world();
        let account = victim(&world);
        if missing {
            world.accounts[2].has_role = false;
        } else {
            world.faults.push(
                Fault::new(Effect::access_denied("AccessDenied")).in_account(&account).on("sts:AssumeRole"),
            );
        }
        let audited = audit(world).await;
        let row = audited.row(&account, REGION, "sts:AssumeRole");
        assert_eq!((row.outcome, row.error_code.as_deref()), (Outcome::Denied, Some("AccessDenied")));
        for region in [REGION, "eu-west-1"] {
            let row = audited.row(&account, region, "ec2:DescribeVpcEndpoints");
            assert_eq!((row.outcome, row.requests), (Outcome::Denied, 0), "{row:?}");
            assert!(audited.skipped("missing-tags").contains(&(account.clone(), region.to_owned())));
        }
        let others =
            audited.coverage.iter().filter(|row| row.account_id != account && row.outcome != Outcome::Ok);
        assert_eq!(others.count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_opens_the_door_and_its_absence_closes_it() {
    for (said, complete) in [(Some("a-secret-handshake"), true), (None, false)] {
        let mut world = world();
        world.external_id = Some("a-secret-handshake".to_owned());
        let mut simulated = Simulated::start(world).await;
        simulated.config.crawl.external_id = said.map(str::to_owned);
        let audited = crawl_as(simulated).await;
        let denied = audited
            .coverage
            .iter()
            .filter(|row| row.operation == "sts:AssumeRole" && row.outcome == Outcome::Denied);
        assert_eq!(denied.count(), if complete { 0 } else { 4 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_denies_a_region_closes_that_region() {
    let mut world = world();
    let account = victim(&world);
    world.faults.push(Fault::new(Effect::denied_by_policy()).in_account(&account).in_region("eu-west-1"));
    let audited = audit(world).await;
    audited.assert_all_else_is_audited(std::slice::from_ref(&account), "eu-west-1");
    let row = audited.row(&account, "eu-west-1", "ec2:DescribeVpcEndpoints");
    assert_eq!((row.outcome, row.error_code.as_deref()), (Outcome::Denied, Some("UnauthorizedOperation")));
    assert!(
        row.message.as_deref().is_some_and(|message| message.ends_with("service control policy.")),
        "{row:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_denies_one_operation_silences_the_rules_that_need_it() {
    let rows = assert_skipped(&[(
        "elasticloadbalancing:DescribeTargetHealth",
        Effect::access_denied("AccessDenied"),
        Outcome::Denied,
        Some("AccessDenied"),
    )])
    .await;
    assert!(rows[0].requests > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guards_an_endpoint_and_was_refused_silences_the_rules_that_need_it() {
    let refusals = [
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNatGateways",
        "ec2:DescribeVpcAttribute",
    ]
    .map(|operation| {
        let refusal = Effect::error(403, "UnauthorizedOperation", "You are not authorized.");
        (operation, refusal, Outcome::Denied, Some("UnauthorizedOperation"))
    });
    assert_skipped(&refusals).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_for_names_and_was_refused_silences_the_rule_that_needs_it() {
    let denied = |operation, code| (operation, Effect::access_denied(code), Outcome::Denied, Some(code));
    let zones = "route53:ListHostedZonesByVPC";
    assert_skipped(&[
        denied(zones, "AccessDenied"),
        denied("route53resolver:ListResolverRules", "AccessDeniedException"),
        denied("route53resolver:ListResolverRuleAssociations", "AccessDeniedException"),
        (zones, Effect::error(400, "Throttling", "Rate exceeded"), Outcome::Throttled, Some("Throttling")),
        (zones, Effect::Malformed, Outcome::Error, None),
        (zones, Effect::RepeatToken, Outcome::Error, None),
    ])
    .await;
    // Without the services nobody knows which names there are, so nobody asks who answers for them.
    let refusal = Effect::error(403, "UnauthorizedOperation", "You are not authorized.");
    let (audited, rows) = outcomes_of(&[("ec2:DescribeVpcEndpointServices", refusal)]).await;
    let account = rows[0].account_id.clone();
    for row in audited.coverage.iter().filter(|row| row.operation.starts_with("route53")) {
        let affected = row.account_id == account && row.region == REGION;
        let expected = if affected { Outcome::Skipped } else { Outcome::Ok };
        assert_eq!((row.outcome, affected && row.requests > 0), (expected, false), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_not_enabled_is_named_so_whatever_each_service_calls_it() {
    // Where DescribeRegions is refused, the Regions are tried all the same, and each service says
    // in its own words that the Region is off.
    let mut world = world();
    let account = victim(&world);
    world.faults.push(Fault::new(Effect::denied_by_policy()).in_account(&account).on("ec2:DescribeRegions"));
    world.accounts[2].regions.remove("eu-west-1");
    world.planted.retain(|planted| planted.account_id != account);
    let audited = audit(world).await;
    let row = audited.row(&account, "eu-west-1", "ec2:DescribeVpcEndpoints");
    assert_eq!((row.outcome, row.error_code.as_deref()), (Outcome::NotEnabled, Some("AuthFailure")));
    let refusals = [
        ("elasticloadbalancing:DescribeLoadBalancers", "InvalidClientTokenId"),
        ("cloudwatch:GetMetricData", "UnrecognizedClientException"),
        ("ec2:DescribeSubnets", "OptInRequired"),
    ]
    .map(|(operation, code)| {
        (operation, Effect::error(403, code, "The token is invalid"), Outcome::NotEnabled, Some(code))
    });
    assert_skipped(&refusals).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_was_asked_for_and_is_off_is_recorded_without_a_call() {
    let mut simulated = Simulated::start(world()).await;
    simulated.config.crawl.regions = vec!["us-east-1".to_owned(), "ap-south-1".to_owned()];
    let audited = audit_as(simulated).await;
    let row = audited.row(
        &audited.simulated.server.world().accounts[1].id,
        "ap-south-1",
        "ec2:DescribeVpcEndpoints",
    );
    assert_eq!((row.outcome, row.requests), (Outcome::NotEnabled, 0));
    assert_eq!(row.message.as_deref(), Some("the Region is not enabled in the account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_are_not_active_are_not_asked() {
    let mut world = wide_world();
    let states = ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"];
    for (account, state) in world.accounts[2..].iter_mut().zip(states) {
        account.state = state.to_owned();
    }
    let accounts: Vec<String> = world.accounts[2..].iter().map(|account| account.id.clone()).collect();
    let audited = crawl(world).await;
    for (account, state) in accounts.iter().zip(states) {
        let row = audited.row(account, REGION, "ec2:DescribeVpcEndpoints");
        assert_eq!((row.outcome, row.requests), (Outcome::Skipped, 0));
        assert_eq!(row.message.as_deref(), Some(format!("the account's state is {state}").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_expire_on_the_way_are_renewed_and_the_call_is_made_once_more() {
    let operations =
        ["ec2:DescribeSubnets", "elasticloadbalancing:DescribeListeners", "cloudwatch:ListMetrics"];
    let accounts = victims(&operations).await;
    let mut world = wide_world();
    for (account, operation) in accounts.iter().zip(operations) {
        world
            .faults
            .push(Fault::new(Effect::Expired).in_account(account).in_region(REGION).on(operation).times(1));
    }
    let audited = crawl(world).await;
    for (account, operation) in accounts.iter().zip(operations) {
        let row = audited.row(account, REGION, operation);
        assert_eq!(row.outcome, Outcome::Ok, "{row:?}");
    }
    let assumed = audited.simulated.server.requests()["sts:AssumeRole"];
    assert_eq!(assumed, 14, "eleven members, three of them twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_stay_expired_are_a_refusal() {
    assert_skipped(&[("ec2:DescribeSubnets", Effect::Expired, Outcome::Denied, Some("RequestExpired"))])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_management_account_needs_no_role_and_a_delegated_administrator_has_none_there() {
    let audited = crawl(world()).await;
    let management = audited.simulated.server.world().management_account().id.clone();
    assert_eq!(audited.row(&management, REGION, "ec2:DescribeVpcEndpoints").outcome, Outcome::Ok);
    let asked =
        audited.coverage.iter().any(|row| row.account_id == management && row.operation == "sts:AssumeRole");
    assert!(!asked, "the caller's own account is entered with its own credentials");

    let mut world = world();
    let delegated = world.accounts[1].id.clone();
    world.delegated_administrator = Some(delegated.clone());
    let mut simulated = Simulated::start(world).await;
    simulated.access_key_id = format!("AKIA{delegated}");
    let audited = crawl_as(simulated).await;
    assert_eq!(audited.row(&delegated, REGION, "ec2:DescribeVpcEndpoints").outcome, Outcome::Ok);
    let row = audited.row(&management, REGION, "sts:AssumeRole");
    assert_eq!((row.outcome, row.error_code.as_deref()), (Outcome::Denied, Some("AccessDenied")));
    let incomplete: BTreeSet<&str> = audited
        .coverage
        .iter()
        .filter(|row| row.outcome != Outcome::Ok)
        .map(|row| row.account_id.as_str())
        .collect();
    assert_eq!(incomplete, BTreeSet::from([management.as_str()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_that_ends_is_waited_for_and_throttling_that_does_not_is_an_outcome() {
    let throttle = || Effect::error(503, "RequestLimitExceeded", "Request limit exceeded.");
    let mut world = world();
    let account = victim(&world);
    world
        .faults
        .push(Fault::new(throttle()).in_account(&account).in_region(REGION).on("ec2:DescribeVpcs").times(2));
    let audited = crawl(world).await;
    let row = audited.row(&account, REGION, "ec2:DescribeVpcs");
    assert_eq!((row.outcome, row.requests), (Outcome::Ok, 3));

    let code = Some("RequestLimitExceeded");
    assert_skipped(&[("ec2:DescribeVpcEndpoints", throttle(), Outcome::Throttled, code)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_service_is_tried_again_and_then_an_outcome() {
    let fault = || Effect::error(500, "InternalError", "An internal error has occurred");
    let rows = assert_skipped(&[
        ("ec2:DescribeSubnets", fault(), Outcome::Error, Some("InternalError")),
        ("ec2:DescribeSubnets", Effect::Page { status: 502 }, Outcome::Error, None),
    ])
    .await;
    assert_eq!(rows[1].message.as_deref(), Some("HTTP status 502 without an error that AWS would give"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_in_the_middle_of_the_body_is_an_outcome() {
    assert_skipped(&[
        ("ec2:DescribeNetworkInterfaces", Effect::Cut, Outcome::Error, None),
        ("cloudwatch:GetMetricData", Effect::Cut, Outcome::Error, None),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_hangs_ends_at_the_time_limit() {
    let hang = Effect::Hang { seconds: 3600 };
    let rows = assert_skipped(&[("ec2:DescribeVpcEndpoints", hang, Outcome::Error, None)]).await;
    assert_eq!(rows[0].message.as_deref(), Some("AWS did not answer within the time limit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_read_is_an_outcome_in_every_protocol() {
    let refusals =
        ["ec2:DescribeVpcEndpoints", "elasticloadbalancing:DescribeTargetGroups", "cloudwatch:GetMetricData"]
            .map(|operation| (operation, Effect::Malformed, Outcome::Error, None));
    for row in assert_skipped(&refusals).await {
        assert!(row.message.is_some(), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_accounts_that_cannot_be_read_ends_the_run_before_it_misleads() {
    for effect in [Effect::Malformed, Effect::Cut, Effect::RepeatToken, Effect::Page { status: 502 }] {
        let mut world = world();
        world.faults.push(Fault::new(effect.clone()).on("organizations:ListAccounts"));
        let simulated = Simulated::start(world).await;
        let error =
            simulated.try_crawl(false).await.expect_err("nobody knows which accounts there are").to_string();
        assert!(error.contains("the organization's accounts could not be listed"), "{effect:?}: {error}");
        assert!(error.contains("\nhint: "), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_that_repeats_for_ever_is_noticed_and_what_came_is_kept() {
    let operations =
        ["ec2:DescribeVpcEndpoints", "elasticloadbalancing:DescribeListeners", "cloudwatch:GetMetricData"];
    let (audited, rows) = outcomes_of(&operations.map(|operation| (operation, Effect::RepeatToken))).await;
    for row in &rows {
        assert_eq!(row.outcome, Outcome::Error, "{row:?}");
        assert_eq!(
            row.message.as_deref(),
            Some("AWS gave the same page token twice, so the list never ends")
        );
    }
    let kept = audited
        .endpoints
        .iter()
        .any(|endpoint| endpoint.account_id == rows[0].account_id && endpoint.region == REGION);
    assert!(kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_while_the_crawl_is_on_its_way_is_dropped_quietly() {
    let gone = [
        ("ec2:DescribeVpcEndpointServicePermissions", "InvalidVpcEndpointServiceId.NotFound"),
        ("elasticloadbalancing:DescribeLoadBalancers", "LoadBalancerNotFound"),
        ("elasticloadbalancing:DescribeTargetHealth", "TargetGroupNotFound"),
    ];
    let accounts = victims(&gone.map(|(operation, _)| operation)).await;
    let mut world = wide_world();
    for (account, (operation, code)) in accounts.iter().zip(gone) {
        let gone = Effect::error(400, code, "It does not exist");
        world.faults.push(Fault::new(gone).in_account(account).in_region(REGION).on(operation).times(1));
    }
    let audited = crawl(world).await;
    for (account, (operation, _)) in accounts.iter().zip(gone) {
        let row = audited.row(account, REGION, operation);
        assert!(row.outcome == Outcome::Ok && row.requests > 0, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_that_is_refused_or_partial_makes_usage_unmeasurable_not_idle() {
    let metrics = "cloudwatch:GetMetricData";
    let statuses = ["Forbidden", "InternalError", "PartialData"];
    let faults = statuses.map(|status| (metrics, Effect::MetricStatus { status: status.to_owned() }));
    let accounts = victims(&[metrics; 3]).await;
    let mut world = wide_world();
    for (account, (operation, effect)) in accounts.iter().zip(faults) {
        world.faults.push(Fault::new(effect).in_account(account).in_region(REGION).on(operation));
    }
    let audited = audit(world).await;
    for (account, status) in accounts.iter().zip(statuses) {
        let usage: Vec<_> =
            audited.usage.iter().filter(|row| row.account_id == *account && row.region == REGION).collect();
        assert!(!usage.is_empty());
        assert!(usage.iter().all(|row| row.usage == Usage::Unmeasurable), "{usage:?}");
        assert!(usage.iter().any(|row| row.reason == format!("CloudWatch answered {status}")));
        let accused = audited.findings.iter().any(|finding| {
            finding.rule_id == "orphaned-endpoint"
                && finding.account_id == *account
                && finding.region == REGION
                && finding.status == Status::Alarm
        });
        assert!(!accused, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_cost_more_than_the_limit_is_not_asked() {
    let mut simulated = Simulated::start(world()).await;
    simulated.budget = Budget::new(Some(0.0));
    let audited = audit_as(simulated).await;
    assert!(!audited.simulated.server.requests().contains_key("cloudwatch:GetMetricData"));
    let refrained: Vec<_> = audited
        .coverage
        .iter()
        .filter(|row| row.operation == "cloudwatch:GetMetricData" && row.outcome == Outcome::Skipped)
        .collect();
    assert!(!refrained.is_empty());
    assert!(
        refrained
            .iter()
            .all(|row| row.message.as_deref() == Some("it would cost more than --max-cost allows"))
    );
    assert!(refrained.iter().all(|row| row.charge == 0.0));
    assert!(audited.findings.iter().all(|f| f.rule_id != "orphaned-endpoint" || f.status == Status::Skip));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_charges_for_is_counted_per_metric() {
    let audited = crawl(world()).await;
    let charge: f64 = audited.coverage.iter().map(|row| row.charge).sum();
    let of = |operation: &'static str| audited.coverage.iter().filter(move |row| row.operation == operation);
    let asked: i64 = of("cloudwatch:GetMetricData").map(|row| row.rows).sum();
    let requests: i64 = of("ce:GetCostAndUsage").map(|row| row.requests).sum();
    assert!(asked > 0 && requests > 0);
    let expected = asked as f64 * 0.00001 + requests as f64 * 0.01;
    assert!((charge - expected).abs() < 1e-9, "{charge} for {asked} metrics and {requests} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_partitions_have_their_own_arns() {
    for partition in ["aws-cn", "aws-us-gov"] {
        let mut options = WorldOptions { gaps: false, accounts: 5, ..options(21) };
        options.partition = partition.to_owned();
        let audited = crawl(World::new(&options)).await;
        assert!(audited.coverage.iter().all(|row| row.outcome == Outcome::Ok), "{partition}");
    }
}
