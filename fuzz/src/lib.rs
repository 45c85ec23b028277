//! What must hold for everything that plaudit reads and did not write, and for what it wrote and somebody
//! else may have changed since. The fuzzer and the bounded tests in `tests/fuzz.rs` both hold inputs against
//! these functions, which panic where it does not, and say whether an input was taken.

mod bill;
mod read_back;

use plaudit::config::{self, Config};
use plaudit::derive::{policy_digest, vpc_endpoint_policy};
use plaudit::engine::document::Document;
use plaudit::engine::gate;
use plaudit::error::Error;
use plaudit::rule::Header;
use plaudit::table::{self, Tables, VpcEndpoint, VpcEndpointPolicy};

pub use bill::bill;
pub use read_back::{ID, NOTE, journal, manifest};

/// The gate lets a statement through or refuses it with a place and a hint. What is let through
/// reads tables and nothing else, also after it was taken apart and written down again for an
/// engine.
pub fn gate(text: &str) -> bool {
    let known = |name: &str| table::schema(name).is_some();
    match gate::admit(text, "query", &known) {
        Ok(statement) => {
            let (expressions, rest) = statement.parts();
            assert!(statement.tables().iter().all(|name| known(name)), "{text}");
            let again = gate::admit(&rest, "query", &|name| {
                known(name) || expressions.iter().any(|expression| expression.name == name)
            });
            assert!(again.is_ok(), "{text}\n{rest}\n{:?}", again.err());
            true
        }
        Err(error) => {
            assert!(error.place().is_some_and(|place| place.starts_with("query:")), "{error}");
            assert_has_hint(&error);
            false
        }
    }
}

/// A header is read, or refused with a line that the file has.
pub fn header(text: &str) -> bool {
    let read = Document::split("rules/cost/some.sql", text).and_then(|document| Header::parse(&document));
    if let Err(error) = &read {
        assert_names_a_line(error, text);
    }
    read.is_ok()
}

/// A configuration is read, or refused with a line that the file has and a hint. What is read is within the
/// bounds that the documentation gives: the rest of plaudit does not look again.
pub fn configuration(text: &str) -> bool {
    match Config::parse(text, "plaudit.toml") {
        Err(error) => {
            assert_names_a_line(&error, text);
            assert_has_hint(&error);
            false
        }
        Ok(read) => {
            assert!((1..=config::MAX_WINDOW_DAYS).contains(&read.window_days), "{text}");
            let crawl = &read.crawl;
            assert!(config::check_rate_share(crawl.rate_share).is_ok(), "{text}");
            assert!(config::check_role_name(&crawl.role_name).is_ok(), "{text}");
            assert!(crawl.max_concurrency > 0 && crawl.attempt_timeout_seconds > 0, "{text}");
            assert!(crawl.regions.iter().all(|region| config::check_region(region).is_ok()), "{text}");
            let mut accounts = crawl.accounts.iter().chain(&crawl.exclude_accounts);
            assert!(accounts.all(|account| config::check_account(account).is_ok()), "{text}");
            for waiver in &read.waivers {
                let patterns = [&waiver.resource, &waiver.account, &waiver.region];
                let narrows =
                    |pattern: &config::Pattern| !pattern.as_str().trim_matches(['*', '?']).is_empty();
                let is_narrow = patterns.into_iter().flatten().any(narrows) || waiver.tag.is_some();
                assert!(is_narrow && !waiver.owner.is_empty() && !waiver.reason.is_empty(), "{text}");
                for pattern in patterns.into_iter().flatten() {
                    // The answer does not matter, only that there is one.
                    pattern.matches("vpce-0a1b2c3d4e5f60718");
                }
            }
            true
        }
    }
}

/// A policy becomes its statements, numbered from 1, or one row that says why it cannot be read; and its
/// blanks and escapes do not matter.
pub fn policy(text: &str) -> bool {
    let rows = statements(text);
    if let [VpcEndpointPolicy { problem: Some(problem), statement, effect, principal, .. }] = &rows[..] {
        assert!(!problem.is_empty() && *statement == 0 && effect.is_none() && principal.is_none(), "{text}");
        return false;
    }
    assert!(!rows.is_empty(), "{text}");
    for (number, row) in (1..).zip(&rows) {
        assert!(row.statement == number && row.problem.is_none(), "{text}");
        assert!(matches!(row.effect.as_deref(), Some("Allow" | "Deny")), "{text}");
        assert!(row.principal.is_some() && row.action.is_some() && row.resource.is_some(), "{text}");
        assert!(!row.is_default || rows.len() == 1, "{text}");
    }
    let value: serde_json::Value = serde_json::from_str(text).expect("a policy that was read is JSON");
    for written in [value.to_string(), format!("{value:#}")] {
        assert_eq!(statements(&written), rows, "{text}");
    }
    true
}

fn statements(policy: &str) -> Vec<VpcEndpointPolicy> {
    let endpoint = VpcEndpoint {
        account_id: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        vpc_endpoint_id: "vpce-0a1b2c3d4e5f60718".to_owned(),
        vpc_endpoint_type: "Interface".to_owned(),
        vpc_id: "vpc-0a1b2c3d4e5f60718".to_owned(),
        service_name: Some("com.amazonaws.eu-west-1.s3".to_owned()),
        service_region: "eu-west-1".to_owned(),
        state: "available".to_owned(),
        owner_id: "111122223333".to_owned(),
        requester_managed: false,
        private_dns_enabled: true,
        private_dns_only_for_inbound_resolver_endpoint: None,
        ip_address_type: None,
        policy_document: Some(policy.to_owned()),
        policy_digest: policy_digest(policy),
        creation_timestamp: None,
        age_days: None,
        network_interfaces: 1,
        payer_responsibility: None,
        service_network_arn: None,
        resource_configuration_arn: None,
        last_error_code: None,
        last_error_message: None,
        tags: "{}".to_owned(),
    };
    vpc_endpoint_policy(&Tables { vpc_endpoint: vec![endpoint], ..Tables::default() })
}

fn assert_has_hint(error: &Error) {
    assert!(error.to_string().contains("\nhint: "), "{error}");
}

/// A line of the text, or the one behind its end.
fn assert_names_a_line(error: &Error, text: &str) {
    let lines = text.lines().count().max(1) + 1;
    let line: Option<usize> = error.place().and_then(|place| place.rsplit(':').next()?.parse().ok());
    assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{error}\n{text}");
}
