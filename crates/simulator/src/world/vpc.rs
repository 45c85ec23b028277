//! VPCs, their subnets, interfaces and routes.

/// A VPC.
#[derive(Clone, Debug)]
pub struct Vpc {
    /// The account that owns it, where it is shared with this one.
    pub owner: Option<String>,
    /// `vpc-...`
    pub id: String,
    /// Its range.
    pub cidr: String,
    /// Its name.
    pub name: String,
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
}

/// A network interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The account that owns it, where it is a participant's in a shared VPC.
    pub owner: Option<String>,
    /// `eni-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Its zone.
    pub zone: usize,
    /// `interface`, `vpc_endpoint`, `nat_gateway` ...
    pub kind: &'static str,
    /// `in-use` or `available`.
    pub status: &'static str,
    /// Who asked for it, for interfaces that services made.
    pub requester_id: Option<&'static str>,
    /// Its address.
    pub address: String,
    /// Its security groups.
    pub group_ids: Vec<String>,
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
    /// Routes to endpoints and to the world: destination and gateway.
    pub routes: Vec<(String, String)>,
}
