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
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all of them.
    pub protocol: &'static str,
    /// Ports; `None` is every one.
    pub ports: Option<(u16, u16)>,
    /// The other side.
    pub peer: Peer,
    /// What somebody wrote on it.
    pub description: Option<&'static str>,
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
    /// The members of a group in a VPC to which this one is peered.
    Peered {
        /// `sg-...`
        group: String,
        /// Its account.
        account: String,
        /// Its VPC.
        vpc: String,
        /// `pcx-...`
        peering: String,
    },
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
    /// Whether it came with the VPC.
    pub is_default: bool,
    /// Its entries, without AWS's own last ones.
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
    /// The number of a protocol, or `-1` for all of them.
    pub protocol: &'static str,
    /// Ports; `None` is every one.
    pub ports: Option<(u16, u16)>,
    /// The range of the other side.
    pub cidr: String,
}

impl AclEntry {
    /// An entry for all IPv4 addresses: of TCP ports, or of everything.
    pub fn new(number: i64, egress: bool, allows: bool, ports: Option<(u16, u16)>) -> AclEntry {
        let protocol = if ports.is_some() { "6" } else { "-1" };
        AclEntry { number, egress, allows, protocol, ports, cidr: "0.0.0.0/0".to_owned() }
    }

    /// The entry of the next number, for all IPv6 addresses.
    pub fn and_ipv6(&self) -> AclEntry {
        AclEntry { number: self.number + 1, cidr: "::/0".to_owned(), ..self.clone() }
    }
}

/// A NAT gateway.
#[derive(Clone, Debug)]
pub struct NatGateway {
    /// `nat-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnet; a regional one stands in none
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html>).
    pub subnet_id: Option<String>,
    /// Its address in the VPC, and its interface.
    pub seat: Option<(String, String)>,
    /// `public` or `private`.
    pub connectivity: &'static str,
    /// `available`, `deleted` ...
    pub state: &'static str,
}
