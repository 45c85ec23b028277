//! A Region of an account, and its zones.

use std::collections::BTreeMap;

use super::firewall::{NatGateway, NetworkAcl, PrefixList, SecurityGroup};
use super::{
    Balancer, Endpoint, HostedZone, Interface, ResolverRule, ResolverRuleAssociation, RouteTable, Series,
    Service, Subnet, TargetGroup, Vpc,
};

/// A Region that AWS leaves off until an account opts in. plaudit knows no list price for it.
pub const OPT_IN_REGION: &str = "eu-south-1";

/// Regions that may be simulated, in the order in which they are used.
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "eu-west-1",
    "eu-central-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-south-1",
    "eu-west-2",
    "ap-northeast-2",
    "sa-east-1",
    "ca-central-1",
    OPT_IN_REGION,
];

/// A zone: the account's own name for it, and its physical id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// `us-east-1a`
    pub name: String,
    /// `use1-az4`
    pub id: String,
}

/// What an account has in a Region.
#[derive(Clone, Debug)]
pub struct Region {
    /// `us-east-1`
    pub name: String,
    /// Four zones. Names are shuffled per account, as AWS does.
    pub zones: Vec<Zone>,
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Network interfaces.
    pub interfaces: Vec<Interface>,
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// Security groups.
    pub security_groups: Vec<SecurityGroup>,
    /// Prefix lists.
    pub prefix_lists: Vec<PrefixList>,
    /// Network ACLs.
    pub network_acls: Vec<NetworkAcl>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
    /// Private hosted zones of customers, as associated with VPCs.
    pub hosted_zones: Vec<HostedZone>,
    /// Resolver rules, without those that Resolver makes.
    pub resolver_rules: Vec<ResolverRule>,
    /// Where they apply.
    pub resolver_rule_associations: Vec<ResolverRuleAssociation>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Endpoint services.
    pub services: Vec<Service>,
    /// Load balancers.
    pub balancers: Vec<Balancer>,
    /// Target groups.
    pub target_groups: Vec<TargetGroup>,
    /// CloudWatch series.
    pub series: Vec<Series>,
    /// Endpoints that are on the bill and not there any more, and the days since.
    pub gone: Vec<(Endpoint, i64)>,
    /// Bytes a day of endpoints whose traffic is billed and not published, by id.
    pub unpublished: BTreeMap<String, f64>,
}

impl Region {
    /// A Region in which nothing is.
    pub fn new(name: &str, rng: &mut fastrand::Rng) -> Region {
        let mut letters = ['a', 'b', 'c', 'd'];
        rng.shuffle(&mut letters);
        let prefix = zone_prefix(name);
        let zones = letters
            .iter()
            .enumerate()
            .map(|(index, letter)| Zone {
                name: format!("{name}{letter}"),
                id: format!("{prefix}-az{}", index + 1),
            })
            .collect();
        Region {
            name: name.to_owned(),
            zones,
            vpcs: Vec::new(),
            subnets: Vec::new(),
            interfaces: Vec::new(),
            route_tables: Vec::new(),
            security_groups: Vec::new(),
            prefix_lists: Vec::new(),
            network_acls: Vec::new(),
            nat_gateways: Vec::new(),
            hosted_zones: Vec::new(),
            resolver_rules: Vec::new(),
            resolver_rule_associations: Vec::new(),
            endpoints: Vec::new(),
            services: Vec::new(),
            balancers: Vec::new(),
            target_groups: Vec::new(),
            series: Vec::new(),
            gone: Vec::new(),
            unpublished: BTreeMap::new(),
        }
    }
}

/// `us-east-1` is `use1` in zone ids, `ap-southeast-2` is `apse2`.
fn zone_prefix(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    let direction = match parts.get(1).copied().unwrap_or_default() {
        "northeast" => "ne",
        "northwest" => "nw",
        "southeast" => "se",
        "southwest" => "sw",
        other => other.get(..1).unwrap_or_default(),
    };
    format!("{}{direction}{}", parts.first().unwrap_or(&""), parts.get(2).unwrap_or(&""))
}
