//! What lets traffic through: security groups, prefix lists, network ACLs. And NAT gateways, the other
//! way out.

/// A security group.
#[derive(Clone, Debug)]
pub struct SecurityGroup {
    /// `sg-...`
    pub id: String,
    /// Its rules.
    pub rules: Vec<GroupRule>,
}

/// A rule of a security group.
#[derive(Clone, Debug)]
pub struct GroupRule {
    /// `sgr-...`
    pub id: String,
    /// Whether it is about what leaves.
    pub is_egress: bool,
    /// TCP ports; `None` is every port of every protocol.
    pub ports: Option<(u16, u16)>,
    /// The other side.
    pub peer: Peer,
}

/// What a rule admits: TCP ports, or `None` for everything, from the other side.
pub type Admitted = (Option<(u16, u16)>, Peer);

/// The other side of a rule.
#[derive(Clone, Debug)]
pub enum Peer {
    /// An IPv4 range.
    Ipv4(String),
    /// An IPv6 range.
    Ipv6(String),
    /// A prefix list.
    List(String),
    /// The members of a group.
    Group(String),
}

/// A prefix list.
#[derive(Clone, Debug)]
pub struct PrefixList {
    /// `pl-...`
    pub id: String,
    /// Its entries.
    pub cidrs: Vec<String>,
}

/// A network ACL.
#[derive(Clone, Debug)]
pub struct NetworkAcl {
    /// `acl-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// The subnets that it guards.
    pub subnet_ids: Vec<String>,
    /// Its entries, without AWS's own last one.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug)]
pub struct AclEntry {
    /// Its number.
    pub number: i64,
    /// Whether it is about what leaves.
    pub egress: bool,
    /// Whether it allows.
    pub allows: bool,
    /// TCP ports; `None` is every port of every protocol.
    pub ports: Option<(u16, u16)>,
    /// The range of the other side.
    pub cidr: String,
}

impl AclEntry {
    /// An entry for all addresses.
    pub fn new(number: i64, egress: bool, allows: bool, ports: Option<(u16, u16)>) -> AclEntry {
        AclEntry { number, egress, allows, ports, cidr: "0.0.0.0/0".to_owned() }
    }
}

/// A NAT gateway.
#[derive(Clone, Debug)]
pub struct NatGateway {
    /// `nat-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// `public` or `private`.
    pub connectivity: &'static str,
}
