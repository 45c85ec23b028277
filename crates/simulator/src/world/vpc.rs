//! VPCs, their subnets and routes.

/// A VPC.
#[derive(Clone, Debug)]
pub struct Vpc {
    /// The account that owns it, where it is shared with this one.
    pub owner: Option<String>,
    /// `vpc-...`
    pub id: String,
    /// Its first range.
    pub cidr: String,
    /// Ranges that were added later.
    pub more_cidrs: Vec<String>,
    /// Its IPv6 range.
    pub ipv6_cidr: Option<String>,
    /// Its name; the default VPC has none.
    pub name: Option<String>,
    /// Whether AWS made it with the account.
    pub is_default: bool,
    /// Whether several scenarios share it.
    pub is_shared: bool,
    /// Its default security group, of which the interfaces in it are members.
    pub default_group: String,
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
}

/// A subnet.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// The account that owns it, where it is shared with this one.
    pub owner: Option<String>,
    /// `subnet-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its zone, by index into the Region's zones.
    pub zone: usize,
    /// Its range.
    pub cidr: String,
    /// Its IPv6 range.
    pub ipv6_cidr: Option<String>,
    /// Whether it is the default one of its zone.
    pub is_default: bool,
}

/// A route table.
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// `rtb-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Whether it is the VPC's main one.
    pub is_main: bool,
    /// The subnets that are tied to it.
    pub subnet_ids: Vec<String>,
    /// Routes that somebody made.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// A range, or a prefix list.
    pub destination: String,
    /// `vpce-...`, `nat-...`, `pcx-...`, `tgw-...`
    pub target: String,
    /// Whether the target is gone.
    pub is_blackhole: bool,
}

impl Route {
    /// A route that works.
    pub fn new(destination: &str, target: &str) -> Route {
        Route { destination: destination.to_owned(), target: target.to_owned(), is_blackhole: false }
    }
}
