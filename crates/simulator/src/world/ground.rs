//! Building what surrounds an endpoint: routes, security groups, network ACLs, NAT gateways.

use super::firewall::{
    AclEntry, Admitted, GroupRule, NatGateway, NetworkAcl, Peer, PrefixList, SecurityGroup,
};
use super::interface::{Interface, Purpose};
use super::stage::Stage;
use super::vpc::{Route, RouteTable, Subnet, Vpc};

impl Stage<'_> {
    /// Shares a VPC with another account, which then has an interface in one of its zones. The owner
    /// sees that interface, and the participant sees the subnets, each under the other's name.
    pub fn share(&mut self, vpc_id: &str, participant: usize, zone: usize) {
        let owner = self.account_id();
        let guest = self.world.accounts[participant].id.clone();
        let instance = self.id("i");
        let id = self.interface(vpc_id, zone, Purpose::Instance(instance));
        let here = self.here();
        let mut interface = None;
        for found in here.interfaces.iter_mut().filter(|found| found.id == id) {
            found.owner = Some(guest.clone());
            interface = Some(found.clone());
        }
        let shared = |given: &Option<String>| given.clone().or_else(|| Some(owner.clone()));
        let vpcs: Vec<Vpc> = here.vpcs.iter().filter(|vpc| vpc.id == vpc_id).cloned().collect();
        let subnets: Vec<Subnet> =
            here.subnets.iter().filter(|subnet| subnet.vpc_id == vpc_id).cloned().collect();
        let vpcs: Vec<Vpc> =
            vpcs.into_iter().map(|vpc| Vpc { owner: shared(&vpc.owner), is_shared: false, ..vpc }).collect();
        let subnets: Vec<Subnet> =
            subnets.into_iter().map(|subnet| Subnet { owner: shared(&subnet.owner), ..subnet }).collect();
        self.elsewhere(participant, |stage| {
            let there = stage.here();
            there.vpcs.extend(vpcs);
            there.subnets.extend(subnets);
            there.interfaces.extend(interface.map(|interface| Interface { owner: None, ..interface }));
        });
    }

    /// Routes a subnet to an endpoint or a NAT gateway, by a table of its own.
    pub fn route(&mut self, vpc_id: &str, zone: usize, target: &str) {
        self.route_table(vpc_id, zone, vec![Route::new("0.0.0.0/0", target)]);
    }

    /// Gives a subnet a route table of its own. A route within the VPC is in every one.
    pub fn route_table(&mut self, vpc_id: &str, zone: usize, routes: Vec<Route>) {
        let id = self.id("rtb");
        let subnet_id = self.subnet(vpc_id, zone);
        self.here().route_tables.push(RouteTable {
            id,
            vpc_id: vpc_id.to_owned(),
            is_main: false,
            subnet_ids: vec![subnet_id],
            routes,
        });
    }

    /// Routes that have nothing to do with endpoints: to peered VPCs, some of which are gone, to a transit
    /// gateway, and out by IPv6.
    pub fn routes_elsewhere(&mut self, has_ipv6: bool) -> Vec<Route> {
        let mut routes = Vec::new();
        if self.rng.usize(..4) == 0 {
            routes.push(Route::new("10.251.0.0/16", &self.id("pcx")));
        }
        if self.rng.usize(..6) == 0 {
            let gone = self.id("pcx");
            routes.push(Route { is_blackhole: true, ..Route::new("10.252.0.0/16", &gone) });
        }
        if self.rng.usize(..8) == 0 {
            routes.push(Route::new("10.253.0.0/16", &self.id("tgw")));
        }
        if has_ipv6 {
            routes.push(Route::new("::/0", &self.id("eigw")));
        }
        routes
    }

    /// A security group that admits what it is told to, and lets everything leave.
    pub fn group(&mut self, admitted: Vec<Admitted>) -> String {
        let id = self.id("sg");
        let everywhere = (None, Peer::Ipv4("0.0.0.0/0".to_owned()));
        let mut rules = Vec::new();
        for (is_egress, (ports, peer)) in
            admitted.into_iter().map(|rule| (false, rule)).chain([(true, everywhere)])
        {
            let protocol = if ports.is_some() { "tcp" } else { "-1" };
            rules.push(GroupRule { id: self.id("sgr"), is_egress, protocol, ports, peer, description: None });
        }
        self.here().security_groups.push(SecurityGroup { id: id.clone(), rules });
        id
    }

    /// A security group that admits its own members and nobody else, as a VPC's default one does.
    pub fn group_of_members(&mut self) -> String {
        let id = self.group(Vec::new());
        let rule = GroupRule {
            id: self.id("sgr"),
            is_egress: false,
            protocol: "-1",
            ports: None,
            peer: Peer::Group(id.clone()),
            description: None,
        };
        for group in self.here().security_groups.iter_mut().filter(|group| group.id == id) {
            group.rules.push(rule.clone());
        }
        id
    }

    /// A group that admits HTTPS from all of a VPC, and by chance what is not TCP.
    pub fn group_for(&mut self, vpc_id: &str) -> String {
        let cidr = self.cidr(vpc_id);
        let id = self.group(vec![(Some((443, 443)), Peer::Ipv4(cidr.clone()))]);
        let other = match self.rng.usize(..6) {
            0 => Some(("icmp", None, "ping")),
            1 => Some(("udp", Some((443, 443)), "QUIC")),
            // Encapsulating Security Payload, by its number.
            2 => Some(("50", None, "IPsec")),
            _ => None,
        };
        if let Some((protocol, ports, description)) = other {
            let rule = GroupRule {
                id: self.id("sgr"),
                is_egress: false,
                protocol,
                ports,
                peer: Peer::Ipv4(cidr),
                description: Some(description),
            };
            for group in self.here().security_groups.iter_mut().filter(|group| group.id == id) {
                group.rules.push(rule.clone());
            }
        }
        id
    }

    /// Gives an endpoint other groups.
    pub fn set_groups(&mut self, endpoint_id: &str, group_ids: Vec<String>) {
        let here = self.here();
        for endpoint in here.endpoints.iter_mut().filter(|endpoint| endpoint.id == endpoint_id) {
            endpoint.group_ids = group_ids.clone();
            let of_endpoint = |interface: &&mut Interface| endpoint.interface_ids.contains(&interface.id);
            for interface in here.interfaces.iter_mut().filter(of_endpoint) {
                interface.group_ids = group_ids.clone();
            }
        }
    }

    /// A prefix list.
    pub fn prefix_list(&mut self, cidrs: Vec<String>) -> String {
        let id = self.id("pl");
        self.here().prefix_lists.push(PrefixList { id: id.clone(), cidrs });
        id
    }

    /// The range of a VPC.
    pub fn cidr(&mut self, vpc_id: &str) -> String {
        let found = self.here().vpcs.iter().find(|vpc| vpc.id == vpc_id);
        found.map(|vpc| vpc.cidr.clone()).unwrap_or_default()
    }

    /// The network ACL that comes with a VPC, which lets everything through
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>).
    pub fn open_acl(&mut self, vpc_id: &str, subnet_ids: Vec<String>) {
        let entries = vec![AclEntry::new(100, false, true, None), AclEntry::new(100, true, true, None)];
        self.acl(vpc_id, subnet_ids, entries, true);
    }

    /// Puts a subnet behind a network ACL of its own.
    pub fn guard(&mut self, vpc_id: &str, zone: usize, entries: Vec<AclEntry>) {
        let subnet_id = self.subnet(vpc_id, zone);
        for acl in &mut self.here().network_acls {
            acl.subnet_ids.retain(|id| *id != subnet_id);
        }
        self.acl(vpc_id, vec![subnet_id], entries, false);
    }

    fn acl(&mut self, vpc_id: &str, subnet_ids: Vec<String>, mut entries: Vec<AclEntry>, is_default: bool) {
        let id = self.id("acl");
        if self.here().vpcs.iter().any(|vpc| vpc.id == vpc_id && vpc.ipv6_cidr.is_some()) {
            let ipv6: Vec<AclEntry> = entries.iter().map(AclEntry::and_ipv6).collect();
            entries.extend(ipv6);
        }
        let vpc_id = vpc_id.to_owned();
        self.here().network_acls.push(NetworkAcl { id, vpc_id, subnet_ids, is_default, entries });
    }

    /// A NAT gateway in a zone.
    pub fn nat_gateway(&mut self, vpc_id: &str, zone: usize, connectivity: &'static str) -> String {
        let id = self.id("nat");
        let subnet_id = self.subnet(vpc_id, zone);
        let interface = self.interface(vpc_id, zone, Purpose::NatGateway(id.clone()));
        let found = self.here().interfaces.iter().find(|found| found.id == interface);
        let seat = found.map(|found| (found.address.clone(), found.id.clone()));
        self.here().nat_gateways.push(NatGateway {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            subnet_id: Some(subnet_id),
            seat,
            connectivity,
            state: "available",
        });
        id
    }

    /// A NAT gateway of a whole VPC, which stands in no subnet.
    pub fn regional_nat_gateway(&mut self, vpc_id: &str) -> String {
        let id = self.id("nat");
        self.here().nat_gateways.push(NatGateway {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            subnet_id: None,
            seat: None,
            connectivity: "public",
            state: "available",
        });
        id
    }

    /// Deletes a NAT gateway: AWS shows it for a while, and the routes to it lead nowhere
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html>).
    pub fn delete_nat_gateway(&mut self, nat_gateway_id: &str) {
        let here = self.here();
        for gateway in here.nat_gateways.iter_mut().filter(|gateway| gateway.id == nat_gateway_id) {
            gateway.state = "deleted";
        }
        here.interfaces.retain(|found| found.purpose != Purpose::NatGateway(nat_gateway_id.to_owned()));
        for route in here.route_tables.iter_mut().flat_map(|table| &mut table.routes) {
            route.is_blackhole |= route.target == nat_gateway_id;
        }
    }

    /// Adds a route to the main table of a VPC.
    pub fn main_route(&mut self, vpc_id: &str, destination: &str, target: &str) {
        let here = self.here();
        for table in here.route_tables.iter_mut().filter(|table| table.vpc_id == vpc_id && table.is_main) {
            table.routes.push(Route::new(destination, target));
            if let Some(endpoint) = here.endpoints.iter_mut().find(|endpoint| endpoint.id == target) {
                endpoint.route_table_ids.push(table.id.clone());
            }
        }
    }

    /// Adds a range to a VPC, with a subnet in a zone, and gives its id.
    pub fn second_range(&mut self, vpc_id: &str, cidr: &str, zone: usize) -> String {
        let id = self.id("subnet");
        let here = self.here();
        for vpc in here.vpcs.iter_mut().filter(|vpc| vpc.id == vpc_id) {
            vpc.more_cidrs.push(cidr.to_owned());
        }
        self.subnet_in(vpc_id, cidr, zone, id.clone());
        id
    }

    /// A subnet in a Local or Wavelength Zone, where the Region has one; with its zone.
    pub fn edge_subnet(&mut self, vpc_id: &str) -> Option<usize> {
        let zone = self.here().other_zone()?;
        let id = self.id("subnet");
        let cidr = self.cidr(vpc_id).replace(".0.0/16", ".240.0/20");
        self.subnet_in(vpc_id, &cidr, zone, id);
        Some(zone)
    }

    fn subnet_in(&mut self, vpc_id: &str, cidr: &str, zone: usize, id: String) {
        let here = self.here();
        here.subnets.push(Subnet {
            owner: None,
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            zone,
            cidr: cidr.to_owned(),
            ipv6_cidr: None,
            is_default: false,
        });
        for acl in here.network_acls.iter_mut().filter(|acl| acl.vpc_id == vpc_id && acl.is_default) {
            acl.subnet_ids.push(id.clone());
        }
    }

    /// An instance in a subnet.
    pub fn client_in(&mut self, vpc_id: &str, subnet_id: &str, zone: usize) -> String {
        let instance = self.id("i");
        let id = self.interface(vpc_id, zone, Purpose::Instance(instance));
        let (address, _) = self.seat(vpc_id, subnet_id);
        for interface in self.here().interfaces.iter_mut().filter(|interface| interface.id == id) {
            (interface.subnet_id, interface.address) = (subnet_id.to_owned(), address.clone());
        }
        id
    }

    /// The address and the groups of the next interface in a subnet.
    pub fn seat(&mut self, vpc_id: &str, subnet_id: &str) -> (String, Vec<String>) {
        let here = self.here();
        let taken = here.interfaces.iter().filter(|interface| interface.subnet_id == subnet_id).count();
        let cidr =
            here.subnets.iter().find(|subnet| subnet.id == subnet_id).map(|subnet| subnet.cidr.as_str());
        let base: Vec<usize> =
            cidr.unwrap_or_default().split(['.', '/']).filter_map(|part| part.parse().ok()).collect();
        let at = |index: usize| base.get(index).copied().unwrap_or(0);
        let address = format!("{}.{}.{}.{}", at(0), at(1), at(2) + taken / 250, 4 + taken % 250);
        let vpc = here.vpcs.iter().find(|vpc| vpc.id == vpc_id);
        (address, vpc.map(|vpc| vpc.default_group.clone()).into_iter().collect())
    }
}
