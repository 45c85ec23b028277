//! Endpoint services, the organization's own and AWS's.

/// An endpoint service of an account.
#[derive(Clone, Debug)]
pub struct Service {
    /// `vpce-svc-...`
    pub id: String,
    /// `com.amazonaws.vpce.<region>.vpce-svc-...`
    pub service_name: String,
    /// `Interface` or `GatewayLoadBalancer`.
    pub kind: &'static str,
    /// `Available` ...
    pub state: &'static str,
    /// Its zones.
    pub zones: Vec<usize>,
    /// Whether endpoints wait to be accepted.
    pub acceptance_required: bool,
    /// The load balancers behind it.
    pub balancer_arns: Vec<String>,
    /// Who may connect: type and principal.
    pub principals: Vec<(&'static str, String)>,
    /// Whether somebody is told of connections.
    pub has_notification: bool,
    /// Its private DNS name, and whether that was verified: `verified`, `pendingVerification` ...
    pub private_dns: Option<(String, &'static str)>,
    /// Who pays for the endpoints, where it is not their owners: `ServiceOwner`
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePayerResponsibility.html>).
    pub payer: Option<&'static str>,
    /// Regions from which it may be reached, besides its own.
    pub other_regions: Vec<String>,
    /// Connections of accounts outside the organization.
    pub strangers: Vec<Stranger>,
    /// Tags.
    pub tags: Vec<(String, String)>,
}

/// An endpoint of an account outside the organization, which its provider alone sees.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// `vpce-...`
    pub endpoint_id: String,
    /// Its account.
    pub account_id: String,
    /// Days since it was created.
    pub age_days: i64,
}

/// Services of AWS to which interface endpoints lead.
pub const AWS_SERVICES: &[&str] = &[
    "sqs",
    "sns",
    "kms",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "ec2messages",
    "logs",
    "monitoring",
    "ecr.api",
    "ecr.dkr",
    "sts",
    "lambda",
    "execute-api",
    "kinesis-streams",
    "athena",
    "glue",
    "events",
    "states",
    "codebuild",
    "ec2",
    "elasticloadbalancing",
    "autoscaling",
    "sagemaker.api",
    "bedrock-runtime",
    "rds",
    "backup",
    "config",
];

/// The full name of a service of AWS.
pub fn aws_service_name(region: &str, service: &str) -> String {
    format!("com.amazonaws.{region}.{service}")
}

/// AWS's prefix list for what a gateway endpoint leads to: each Region has its own
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>).
pub fn prefix_list_of(region: &str, service: &str) -> String {
    match (region, service) {
        ("us-east-1", "s3") => "pl-63a5400a".to_owned(),
        ("us-east-1", "dynamodb") => "pl-02cd2c6b".to_owned(),
        _ => format!("pl-{:08x}", super::seed_of(&format!("{region}{service}")) as u32),
    }
}

/// A service of AWS that is offered in the first two zones of a Region only.
pub const TWO_ZONE_SERVICE: &str = "profile";

/// A service of AWS that takes no endpoint policy, and whose endpoints stand in no subnet: AWS places them
/// (<https://docs.aws.amazon.com/apprunner/latest/dg/network-pl.html>).
pub const UNGUARDED_SERVICE: &str = "apprunner.requests";

/// The names that private DNS gives a service of AWS, as that service writes them: not always by the name
/// under which the endpoint is asked for
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>).
pub fn private_dns_names(region: &str, service: &str) -> Vec<String> {
    let names: &[&str] = match service {
        "dynamodb" => &[],
        "ecr.api" => &["api.ecr"],
        "ecr.dkr" => &["*.dkr.ecr"],
        "execute-api" => &["*.execute-api"],
        "kinesis-streams" => &["kinesis"],
        "s3" => &[
            "*.s3",
            "*.s3-accesspoint",
            "*.s3-control",
            "*.s3.dualstack",
            "*.s3-accesspoint.dualstack",
            "*.s3-control.dualstack",
        ],
        "sagemaker.api" => &["api.sagemaker"],
        UNGUARDED_SERVICE => &[],
        other => &[other],
    };
    names.iter().map(|name| format!("{name}.{region}.amazonaws.com")).collect()
}
