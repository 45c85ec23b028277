//! Security groups and network ACLs, as they judge a packet.

use std::collections::{BTreeMap, BTreeSet};

use super::cidr::{Address, Cidr};
use super::ports::Ports;
use crate::table::{SecurityGroupRule, Tables};

/// The inbound rules of a security group. A packet that any of them admits is admitted.
pub struct Group<'a> {
    rules: Vec<Rule<'a>>,
}

struct Rule<'a> {
    id: &'a str,
    ports: Ports,
    source: Source<'a>,
}

enum Source<'a> {
    /// An address range, or the entries of a prefix list.
    Ranges(Vec<Cidr>),
    /// The members of a group, and its VPC where AWS said.
    Members(&'a str, Option<&'a str>),
}

impl<'a> Group<'a> {
    /// The groups of which at least one rule, inbound or outbound, was seen.
    pub fn all(unit: &'a Tables) -> BTreeMap<&'a str, Group<'a>> {
        let mut lists: BTreeMap<&str, Vec<Cidr>> = BTreeMap::new();
        for entry in &unit.managed_prefix_list_entry {
            lists.entry(&entry.prefix_list_id).or_default().extend(Cidr::parse(&entry.cidr));
        }
        let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
        for rule in &unit.security_group_rule {
            let group = groups.entry(&rule.group_id).or_insert(Group { rules: Vec::new() });
            if !rule.is_egress {
                group.rules.extend(Rule::new(rule, &lists));
            }
        }
        groups
    }

    /// The first rule, by its id, that admits TCP to a port from a consumer.
    pub fn admitting_rule(
        &self,
        port: u16,
        address: Option<Address>,
        groups: &BTreeSet<&str>,
    ) -> Option<&'a str> {
        let admits = |rule: &&Rule| {
            rule.ports.contains(port)
                && match &rule.source {
                    Source::Ranges(ranges) => {
                        address.is_some_and(|address| ranges.iter().any(|range| range.contains(address)))
                    }
                    Source::Members(group, _) => groups.contains(group),
                }
        };
        self.rules.iter().filter(admits).map(|rule| rule.id).min()
    }

    /// Whether TCP to a port is admitted from somewhere that is neither in the given ranges nor a
    /// member of a known group.
    pub fn admits_beyond(
        &self,
        port: u16,
        is_inside: impl Fn(Cidr) -> bool,
        is_known: impl Fn(&str, Option<&str>) -> bool,
    ) -> bool {
        self.rules.iter().filter(|rule| rule.ports.contains(port)).any(|rule| match &rule.source {
            Source::Ranges(ranges) => !ranges.iter().all(|range| is_inside(*range)),
            Source::Members(group, vpc) => !is_known(group, *vpc),
        })
    }
}

impl<'a> Rule<'a> {
    fn new(rule: &'a SecurityGroupRule, lists: &BTreeMap<&str, Vec<Cidr>>) -> Option<Rule<'a>> {
        let ports = tcp_ports(&rule.ip_protocol, rule.from_port, rule.to_port)?;
        let source = if let Some(group) = &rule.referenced_group_id {
            Source::Members(group, rule.referenced_vpc_id.as_deref())
        } else if let Some(list) = &rule.prefix_list_id {
            Source::Ranges(lists.get(list.as_str()).cloned().unwrap_or_default())
        } else {
            let ranges = [&rule.cidr_ipv4, &rule.cidr_ipv6];
            Source::Ranges(ranges.into_iter().flatten().filter_map(|text| Cidr::parse(text)).collect())
        };
        Some(Rule { id: &rule.security_group_rule_id, ports, source })
    }
}

/// The TCP ports of a rule; `None` where it is about another protocol. No port, or -1, is all ports.
fn tcp_ports(protocol: &str, from: Option<i64>, to: Option<i64>) -> Option<Ports> {
    match protocol {
        "-1" | "all" => Some(Ports::all()),
        "6" | "tcp" => {
            let bound = |given: Option<i64>, otherwise: u16| {
                given.and_then(|port| u16::try_from(port).ok()).unwrap_or(otherwise)
            };
            Some(Ports::range(bound(from, 0), bound(to, u16::MAX)))
        }
        _ => None,
    }
}

/// A network ACL: entries in the order of their numbers, of which the first that matches decides.
#[derive(Clone)]
pub struct Acl<'a> {
    id: &'a str,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    number: i64,
    egress: bool,
    allows: bool,
    ports: Ports,
    range: Cidr,
}

/// What refused a packet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The network ACL.
    pub acl: String,
    /// Its entry, as `inbound 100`.
    pub entry: String,
}

impl<'a> Acl<'a> {
    /// The network ACLs by the subnets that they guard.
    pub fn by_subnet(unit: &'a Tables) -> BTreeMap<&'a str, Acl<'a>> {
        let mut acls: BTreeMap<&str, Acl> = BTreeMap::new();
        for row in &unit.network_acl_entry {
            let acl = acls
                .entry(&row.network_acl_id)
                .or_insert(Acl { id: &row.network_acl_id, entries: Vec::new() });
            let Some(ports) = tcp_ports(&row.protocol, row.from_port, row.to_port) else {
                continue;
            };
            for range in [&row.cidr_block, &row.ipv6_cidr_block] {
                acl.entries.extend(range.as_deref().and_then(Cidr::parse).map(|range| Entry {
                    number: row.rule_number,
                    egress: row.egress,
                    allows: row.rule_action.eq_ignore_ascii_case("allow"),
                    ports: ports.clone(),
                    range,
                }));
            }
        }
        for acl in acls.values_mut() {
            acl.entries.sort_by_key(|entry| entry.number);
        }
        unit.network_acl_association
            .iter()
            .filter_map(|row| Some((row.subnet_id.as_str(), acls.get(row.network_acl_id.as_str())?.clone())))
            .collect()
    }

    /// Which of the destination ports are let through to or from an address, and what refuses the
    /// first of the others.
    pub fn allowed(&self, egress: bool, peer: Address, wanted: &Ports) -> (Ports, Refusal) {
        let direction = if egress { "outbound" } else { "inbound" };
        let mut open = wanted.clone();
        let mut allowed = Ports::default();
        let mut refusing = None;
        for entry in self.entries.iter().filter(|entry| entry.egress == egress && entry.range.contains(peer))
        {
            let decided = open.both(&entry.ports);
            if decided.is_empty() {
                continue;
            }
            if entry.allows {
                allowed = allowed.either(&decided);
            } else {
                refusing = refusing.or(Some(entry.number));
            }
            open = open.without(&decided);
        }
        // AWS lists its own last entry, `*`, with the number 32767.
        let number = refusing.filter(|number| *number < 32767);
        let entry = number.map_or_else(|| format!("{direction} *"), |number| format!("{direction} {number}"));
        (allowed, Refusal { acl: self.id.to_owned(), entry })
    }

    /// In which of the entries' ranges an address lies: two addresses that lie in the same are treated
    /// the same.
    pub fn signature(&self, address: Address) -> Vec<bool> {
        self.entries.iter().map(|entry| entry.range.contains(address)).collect()
    }
}
