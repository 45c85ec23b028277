//! Building what surrounds an endpoint: routes, security groups, network ACLs, NAT gateways.

use super::firewall::{
    AclEntry, Admitted, GroupRule, NatGateway, NetworkAcl, Peer, PrefixList, SecurityGroup,
};
use super::stage::Stage;
use super::vpc::{Interface, RouteTable, Subnet, Vpc};

impl Stage<'_> {
    /// Shares a VPC with another account, which then has an interface in one of its zones. The owner
    /// sees that interface, and the participant sees the subnets, each under the other's name.
    pub fn share(&mut self, vpc_id: &str, participant: usize, zone: usize) {
        let owner = self.account_id();
        let guest = self.world.accounts[participant].id.clone();
        let id = self.interface(vpc_id, zone, "interface", None);
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
        let id = self.id("rtb");
        let subnet_id = self.subnet(vpc_id, zone);
        self.here().route_tables.push(RouteTable {
            id,
            vpc_id: vpc_id.to_owned(),
            is_main: false,
            subnet_ids: vec![subnet_id],
            routes: vec![
                ("10.0.0.0/8".to_owned(), "local".to_owned()),
                ("0.0.0.0/0".to_owned(), target.to_owned()),
            ],
        });
    }

    /// A security group that admits what it is told to, and lets everything leave.
    pub fn group(&mut self, admitted: Vec<Admitted>) -> String {
        let id = self.id("sg");
        let everywhere = (None, Peer::Ipv4("0.0.0.0/0".to_owned()));
        let mut rules = Vec::new();
        for (is_egress, (ports, peer)) in
            admitted.into_iter().map(|rule| (false, rule)).chain([(true, everywhere)])
        {
            rules.push(GroupRule { id: self.id("sgr"), is_egress, ports, peer });
        }
        self.here().security_groups.push(SecurityGroup { id: id.clone(), rules });
        id
    }

    /// A security group that admits its own members and nobody else, as a VPC's default one does.
    pub fn group_of_members(&mut self) -> String {
        let id = self.group(Vec::new());
        let rule_id = self.id("sgr");
        let itself = Peer::Group(id.clone());
        let rule = GroupRule { id: rule_id, is_egress: false, ports: None, peer: itself };
        for group in self.here().security_groups.iter_mut().filter(|group| group.id == id) {
            group.rules.push(rule.clone());
        }
        id
    }

    /// A group that admits HTTPS from all of a VPC.
    pub fn group_for(&mut self, vpc_id: &str) -> String {
        let cidr = self.cidr(vpc_id);
        self.group(vec![(Some((443, 443)), Peer::Ipv4(cidr))])
    }

    /// Gives an endpoint other groups.
    pub fn set_groups(&mut self, endpoint_id: &str, group_ids: Vec<String>) {
        for endpoint in self.here().endpoints.iter_mut().filter(|endpoint| endpoint.id == endpoint_id) {
            endpoint.group_ids = group_ids.clone();
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

    /// The VPC's first network ACL, which lets everything through.
    pub fn open_acl(&mut self, vpc_id: &str, subnet_ids: Vec<String>) {
        let entries = vec![AclEntry::new(100, false, true, None), AclEntry::new(100, true, true, None)];
        self.acl(vpc_id, subnet_ids, entries);
    }

    /// Puts a subnet behind a network ACL of its own.
    pub fn guard(&mut self, vpc_id: &str, zone: usize, entries: Vec<AclEntry>) {
        let subnet_id = self.subnet(vpc_id, zone);
        for acl in &mut self.here().network_acls {
            acl.subnet_ids.retain(|id| *id != subnet_id);
        }
        self.acl(vpc_id, vec![subnet_id], entries);
    }

    fn acl(&mut self, vpc_id: &str, subnet_ids: Vec<String>, entries: Vec<AclEntry>) {
        let id = self.id("acl");
        self.here().network_acls.push(NetworkAcl { id, vpc_id: vpc_id.to_owned(), subnet_ids, entries });
    }

    /// A NAT gateway in a zone.
    pub fn nat_gateway(&mut self, vpc_id: &str, zone: usize, connectivity: &'static str) -> String {
        let id = self.id("nat");
        let subnet_id = self.subnet(vpc_id, zone);
        self.interface(vpc_id, zone, "nat_gateway", Some("amazon-aws"));
        self.here().nat_gateways.push(NatGateway {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            subnet_id,
            connectivity,
        });
        id
    }

    /// Adds a route to the main table of a VPC.
    pub fn main_route(&mut self, vpc_id: &str, destination: &str, target: &str) {
        let here = self.here();
        for table in here.route_tables.iter_mut().filter(|table| table.vpc_id == vpc_id && table.is_main) {
            table.routes.push((destination.to_owned(), target.to_owned()));
            if let Some(endpoint) = here.endpoints.iter_mut().find(|endpoint| endpoint.id == target) {
                endpoint.route_table_ids.push(table.id.clone());
            }
        }
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
