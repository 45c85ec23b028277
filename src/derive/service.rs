//! What the name of a service says: whose it is, how IAM calls it, and on which ports it answers.

use std::sync::LazyLock;

use serde::Deserialize;

/// Services whose IAM prefix is not the label in their endpoint's name, and those that answer elsewhere than
/// on 443: one line a label, with AWS's page about it. What is not listed is called as its label says, and
/// answers on 443.
const SERVICES: &str = include_str!("service.csv");

/// The port of AWS's services.
const HTTPS: u16 = 443;

#[derive(Debug, Deserialize)]
struct Service {
    label: String,
    iam_prefix: String,
    /// Separated by blanks.
    ports: String,
}

static KNOWN: LazyLock<Vec<Service>> = LazyLock::new(|| {
    csv::Reader::from_reader(SERVICES.as_bytes()).deserialize().filter_map(Result::ok).collect()
});

/// The AWS service that a service name names: `com.amazonaws.us-east-1.ecr.api` is `ecr`. `None` for
/// services that others offer, and for those that a product of AWS offers as such a one: what they are is
/// not in their name.
pub fn aws_service(name: &str) -> Option<&str> {
    // https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
    if name.contains("vpce-svc-") {
        return None;
    }
    if let Some(rest) = name.strip_prefix("aws.") {
        return rest.split('.').next();
    }
    let owners = ["com.amazonaws.", "cn.com.amazonaws.", "eu.amazonaws."];
    let rest = owners.into_iter().find_map(|owner| name.strip_prefix(owner))?;
    let (first, after) = rest.split_once('.').map_or((rest, None), |(first, after)| (first, Some(after)));
    let label = match after {
        _ if first == "vpce" => return None,
        Some(after) if is_region(first) => after.split('.').next().unwrap_or(after),
        _ => first,
    };
    // A cluster of Aurora DSQL has a service of its own.
    // https://docs.aws.amazon.com/aurora-dsql/latest/APIReference/API_GetVpcEndpointServiceName.html
    Some(if label.starts_with("dsql-") { "dsql" } else { label })
}

/// Whether a label is a Region's name: `us-east-1`, `eusc-de-east-1`.
fn is_region(label: &str) -> bool {
    let mut parts = label.rsplit('-');
    let number = parts.next().is_some_and(|last| last.parse::<u8>().is_ok());
    number && parts.clone().count() >= 2 && parts.all(|part| part.chars().all(|c| c.is_ascii_lowercase()))
}

/// How the actions of a service begin in IAM's policies.
pub(super) fn iam_prefix(label: &str) -> &str {
    let label = without_fips(label);
    find(label).map_or(label, |service| service.iam_prefix.as_str())
}

/// The TCP ports on which an AWS service answers.
pub(super) fn ports(label: &str) -> Vec<u16> {
    find(without_fips(label)).map_or_else(
        || vec![HTTPS],
        |service| service.ports.split(' ').filter_map(|port| port.parse().ok()).collect(),
    )
}

fn without_fips(label: &str) -> &str {
    label.strip_suffix("-fips").unwrap_or(label)
}

fn find(label: &str) -> Option<&'static Service> {
    KNOWN.iter().find(|service| service.label == label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read_and_has_a_source() {
        assert_eq!(KNOWN.len(), SERVICES.lines().count() - 1);
        assert!(KNOWN.iter().all(|service| ports(&service.label).len() == service.ports.split(' ').count()));
        let sourced =
            |line: &str| line.split(',').nth(3).is_some_and(|source| source.starts_with("https://"));
        assert!(SERVICES.lines().skip(1).all(sourced));
    }

    #[test]
    fn the_label_is_read_in_every_partition() {
        for (name, label) in [
            ("com.amazonaws.us-east-1.ecr.api", Some("ecr")),
            ("cn.com.amazonaws.cn-north-1.s3", Some("s3")),
            ("eu.amazonaws.eusc-de-east-1.ecr.dkr", Some("ecr")),
            ("aws.sagemaker.us-east-1.notebook", Some("sagemaker")),
            ("com.amazonaws.s3-global.accesspoint", Some("s3-global")),
            ("com.amazonaws.us-east-1.dsql-fnh4", Some("dsql")),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-1", None),
            ("cn.com.amazonaws.vpce.cn-northwest-1.vpce-svc-1", None),
            ("com.amazonaws.elasticache.serverless.us-east-1.vpce-svc-1", None),
            ("com.example.service", None),
        ] {
            assert_eq!(aws_service(name), label, "{name}");
        }
    }

    #[test]
    fn prefixes_and_ports_are_those_of_the_service_and_not_of_the_label() {
        assert_eq!(
            [iam_prefix("kinesis-streams"), iam_prefix("kms-fips"), iam_prefix("sqs")],
            ["kinesis", "kms", "sqs"]
        );
        assert_eq!(
            (ports("dsql"), ports("cassandra-fips"), ports("sqs")),
            (vec![5432], vec![9142], vec![443])
        );
    }
}
