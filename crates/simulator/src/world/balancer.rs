//! Load balancers, listeners, target groups, targets.

/// A load balancer.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `network` or `gateway`.
    pub kind: &'static str,
    /// `internal` or `internet-facing`.
    pub scheme: &'static str,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnets, and their zones.
    pub subnets: Vec<(String, usize)>,
    /// Whether it balances across zones.
    pub cross_zone: bool,
    /// Its listeners.
    pub listeners: Vec<Listener>,
    /// Its security groups, which a Network Load Balancer may have.
    pub group_ids: Vec<String>,
    /// Whether its security groups apply to PrivateLink traffic: `on` or `off`.
    pub enforces_security_groups: &'static str,
    /// Days since it was created.
    pub age_days: i64,
}

/// A listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// Its port and protocol; a Gateway Load Balancer's has neither
    /// (<https://docs.aws.amazon.com/cli/latest/reference/elbv2/create-listener.html>, example 6).
    pub port: Option<(u16, &'static str)>,
    /// The target groups to which it forwards, and their weights.
    pub forwards_to: Vec<(String, u16)>,
}

/// A target group.
#[derive(Clone, Debug)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The load balancer that it serves.
    pub balancer_arn: String,
    /// Its VPC.
    pub vpc_id: String,
    /// `TCP`, `TLS`, `UDP`, `TCP_UDP` or `GENEVE`.
    pub protocol: &'static str,
    /// Its port.
    pub port: u16,
    /// `instance`, `ip` or `alb`.
    pub target_type: &'static str,
    /// `true`, `false` or `use_load_balancer_configuration`.
    pub cross_zone: &'static str,
    /// Its targets.
    pub targets: Vec<Target>,
}

/// A target.
#[derive(Clone, Debug)]
pub struct Target {
    /// `i-...`, an address, or the ARN of an Application Load Balancer.
    pub id: String,
    /// The zone of an address. AWS names none for instances and load balancers
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html>).
    pub zone: Option<usize>,
    /// `healthy`, `unhealthy` ...
    pub state: &'static str,
    /// Whether a zonal shift keeps traffic away: `no_override`, `zonal_shift_active` ...
    pub shift: &'static str,
}

impl Target {
    /// Why it is in its state, and in AWS's words
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html>).
    pub fn reason(&self) -> Option<(&'static str, &'static str)> {
        match self.state {
            "unhealthy" if super::seed_of(&self.id).is_multiple_of(2) => {
                Some(("Target.Timeout", "Connection to target timed out"))
            }
            "unhealthy" => Some(("Target.FailedHealthChecks", "Health checks failed")),
            "initial" => Some(("Elb.RegistrationInProgress", "Target registration is in progress")),
            "draining" => Some(("Target.DeregistrationInProgress", "Target deregistration is in progress")),
            "unused" => Some((
                "Target.NotInUse",
                "Target group is not configured to receive traffic from the load balancer",
            )),
            "unavailable" => {
                Some(("Target.HealthCheckDisabled", "Health checks are not enabled for this target"))
            }
            _ => None,
        }
    }
}

/// How a load balancer is to be.
#[derive(Clone, Debug)]
pub struct BalancerSpec {
    /// `network` or `gateway`.
    pub kind: &'static str,
    /// Its zones.
    pub zones: Vec<usize>,
    /// Whether it balances across zones.
    pub cross_zone: bool,
    /// What its target group says of that.
    pub group_cross_zone: &'static str,
    /// Its targets: zone and state.
    pub targets: Vec<(usize, &'static str)>,
    /// What its targets are: `instance` or `ip`; by chance where it is not said.
    pub target_type: Option<&'static str>,
    /// Whether its security groups apply to PrivateLink traffic; none without groups.
    pub enforces_security_groups: Option<&'static str>,
    /// Days since it was created.
    pub age_days: i64,
}

impl BalancerSpec {
    /// A Network Load Balancer in two zones with a healthy target in each.
    pub fn healthy() -> BalancerSpec {
        BalancerSpec {
            kind: "network",
            zones: vec![0, 1],
            cross_zone: false,
            group_cross_zone: "use_load_balancer_configuration",
            targets: vec![(0, "healthy"), (1, "healthy")],
            target_type: None,
            enforces_security_groups: Some("on"),
            age_days: 400,
        }
    }
}
