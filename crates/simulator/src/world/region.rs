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
    /// `availability-zone`, `local-zone` or `wavelength-zone`.
    pub kind: &'static str,
    /// The group by which one opts in: the Region's name, or `us-west-2-lax-1`.
    pub group: String,
    /// The group from which public addresses come.
    pub border_group: String,
}

/// Zones that are not Availability Zones and that are opted in to here: name, id, kind, group and border
/// group (<https://docs.aws.amazon.com/local-zones/latest/ug/available-local-zones.html>,
/// <https://docs.aws.amazon.com/wavelength/latest/developerguide/available-wavelength-zones.html>).
const OTHER_ZONES: &[(&str, [&str; 5])] = &[
    ("us-east-1", ["us-east-1-bos-1a", "use1-bos1-az1", "local-zone", "us-east-1-bos-1", "us-east-1-bos-1"]),
    ("us-west-2", ["us-west-2-lax-1a", "usw2-lax1-az1", "local-zone", "us-west-2-lax-1", "us-west-2-lax-1"]),
    (
        "ap-northeast-1",
        [
            "ap-northeast-1-wl1-kix-wlz-1",
            "apne1-wl1-kix-wlz1",
            "wavelength-zone",
            "ap-northeast-1-wl1",
            "ap-northeast-1-wl1-kix-wlz-1",
        ],
    ),
];

/// Availability Zones of a Region
/// (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>).
fn letters(region: &str) -> &'static [char] {
    match region {
        "us-east-1" => &['a', 'b', 'c', 'd', 'e', 'f'],
        "us-west-2" | "ap-northeast-2" => &['a', 'b', 'c', 'd'],
        _ => &['a', 'b', 'c'],
    }
}

/// What an account has in a Region.
#[derive(Clone, Debug)]
pub struct Region {
    /// `us-east-1`
    pub name: String,
    /// Availability Zones, whose names are shuffled per account as AWS does, and behind them other zones.
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
    /// Endpoints of which somebody is told when their state changes.
    pub watched: Vec<String>,
}

impl Region {
    /// A Region in which nothing is.
    pub fn new(name: &str, rng: &mut fastrand::Rng) -> Region {
        let mut letters = letters(name).to_vec();
        rng.shuffle(&mut letters);
        let prefix = zone_prefix(name);
        let availability = letters.iter().enumerate().map(|(index, letter)| Zone {
            name: format!("{name}{letter}"),
            id: format!("{prefix}-az{}", index + 1),
            kind: "availability-zone",
            group: name.to_owned(),
            border_group: name.to_owned(),
        });
        let other = OTHER_ZONES.iter().filter(|(region, _)| *region == name).map(
            |(_, [zone, id, kind, group, border_group])| Zone {
                name: (*zone).to_owned(),
                id: (*id).to_owned(),
                kind,
                group: (*group).to_owned(),
                border_group: (*border_group).to_owned(),
            },
        );
        let zones = availability.chain(other).collect();
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
            watched: Vec::new(),
        }
    }

    /// How many of its zones are Availability Zones; they come first.
    pub fn availability_zones(&self) -> usize {
        self.zones.iter().filter(|zone| zone.kind == "availability-zone").count()
    }

    /// A Local or Wavelength Zone.
    pub fn other_zone(&self) -> Option<usize> {
        self.zones.iter().position(|zone| zone.kind != "availability-zone")
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
