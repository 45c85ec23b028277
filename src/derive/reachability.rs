//! Whether consumers can reach the interface endpoints of their VPC.

use std::collections::{BTreeMap, BTreeSet};

use super::cidr::{Address, Cidr, Ranges};
use super::firewall::{Acl, Group, Refusal};
use super::ports::Ports;
use super::service::{self, aws_service};
use crate::table::{
    NetworkInterface, Operation, Outcome, Reach, Tables, VpcEndpoint, VpcEndpointReachability,
};

/// The ports from which clients call. Which of them a client uses depends on its operating system.
const EPHEMERAL: (u16, u16) = (1024, u16::MAX);

/// The ports from which Linux calls. <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
const EPHEMERAL_OF_LINUX: (u16, u16) = (32768, 60999);

/// The TCP ports of endpoint services, by service name. A service whose listeners were not all read is left
/// out.
pub type ServicePorts = BTreeMap<String, BTreeSet<u16>>;

/// The reachability of every interface endpoint of an account and Region. What is known of the ports of
/// services comes from all accounts: the provider is another one as a rule.
pub fn vpc_endpoint_reachability(
    unit: &Tables,
    service_ports: &ServicePorts,
) -> Vec<VpcEndpointReachability> {
    let known = Known::new(unit, service_ports);
    let judged = unit.vpc_endpoint.iter().filter(|endpoint| {
        endpoint.vpc_endpoint_type == "Interface"
            && !matches!(endpoint.state.as_str(), "deleting" | "deleted")
            && known.consumers.contains_key(endpoint.vpc_id.as_str())
    });
    judged.flat_map(|endpoint| known.rows(endpoint)).collect()
}

/// An interface, with its address in the family that is looked at.
#[derive(Clone, Copy)]
struct Place<'a> {
    subnet_id: &'a str,
    address: Option<Address>,
}

/// What is known of an account and Region, by what it is looked up with.
struct Known<'a> {
    unit: &'a Tables,
    /// Interfaces that could be clients, by VPC and subnet.
    consumers: BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a NetworkInterface>>>,
    interfaces: BTreeMap<&'a str, &'a NetworkInterface>,
    groups_of_interface: BTreeMap<&'a str, BTreeSet<&'a str>>,
    groups_of_endpoint: BTreeMap<&'a str, BTreeSet<&'a str>>,
    interfaces_of_endpoint: BTreeMap<&'a str, Vec<&'a str>>,
    groups: BTreeMap<&'a str, Group<'a>>,
    acl_of_subnet: BTreeMap<&'a str, Acl<'a>>,
    ranges_of_vpc: BTreeMap<&'a str, Ranges>,
    service_ports: &'a ServicePorts,
}

impl<'a> Known<'a> {
    fn new(unit: &'a Tables, service_ports: &'a ServicePorts) -> Known<'a> {
        let mut known = Known {
            unit,
            consumers: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            groups_of_interface: BTreeMap::new(),
            groups_of_endpoint: BTreeMap::new(),
            interfaces_of_endpoint: BTreeMap::new(),
            groups: BTreeMap::new(),
            acl_of_subnet: BTreeMap::new(),
            ranges_of_vpc: BTreeMap::new(),
            service_ports,
        };
        for interface in &unit.network_interface {
            known.interfaces.insert(&interface.network_interface_id, interface);
            if interface.is_consumer {
                let of_vpc = known.consumers.entry(interface.vpc_id.as_str()).or_default();
                of_vpc.entry(interface.subnet_id.as_str()).or_default().push(interface);
            }
        }
        for row in &unit.network_interface_security_group {
            known.groups_of_interface.entry(&row.network_interface_id).or_default().insert(&row.group_id);
        }
        for row in &unit.vpc_endpoint_security_group {
            known.groups_of_endpoint.entry(&row.vpc_endpoint_id).or_default().insert(&row.group_id);
        }
        for row in &unit.vpc_endpoint_subnet {
            let interfaces = known.interfaces_of_endpoint.entry(&row.vpc_endpoint_id).or_default();
            interfaces.push(row.network_interface_id.as_deref().unwrap_or_default());
        }
        known.groups = Group::all(unit);
        known.acl_of_subnet = Acl::by_subnet(unit);
        known.ranges_of_vpc = Ranges::by_vpc(unit);
        known
    }

    /// Why nothing can be said, where what it would rest on was not read.
    fn not_read(&self, operations: &[Operation]) -> Option<String> {
        let row = self.unit.coverage.iter().find(|row| {
            row.outcome != Outcome::Ok && operations.iter().any(|wanted| wanted.name() == row.operation)
        })?;
        Some(format!("{} did not succeed: {}", row.operation, row.outcome))
    }

    fn rows(&self, endpoint: &VpcEndpoint) -> Vec<VpcEndpointReachability> {
        let mut rows = Vec::new();
        for port in self.ports(endpoint) {
            let admits_outside = port.and_then(|port| self.admits_outside(endpoint, port));
            for (subnet, consumers) in self.consumers.get(endpoint.vpc_id.as_str()).into_iter().flatten() {
                let mut row = VpcEndpointReachability {
                    account_id: endpoint.account_id.clone(),
                    region: endpoint.region.clone(),
                    vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
                    subnet_id: (*subnet).to_owned(),
                    port: port.map(i64::from),
                    consumers: consumers.len() as i64,
                    security_group: Reach::Unknown,
                    security_group_rule_id: None,
                    admits_outside,
                    network_acl: Reach::Unknown,
                    network_acl_id: None,
                    network_acl_entry: None,
                    reason: None,
                };
                match port {
                    None => row.reason = Some("the port of the service is not known".to_owned()),
                    Some(port) => {
                        self.judge_groups(endpoint, consumers, port, &mut row);
                        self.judge_acls(endpoint, subnet, consumers, port, &mut row);
                    }
                }
                rows.push(row);
            }
        }
        rows
    }

    /// The TCP ports on which the endpoint's service answers; `None` where that is not known.
    fn ports(&self, endpoint: &VpcEndpoint) -> Vec<Option<u16>> {
        let name = endpoint.service_name.as_deref().unwrap_or_default();
        if let Some(label) = aws_service(name) {
            return match &service::ports(label)[..] {
                [one] => vec![Some(*one)],
                // Which of several a client uses is not known.
                _ => vec![None],
            };
        }
        match self.service_ports.get(name) {
            Some(ports) if !ports.is_empty() => ports.iter().copied().map(Some).collect(),
            _ => vec![None],
        }
    }

    fn is_ipv6(endpoint: &VpcEndpoint) -> bool {
        endpoint.ip_address_type.as_deref() == Some("ipv6")
    }

    fn address(interface: &NetworkInterface, is_ipv6: bool) -> Option<Address> {
        let text = if is_ipv6 { &interface.ipv6_address } else { &interface.private_ip_address };
        text.as_deref().and_then(Address::parse).filter(|address| address.is_ipv6() == is_ipv6)
    }

    /// The groups of an endpoint that have rules; `None` where its groups are not known. A group without
    /// rules admits nobody, and DescribeSecurityGroupRules answers nothing for it.
    fn groups_of(&self, endpoint: &VpcEndpoint) -> Option<Vec<&Group<'a>>> {
        let ids = self.groups_of_endpoint.get(endpoint.vpc_endpoint_id.as_str())?;
        Some(ids.iter().filter_map(|id| self.groups.get(id)).collect())
    }

    fn admits_outside(&self, endpoint: &VpcEndpoint, port: u16) -> Option<bool> {
        let groups = self.groups_of(endpoint)?;
        if self.not_read(&[Operation::Ec2DescribeSecurityGroupRules]).is_some() {
            return None;
        }
        let none = Ranges::default();
        let inside = self.ranges_of_vpc.get(endpoint.vpc_id.as_str()).unwrap_or(&none);
        let own = self.groups_of_endpoint.get(endpoint.vpc_endpoint_id.as_str())?;
        let of_consumers: BTreeSet<&str> = self
            .consumers
            .get(endpoint.vpc_id.as_str())
            .into_iter()
            .flatten()
            .flat_map(|(_, consumers)| consumers)
            .filter_map(|consumer| self.groups_of_interface.get(consumer.network_interface_id.as_str()))
            .flatten()
            .copied()
            .collect();
        let kind = endpoint.ip_address_type.as_deref().unwrap_or("ipv4");
        let comes_here = |range: Cidr| match kind {
            "ipv4" => !range.is_ipv6(),
            "ipv6" => range.is_ipv6(),
            _ => true,
        };
        let is_inside = |range: Cidr| !comes_here(range) || !range.is_private() || inside.covers(range);
        // A group without members here may have them in another VPC, where AWS does not say which it is of.
        let is_known = |group: &str, vpc: Option<&str>| match vpc {
            Some(vpc) => vpc == endpoint.vpc_id,
            None => own.contains(group) || of_consumers.contains(group),
        };
        Some(groups.iter().any(|group| group.admits_beyond(port, is_inside, is_known)))
    }

    fn judge_groups(
        &self,
        endpoint: &VpcEndpoint,
        consumers: &[&NetworkInterface],
        port: u16,
        row: &mut VpcEndpointReachability,
    ) {
        let needed = [Operation::Ec2DescribeSecurityGroupRules, Operation::Ec2GetManagedPrefixListEntries];
        if let Some(reason) = self.not_read(&needed) {
            row.reason = Some(reason);
            return;
        }
        let Some(groups) = self.groups_of(endpoint) else {
            row.reason = Some("the endpoint's security groups are not known".to_owned());
            return;
        };
        let none = BTreeSet::new();
        let mut tally = Tally::default();
        for consumer in consumers {
            let address = Self::address(consumer, Self::is_ipv6(endpoint));
            let of_consumer =
                self.groups_of_interface.get(consumer.network_interface_id.as_str()).unwrap_or(&none);
            let rule =
                groups.iter().filter_map(|group| group.admitting_rule(port, address, of_consumer)).min();
            match rule {
                Some(rule) => {
                    tally.open += 1;
                    let first = row.security_group_rule_id.as_deref().is_none_or(|kept| rule < kept);
                    if first {
                        row.security_group_rule_id = Some(rule.to_owned());
                    }
                }
                None if address.is_none() => tally.unsure("a consumer has no address of the endpoint's kind"),
                None => tally.shut += 1,
            }
        }
        row.security_group = tally.verdict();
        row.reason = tally.reason;
    }

    fn judge_acls(
        &self,
        endpoint: &VpcEndpoint,
        subnet: &str,
        consumers: &[&NetworkInterface],
        port: u16,
        row: &mut VpcEndpointReachability,
    ) {
        if let Some(reason) = self.not_read(&[Operation::Ec2DescribeNetworkAcls]) {
            row.reason.get_or_insert(reason);
            return;
        }
        let is_ipv6 = Self::is_ipv6(endpoint);
        let ids = self.interfaces_of_endpoint.get(endpoint.vpc_endpoint_id.as_str());
        let mut tally = Tally::default();
        let mut refusals = BTreeSet::new();
        for id in ids.into_iter().flatten() {
            let Some(interface) = self.interfaces.get(id) else {
                tally.unsure("an interface of the endpoint was not seen");
                continue;
            };
            let there = Place { subnet_id: &interface.subnet_id, address: Self::address(interface, is_ipv6) };
            if there.subnet_id == subnet {
                tally.open += consumers.len();
                continue;
            }
            // Most network ACLs do not tell the addresses of a subnet apart. Those that none of the
            // entries tells apart are looked at once.
            let mut kinds: BTreeMap<Option<Vec<bool>>, Place> = BTreeMap::new();
            for consumer in consumers {
                let here = Place { subnet_id: subnet, address: Self::address(consumer, is_ipv6) };
                let acl = self.acl_of_subnet.get(there.subnet_id);
                let kind = here.address.zip(acl).map(|(address, acl)| acl.signature(address));
                kinds.entry(kind).or_insert(here);
            }
            for here in kinds.into_values() {
                match self.path(here, there, port) {
                    Ok(()) => tally.open += 1,
                    Err(Obstacle::Refusal(refusal)) => {
                        tally.shut += 1;
                        refusals.insert(refusal);
                    }
                    Err(Obstacle::Unknown(reason)) => tally.unsure(reason),
                }
            }
        }
        if ids.is_none() {
            tally.unsure("the endpoint's interfaces are not known");
        }
        if let Some(Refusal { acl, entry }) = refusals.into_iter().next() {
            row.network_acl_id = Some(acl);
            row.network_acl_entry = Some(entry);
        }
        row.network_acl = tally.verdict();
        row.reason = row.reason.take().or(tally.reason);
    }

    /// The way from a consumer to an interface of the endpoint in another subnet, and back.
    fn path(&self, here: Place, there: Place, port: u16) -> Result<(), Obstacle> {
        let unknown = |reason| Obstacle::Unknown(reason);
        let (Some(near), Some(far)) =
            (self.acl_of_subnet.get(here.subnet_id), self.acl_of_subnet.get(there.subnet_id))
        else {
            return Err(unknown("the network ACL of a subnet is not known"));
        };
        let (Some(client), Some(server)) = (here.address, there.address) else {
            return Err(unknown("an interface has no address of the endpoint's kind"));
        };
        let calls = Ports::one(port);
        for (acl, egress, peer) in [(near, true, server), (far, false, client)] {
            let (allowed, refusal) = acl.allowed(egress, peer, &calls);
            if allowed.is_empty() {
                return Err(Obstacle::Refusal(refusal));
            }
        }
        let mut answers = Ports::range(EPHEMERAL.0, EPHEMERAL.1);
        for (acl, egress, peer) in [(far, true, client), (near, false, server)] {
            let (allowed, refusal) = acl.allowed(egress, peer, &answers);
            if allowed.is_empty() {
                return Err(Obstacle::Refusal(refusal));
            }
            answers = allowed;
        }
        if answers.covers(&Ports::range(EPHEMERAL_OF_LINUX.0, EPHEMERAL_OF_LINUX.1)) {
            Ok(())
        } else {
            Err(unknown("answers pass to a part of the ephemeral ports only"))
        }
    }
}

enum Obstacle {
    Refusal(Refusal),
    Unknown(&'static str),
}

/// Ways that are open, shut, or of which nothing can be said.
#[derive(Default)]
struct Tally {
    open: usize,
    shut: usize,
    unsure: usize,
    reason: Option<String>,
}

impl Tally {
    fn unsure(&mut self, reason: &str) {
        self.unsure += 1;
        // The first by text, so that the order of interfaces does not show.
        if self.reason.as_deref().is_none_or(|kept| reason < kept) {
            self.reason = Some(reason.to_owned());
        }
    }

    fn verdict(&self) -> Reach {
        match (self.open, self.shut, self.unsure) {
            (0, 0, _) => Reach::Unknown,
            (_, 0, 0) => Reach::Allowed,
            (0, _, 0) => Reach::Blocked,
            (1.., 1.., _) => Reach::Partly,
            _ => Reach::Unknown,
        }
    }
}

/// The TCP ports of the account's own services.
pub fn service_ports(unit: &Tables) -> ServicePorts {
    let failed = unit
        .coverage
        .iter()
        .any(|row| row.operation == Operation::ElbDescribeListeners.name() && row.outcome != Outcome::Ok);
    if failed {
        return ServicePorts::new();
    }
    let mut services = ServicePorts::new();
    for service in &unit.vpc_endpoint_service {
        let balancers =
            unit.vpc_endpoint_service_load_balancer.iter().filter(|row| row.service_id == service.service_id);
        for balancer in balancers {
            let listeners = unit
                .listener
                .iter()
                .filter(|listener| listener.load_balancer_arn == balancer.load_balancer_arn);
            let tcp = listeners
                .filter(|listener| matches!(listener.protocol.as_deref(), Some("TCP" | "TLS" | "TCP_UDP")));
            let ports = tcp.filter_map(|listener| u16::try_from(listener.port?).ok());
            services.entry(service.service_name.clone()).or_default().extend(ports);
        }
    }
    services
}
