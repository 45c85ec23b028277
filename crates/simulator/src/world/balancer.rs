//! Load balancers, target groups, targets.

/// A load balancer.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `network` or `gateway`.
    pub kind: &'static str,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnets, and their zones.
    pub subnets: Vec<(String, usize)>,
    /// Whether it balances across zones.
    pub cross_zone: bool,
    /// The port that it listens on; none for a Gateway Load Balancer.
    pub port: Option<u16>,
    /// Whether its security groups apply to PrivateLink traffic: `on` or `off`; none without groups.
    pub enforces_security_groups: Option<&'static str>,
    /// Days since it was created.
    pub age_days: i64,
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
    /// `TCP` or `GENEVE`.
    pub protocol: &'static str,
    /// `true`, `false` or `use_load_balancer_configuration`.
    pub cross_zone: &'static str,
    /// Its targets.
    pub targets: Vec<Target>,
}

/// A target.
#[derive(Clone, Debug)]
pub struct Target {
    /// `i-...`
    pub id: String,
    /// Its zone.
    pub zone: usize,
    /// `healthy`, `unhealthy` ...
    pub state: &'static str,
}

impl Target {
    /// Why it is in its state.
    pub fn reason(&self) -> Option<&'static str> {
        match self.state {
            "unhealthy" => Some("Target.FailedHealthChecks"),
            "initial" => Some("Elb.InitialHealthChecking"),
            "draining" => Some("Target.DeregistrationInProgress"),
            "unused" => Some("Target.NotInUse"),
            "unavailable" => Some("Target.HealthCheckDisabled"),
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
            enforces_security_groups: Some("on"),
            age_days: 400,
        }
    }
}
