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
    /// Tags.
    pub tags: Vec<(String, String)>,
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

/// A service of AWS that is offered in the first two zones of a Region only.
pub const TWO_ZONE_SERVICE: &str = "profile";

/// The names that private DNS gives a service of AWS, as that service writes them.
pub fn private_dns_names(region: &str, service: &str) -> Vec<String> {
    let names: &[&str] = match service {
        "dynamodb" => &[],
        "ecr.api" => &["api.ecr"],
        "ecr.dkr" => &["*.dkr.ecr"],
        "execute-api" => &["*.execute-api"],
        "s3" => &["*.s3", "s3", "*.s3-accesspoint", "*.s3-control"],
        "sagemaker.api" => &["api.sagemaker"],
        other => &[other],
    };
    names.iter().map(|name| format!("{name}.{region}.amazonaws.com")).collect()
}
