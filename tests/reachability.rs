//! Reachability, against a slow and obvious evaluator that sends every packet by itself.

use std::collections::BTreeSet;
use std::net::IpAddr;

use plaudit::derive::{Address, Cidr, Ports, Ranges, service_ports};
use plaudit::table::{
    Coverage, Listener, ManagedPrefixListEntry, NetworkAclAssociation, NetworkAclEntry, NetworkInterface,
    NetworkInterfaceSecurityGroup, Outcome, Reach, SecurityGroupRule, Subnet, Tables, Vpc, VpcCidrBlock,
    VpcEndpoint, VpcEndpointReachability, VpcEndpointSecurityGroup, VpcEndpointService,
    VpcEndpointServiceLoadBalancer, VpcEndpointSubnet,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// The reachability where no other account offers a service.
fn vpc_endpoint_reachability(tables: &Tables) -> Vec<VpcEndpointReachability> {
    plaudit::derive::vpc_endpoint_reachability(tables, &service_ports(tables))
}

const ACCOUNT: &str = "111111111111";
const REGION: &str = "us-east-1";

fn place() -> (String, String) {
    (ACCOUNT.to_owned(), REGION.to_owned())
}

/// Subnets a, b and c of a VPC: 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24.
const SUBNETS: [&str; 3] = ["subnet-1", "subnet-2", "subnet-3"];

fn address(subnet: usize, host: u8, is_ipv6: bool) -> String {
    if is_ipv6 {
        format!("2001:db8:0:{}::{host:x}", subnet + 1)
    } else {
        format!("10.0.{}.{host}", subnet + 1)
    }
}

#[derive(Clone, Debug)]
struct Consumer {
    subnet: usize,
    host: u8,
    groups: Vec<&'static str>,
    is_addressed: bool,
}

#[derive(Clone, Debug)]
struct Rule {
    group: &'static str,
    protocol: &'static str,
    ports: (i64, i64),
    peer: &'static str,
}

#[derive(Clone, Debug)]
struct Entry {
    acl: usize,
    egress: bool,
    number: i64,
    allows: bool,
    protocol: &'static str,
    ports: Option<(i64, i64)>,
    cidr: &'static str,
}

#[derive(Clone, Debug)]
struct Network {
    kind: &'static str,
    consumers: Vec<Consumer>,
    endpoint_subnets: BTreeSet<usize>,
    endpoint_groups: BTreeSet<&'static str>,
    rules: Vec<Rule>,
    list: Vec<&'static str>,
    entries: Vec<Entry>,
    acls: [Option<usize>; 3],
}

impl Network {
    fn is_ipv6(&self) -> bool {
        self.kind == "ipv6"
    }

    /// Entries as AWS has them: a number stands once in a direction.
    fn entries(&self) -> Vec<&Entry> {
        let mut seen = BTreeSet::new();
        self.entries.iter().filter(|entry| seen.insert((entry.acl, entry.egress, entry.number))).collect()
    }

    fn tables(&self) -> Tables {
        let mut tables = Tables::default();
        let (account_id, region) = place();
        tables.vpc_endpoint.push(VpcEndpoint {
            ip_address_type: Some(self.kind.to_owned()),
            ..crate::usage::endpoint("vpce-1")
        });
        tables.vpc.push(Vpc {
            account_id: account_id.clone(),
            region: region.clone(),
            vpc_id: "vpc-1".into(),
            owner_id: ACCOUNT.into(),
            cidr_block: Some("10.0.0.0/16".into()),
            is_default: false,
            name: None,
        });
        for (index, subnet) in SUBNETS.iter().enumerate() {
            tables.subnet.push(Subnet {
                account_id: account_id.clone(),
                region: region.clone(),
                subnet_id: (*subnet).into(),
                vpc_id: "vpc-1".into(),
                owner_id: ACCOUNT.into(),
                availability_zone_id: "use1-az1".into(),
                availability_zone: "us-east-1a".into(),
                cidr_block: Some(format!("10.0.{}.0/24", index + 1)),
                ipv6_cidr_block: None,
                ipv6_native: false,
                zone_type: None,
            });
            if let Some(acl) = self.acls[index] {
                tables.network_acl_association.push(NetworkAclAssociation {
                    account_id: account_id.clone(),
                    region: region.clone(),
                    subnet_id: (*subnet).into(),
                    network_acl_id: format!("acl-{acl}"),
                });
            }
        }
        let mut interface = |id: &str, subnet: usize, host: u8, is_consumer: bool, is_addressed: bool| {
            tables.network_interface.push(NetworkInterface {
                account_id: account_id.clone(),
                region: region.clone(),
                network_interface_id: id.into(),
                vpc_id: "vpc-1".into(),
                subnet_id: SUBNETS[subnet].into(),
                is_consumer,
                private_ip_address: is_addressed.then(|| address(subnet, host, false)),
                ipv6_address: is_addressed.then(|| address(subnet, host, true)),
            });
        };
        for (number, consumer) in self.consumers.iter().enumerate() {
            interface(&format!("eni-{number}"), consumer.subnet, consumer.host, true, consumer.is_addressed);
        }
        for subnet in &self.endpoint_subnets {
            interface(&format!("eni-endpoint-{subnet}"), *subnet, 9, false, true);
        }
        for (number, consumer) in self.consumers.iter().enumerate() {
            tables.network_interface_security_group.extend(consumer.groups.iter().map(|group| {
                NetworkInterfaceSecurityGroup {
                    account_id: account_id.clone(),
                    region: region.clone(),
                    network_interface_id: format!("eni-{number}"),
                    group_id: (*group).into(),
                }
            }));
        }
        for subnet in &self.endpoint_subnets {
            tables.vpc_endpoint_subnet.push(VpcEndpointSubnet {
                account_id: account_id.clone(),
                region: region.clone(),
                vpc_endpoint_id: "vpce-1".into(),
                subnet_id: Some(SUBNETS[*subnet].into()),
                availability_zone_id: None,
                network_interface_id: Some(format!("eni-endpoint-{subnet}")),
            });
        }
        let rule = |id: String, group: &str, is_egress: bool, rule: &Rule| SecurityGroupRule {
            account_id: account_id.clone(),
            region: region.clone(),
            security_group_rule_id: id,
            group_id: group.into(),
            is_egress,
            ip_protocol: rule.protocol.into(),
            from_port: Some(rule.ports.0),
            to_port: Some(rule.ports.1),
            cidr_ipv4: Some(rule.peer.to_owned()).filter(|peer| peer.contains('.')),
            cidr_ipv6: Some(rule.peer.to_owned()).filter(|peer| peer.contains(':')),
            prefix_list_id: Some(rule.peer.to_owned()).filter(|peer| peer.starts_with("pl-")),
            referenced_group_id: Some(rule.peer.to_owned()).filter(|peer| peer.starts_with("sg-")),
            referenced_vpc_id: None,
        };
        let all = Rule { group: "", protocol: "-1", ports: (-1, -1), peer: "0.0.0.0/0" };
        for group in &self.endpoint_groups {
            tables.vpc_endpoint_security_group.push(VpcEndpointSecurityGroup {
                account_id: account_id.clone(),
                region: region.clone(),
                vpc_endpoint_id: "vpce-1".into(),
                group_id: (*group).into(),
                group_name: None,
            });
            tables.security_group_rule.push(rule(format!("sgr-out-{group}"), group, true, &all));
        }
        for (number, given) in self.rules.iter().enumerate() {
            tables.security_group_rule.push(rule(format!("sgr-{number}"), given.group, false, given));
        }
        tables.managed_prefix_list_entry.extend(self.list.iter().map(|cidr| ManagedPrefixListEntry {
            account_id: account_id.clone(),
            region: region.clone(),
            prefix_list_id: "pl-1".into(),
            cidr: (*cidr).into(),
        }));
        let last = [0, 1].into_iter().flat_map(|acl| {
            [false, true].map(|egress| Entry {
                acl,
                egress,
                number: 32767,
                allows: false,
                protocol: "-1",
                ports: None,
                cidr: "0.0.0.0/0",
            })
        });
        for entry in self.entries().into_iter().cloned().chain(last) {
            tables.network_acl_entry.push(NetworkAclEntry {
                account_id: account_id.clone(),
                region: region.clone(),
                network_acl_id: format!("acl-{}", entry.acl),
                vpc_id: "vpc-1".into(),
                egress: entry.egress,
                rule_number: entry.number,
                rule_action: if entry.allows { "allow".into() } else { "deny".into() },
                protocol: entry.protocol.into(),
                cidr_block: Some(entry.cidr.to_owned()).filter(|cidr| cidr.contains('.')),
                ipv6_cidr_block: Some(entry.cidr.to_owned()).filter(|cidr| cidr.contains(':')),
                from_port: entry.ports.map(|ports| ports.0),
                to_port: entry.ports.map(|ports| ports.1),
            });
        }
        tables
    }
}

/// The bits of an address, one by one.
fn bits(address: &str) -> Vec<bool> {
    let bytes = match address.parse::<IpAddr>().expect("an address") {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
}

fn lies_in(address: &str, cidr: &str) -> bool {
    let (network, length) = cidr.split_once('/').expect("a block");
    let (address, network) = (bits(address), bits(network));
    let length: usize = length.parse().expect("a length");
    address.len() == network.len() && address[..length] == network[..length]
}

/// Whether one packet passes a network ACL.
fn passes(network: &Network, acl: usize, egress: bool, peer: &str, port: i64) -> bool {
    let mut entries: Vec<&Entry> =
        network.entries().into_iter().filter(|entry| entry.acl == acl && entry.egress == egress).collect();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let protocol = entry.protocol == "-1" || entry.protocol == "6";
        let ports = entry.protocol == "-1" || entry.ports.is_none_or(|(from, to)| from <= port && port <= to);
        if protocol && ports && lies_in(peer, entry.cidr) {
            return entry.allows;
        }
    }
    false
}

/// `Some(true)` where the way is open, `Some(false)` where it is shut, `None` where that is not known.
fn way(network: &Network, consumer: &Consumer, endpoint: usize) -> Option<bool> {
    if consumer.subnet == endpoint {
        return Some(true);
    }
    let (near, far) = (network.acls[consumer.subnet]?, network.acls[endpoint]?);
    if !consumer.is_addressed {
        return None;
    }
    let client = address(consumer.subnet, consumer.host, network.is_ipv6());
    let server = address(endpoint, 9, network.is_ipv6());
    if !(passes(network, near, true, &server, 443) && passes(network, far, false, &client, 443)) {
        return Some(false);
    }
    // A port's fate changes only at the ports that entries name; those between are treated alike.
    let mut ports: BTreeSet<i64> = [1024, 32768, 60999, 65535].into();
    for (from, to) in network.entries.iter().filter_map(|entry| entry.ports) {
        ports.extend([from - 1, from, from + 1, to - 1, to, to + 1]);
    }
    let ports: Vec<i64> = ports.into_iter().filter(|port| (1024..=65535).contains(port)).collect();
    let back = |port: &&i64| {
        passes(network, far, true, &client, **port) && passes(network, near, false, &server, **port)
    };
    let open: Vec<i64> = ports.iter().filter(back).copied().collect();
    let linux: Vec<&i64> = ports.iter().filter(|port| (32768..=60999).contains(*port)).collect();
    match (open.is_empty(), linux.iter().all(|port| open.contains(port))) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    }
}

/// Whether the endpoint's groups admit a consumer.
fn admits(network: &Network, consumer: &Consumer) -> Option<bool> {
    let client = address(consumer.subnet, consumer.host, network.is_ipv6());
    let admitted =
        network.rules.iter().filter(|rule| network.endpoint_groups.contains(rule.group)).any(|rule| {
            let ports = rule.protocol == "-1"
                || rule.protocol == "tcp"
                    && (rule.ports.0 == -1 || (rule.ports.0..=rule.ports.1).contains(&443));
            let addressed = consumer.is_addressed;
            ports
                && match rule.peer {
                    "pl-1" => addressed && network.list.iter().any(|cidr| lies_in(&client, cidr)),
                    group if group.starts_with("sg-") => consumer.groups.contains(&group),
                    cidr => addressed && lies_in(&client, cidr),
                }
        });
    if admitted { Some(true) } else { consumer.is_addressed.then_some(false) }
}

fn reach(ways: &[Option<bool>]) -> Reach {
    let has = |wanted| ways.contains(&wanted);
    if ways.iter().all(|way| *way == Some(true)) {
        Reach::Allowed
    } else if ways.iter().all(|way| *way == Some(false)) {
        Reach::Blocked
    } else if has(Some(true)) && has(Some(false)) {
        Reach::Partly
    } else {
        Reach::Unknown
    }
}

fn cidrs() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "0.0.0.0/0",
        "10.0.0.0/16",
        "10.0.1.0/24",
        "10.0.2.0/24",
        "10.0.1.0/25",
        "10.0.1.128/25",
        "10.0.2.7/32",
        "10.0.3.9/32",
        "192.168.0.0/16",
        "::/0",
        "2001:db8::/32",
        "2001:db8:0:1::/64",
        "2001:db8:0:2::7/128",
    ])
}

fn acl_ports() -> impl Strategy<Value = Option<(i64, i64)>> {
    let edges =
        vec![0, 80, 442, 443, 444, 1023, 1024, 32767, 32768, 40000, 40001, 60998, 60999, 61000, 65535];
    prop_oneof![
        1 => Just(None),
        2 => Just(Some((443, 443))),
        2 => Just(Some((1024, 65535))),
        4 => (prop::sample::select(edges.clone()), prop::sample::select(edges))
            .prop_map(|(one, other)| Some((one.min(other), one.max(other)))),
    ]
}

fn networks() -> impl Strategy<Value = Network> {
    let group = prop::sample::select(vec!["sg-a", "sg-b", "sg-e"]);
    let consumer = (
        0..3usize,
        prop::sample::select(vec![5u8, 7, 200]),
        prop::collection::vec(group.clone(), 0..3),
        prop::bool::weighted(0.93),
    )
        .prop_map(|(subnet, host, groups, is_addressed)| Consumer { subnet, host, groups, is_addressed });
    let peer = prop_oneof![4 => cidrs(), 2 => group.clone(), 1 => Just("pl-1")];
    let ports =
        prop::sample::select(vec![(443, 443), (0, 65535), (80, 442), (444, 65535), (-1, -1), (1, 443)]);
    let rule = (group, prop::sample::select(vec!["tcp", "tcp", "-1", "udp"]), ports, peer)
        .prop_map(|(group, protocol, ports, peer)| Rule { group, protocol, ports, peer });
    let entry = (
        0..2usize,
        any::<bool>(),
        1..9i64,
        prop::bool::weighted(0.7),
        prop::sample::select(vec!["-1", "6", "6", "6", "17"]),
        acl_ports(),
        prop_oneof![2 => Just("0.0.0.0/0"), 1 => Just("::/0"), 3 => cidrs()],
    )
        .prop_map(|(acl, egress, number, allows, protocol, ports, cidr)| {
            // No port range stands beside the protocol of all.
            let ports = if protocol == "-1" { None } else { ports };
            Entry { acl, egress, number, allows, protocol, ports, cidr }
        });
    let acl = prop_oneof![1 => Just(None), 9 => (0..2usize).prop_map(Some)];
    (
        prop::sample::select(vec!["ipv4", "dualstack", "ipv6"]),
        prop::collection::vec(consumer, 1..5),
        prop::collection::btree_set(0..3usize, 1..3),
        prop::collection::btree_set(prop::sample::select(vec!["sg-a", "sg-e"]), 1..3),
        prop::collection::vec(rule, 0..4),
        prop::collection::vec(cidrs(), 0..3),
        prop::collection::vec(entry, 0..14),
        [acl.clone(), acl.clone(), acl],
    )
        .prop_map(|(kind, consumers, endpoint_subnets, endpoint_groups, rules, list, entries, acls)| {
            Network { kind, consumers, endpoint_subnets, endpoint_groups, rules, list, entries, acls }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_verdicts_are_those_of_single_packets(network in networks()) {
        let rows = vpc_endpoint_reachability(&network.tables());
        let subnets: BTreeSet<usize> = network.consumers.iter().map(|consumer| consumer.subnet).collect();
        prop_assert_eq!(rows.len(), subnets.len());
        for (row, subnet) in rows.iter().zip(subnets) {
            prop_assert_eq!(&row.subnet_id, SUBNETS[subnet]);
            let here: Vec<&Consumer> =
                network.consumers.iter().filter(|consumer| consumer.subnet == subnet).collect();
            prop_assert_eq!(row.consumers, here.len() as i64);
            let admitted: Vec<Option<bool>> =
                here.iter().map(|consumer| admits(&network, consumer)).collect();
            prop_assert_eq!(row.security_group, reach(&admitted), "groups of {:?}", row);
            prop_assert_eq!(row.security_group_rule_id.is_some(), admitted.contains(&Some(true)));
            let ways: Vec<Option<bool>> = here
                .iter()
                .flat_map(|consumer| network.endpoint_subnets.iter().map(|endpoint| way(&network, consumer, *endpoint)))
                .collect();
            prop_assert_eq!(row.network_acl, reach(&ways), "network ACLs of {:?}", row);
            prop_assert_eq!(row.network_acl_entry.is_some(), ways.contains(&Some(false)));
            let unknown = row.security_group == Reach::Unknown || row.network_acl == Reach::Unknown;
            prop_assert!(!unknown || row.reason.is_some(), "{:?}", row);
        }
    }

    /// Sets of ports against sets of ports kept one by one.
    #[test]
    fn port_intervals_are_sets(ranges in prop::collection::vec((any::<u16>(), any::<u16>(), 0..3u8), 0..8)) {
        let (mut ports, mut plain) = (Ports::default(), vec![false; 65536]);
        for (one, other, what) in ranges {
            let (from, to) = (one.min(other), one.max(other));
            let range = Ports::range(from, to);
            ports = match what {
                0 => ports.either(&range),
                1 => ports.without(&range),
                _ => ports.both(&range),
            };
            for (port, held) in plain.iter_mut().enumerate() {
                let within = (usize::from(from)..=usize::from(to)).contains(&port);
                *held = match what {
                    0 => *held || within,
                    1 => *held && !within,
                    _ => *held && within,
                };
            }
            prop_assert_eq!(ports.covers(&range), plain[usize::from(from)..=usize::from(to)].iter().all(|held| *held));
        }
        prop_assert_eq!(ports.is_empty(), !plain.contains(&true));
        for port in (0..=u16::MAX).step_by(7).chain([1, 65534, u16::MAX]) {
            prop_assert_eq!(ports.contains(port), plain[usize::from(port)], "{}", port);
        }
    }

    /// Blocks of addresses against their bits.
    #[test]
    fn a_block_holds_what_shares_its_first_bits(network in any::<u32>(), length in 0..=32u32, other in any::<u32>(), near in any::<bool>(), wide in any::<u128>(), wide_length in 0..=128u32) {
        let v4 = |number: u32| IpAddr::from(number.to_be_bytes());
        let shift = 32 - length.min(31);
        let other = if near { network ^ (other & ((1u64 << shift) - 1) as u32) } else { other };
        let text = format!("{}/{length}", v4(network));
        let block = Cidr::parse(&text).expect("a block");
        let held = block.contains(Address::from(v4(other)));
        prop_assert_eq!(held, lies_in(&v4(other).to_string(), &text));
        let v6 = IpAddr::from(wide.to_be_bytes());
        let wide_text = format!("{v6}/{wide_length}");
        let wide_block = Cidr::parse(&wide_text).expect("a block");
        prop_assert!(wide_block.contains(Address::from(v6)));
        let flipped = IpAddr::from((wide ^ 1).to_be_bytes());
        prop_assert_eq!(wide_block.contains(Address::from(flipped)), wide_length < 128);
        prop_assert!(!block.covers(wide_block) && !wide_block.covers(block));
        let own = Cidr::parse(&v4(network).to_string()).expect("a block");
        prop_assert!(block.covers(own));
    }
}

/// What the comparison above is worth: the networks that are made up come to every verdict often.
#[test]
fn the_networks_come_to_every_verdict() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..1000 {
        let network = networks().new_tree(&mut runner).expect("a network").current();
        for row in vpc_endpoint_reachability(&network.tables()) {
            *counts.entry(("groups", row.security_group.as_str())).or_insert(0) += 1;
            *counts.entry(("network ACLs", row.network_acl.as_str())).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.len(), 8, "{counts:?}");
    assert!(counts.values().all(|count| *count >= 20), "{counts:?}");
}

#[test]
fn what_is_no_block_is_refused() {
    for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "pl-1", "10.0.0.0/-1", "10.0.0.0/x"] {
        assert_eq!(Cidr::parse(text), None, "{text}");
    }
    assert_eq!(Cidr::parse("10.0.0.1"), Cidr::parse("10.0.0.1/32"));
    assert_eq!(Cidr::parse("10.0.0.77/24"), Cidr::parse("10.0.0.0/24"));
}

fn service(account_id: &str, region: &str) -> VpcEndpointService {
    VpcEndpointService {
        account_id: account_id.to_owned(),
        region: region.to_owned(),
        service_id: "vpce-svc-1".into(),
        service_name: String::new(),
        service_type: "Interface".into(),
        service_state: "Available".into(),
        acceptance_required: false,
        manages_vpc_endpoints: false,
        private_dns_name: None,
        private_dns_name_state: None,
        payer_responsibility: None,
        tags: "{}".into(),
    }
}

/// Two subnets with a consumer in the first and the endpoint in the second, everything open.
fn open() -> Network {
    let entry = |egress| Entry {
        acl: 0,
        egress,
        number: 5,
        allows: true,
        protocol: "-1",
        ports: None,
        cidr: "0.0.0.0/0",
    };
    Network {
        kind: "ipv4",
        consumers: vec![Consumer { subnet: 0, host: 5, groups: vec!["sg-b"], is_addressed: true }],
        endpoint_subnets: [1].into(),
        endpoint_groups: ["sg-e"].into(),
        rules: vec![Rule { group: "sg-e", protocol: "tcp", ports: (443, 443), peer: "10.0.0.0/16" }],
        list: vec![],
        entries: vec![entry(false), entry(true)],
        acls: [Some(0), Some(0), Some(0)],
    }
}

fn only(tables: &Tables) -> VpcEndpointReachability {
    let mut rows = vpc_endpoint_reachability(tables);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[test]
fn what_decides_is_named() {
    let network = open();
    let row = only(&network.tables());
    assert_eq!((row.security_group, row.network_acl, row.reason), (Reach::Allowed, Reach::Allowed, None));
    assert_eq!(row.security_group_rule_id.as_deref(), Some("sgr-0"));
    assert_eq!((row.port, row.admits_outside), (Some(443), Some(false)));

    let mut network = open();
    network.entries.push(Entry {
        acl: 0,
        egress: true,
        number: 3,
        allows: false,
        protocol: "6",
        ports: Some((443, 443)),
        cidr: "10.0.2.0/24",
    });
    let row = only(&network.tables());
    assert_eq!(row.network_acl, Reach::Blocked);
    assert_eq!(
        (row.network_acl_id.as_deref(), row.network_acl_entry.as_deref()),
        (Some("acl-0"), Some("outbound 3"))
    );

    let mut network = open();
    network.acls[1] = Some(1);
    let row = only(&network.tables());
    assert_eq!(
        (row.network_acl_id.as_deref(), row.network_acl_entry.as_deref()),
        (Some("acl-1"), Some("inbound *"))
    );
}

#[test]
fn who_is_admitted_from_outside_is_told() {
    for (peer, outside) in [
        ("10.0.0.0/16", false),
        ("10.0.1.0/24", false),
        ("10.0.0.0/8", true),
        ("192.168.0.0/16", true),
        // Nothing comes to an IPv4 endpoint by IPv6, nor from the internet.
        ("::/0", false),
        ("108.56.181.242/32", false),
        ("100.64.0.0/16", true),
        ("sg-e", false),
        ("sg-b", false),
        ("sg-of-another-vpc", true),
    ] {
        let mut network = open();
        network.rules[0].peer = peer;
        assert_eq!(only(&network.tables()).admits_outside, Some(outside), "{peer}");
    }
}

#[test]
fn what_was_not_read_is_unknown_and_says_so() {
    for (operation, groups, acls) in [
        ("ec2:DescribeSecurityGroupRules", Reach::Unknown, Reach::Allowed),
        ("ec2:GetManagedPrefixListEntries", Reach::Unknown, Reach::Allowed),
        ("ec2:DescribeNetworkAcls", Reach::Allowed, Reach::Unknown),
    ] {
        let mut tables = open().tables();
        let (account_id, region) = place();
        tables.coverage.push(Coverage {
            account_id,
            region,
            operation: operation.to_owned(),
            outcome: Outcome::Denied,
            error_code: None,
            message: None,
            requests: 1,
            rows: 0,
            charge: 0.0,
        });
        let row = only(&tables);
        assert_eq!((row.security_group, row.network_acl), (groups, acls), "{operation}");
        assert_eq!(row.reason, Some(format!("{operation} did not succeed: denied")));
    }
    let mut tables = open().tables();
    tables.security_group_rule.clear();
}

/// DescribeSecurityGroupRules answers nothing for a group without rules, and that is an answer.
#[test]
fn a_security_group_without_rules_admits_nobody() {
    let mut tables = open().tables();
    tables.security_group_rule.clear();
    let row = only(&tables);
    assert_eq!((row.security_group, row.admits_outside), (Reach::Blocked, Some(false)));

    let mut network = open();
    network.endpoint_groups.insert("sg-marker");
    let mut tables = network.tables();
    tables.security_group_rule.retain(|rule| rule.group_id != "sg-marker");
    assert_eq!(only(&tables).security_group, Reach::Allowed, "another group admits");
}

#[test]
fn secondary_and_ipv6_ranges_of_a_vpc_are_inside() {
    let with = |peer: &'static str, ranges: &[&str], kind: &'static str| {
        let mut network = open();
        (network.rules[0].peer, network.kind) = (peer, kind);
        let mut tables = network.tables();
        let (account_id, region) = place();
        tables.vpc_cidr_block = ranges
            .iter()
            .map(|range| VpcCidrBlock {
                account_id: account_id.clone(),
                region: region.clone(),
                vpc_id: "vpc-1".into(),
                cidr_block: (*range).to_owned(),
            })
            .collect();
        only(&tables).admits_outside
    };
    assert_eq!(with("100.64.0.0/16", &["10.0.0.0/16", "100.64.0.0/16"], "ipv4"), Some(false));
    assert_eq!(with("100.64.0.0/16", &["100.64.0.0/17", "100.64.128.0/17"], "ipv4"), Some(false), "added up");
    assert_eq!(with("100.64.0.0/16", &["100.64.0.0/17"], "ipv4"), Some(true));
    assert_eq!(with("2001:db8::/56", &["2001:db8::/56"], "dualstack"), Some(false));
    assert_eq!(with("2001:db8::/32", &["2001:db8::/56"], "dualstack"), Some(true));
}

/// A group of the same VPC that nobody is in is no group of a peered one.
#[test]
fn a_referenced_group_is_outside_by_its_vpc() {
    let with = |vpc: &str| {
        let mut network = open();
        network.rules[0].peer = "sg-without-members";
        let mut tables = network.tables();
        for rule in tables.security_group_rule.iter_mut().filter(|rule| rule.referenced_group_id.is_some()) {
            rule.referenced_vpc_id = Some(vpc.to_owned());
        }
        only(&tables).admits_outside
    };
    assert_eq!((with("vpc-1"), with("vpc-peered")), (Some(false), Some(true)));
}

#[test]
fn ranges_cover_what_they_cover_side_by_side() {
    let ranges = |texts: &[&str]| texts.iter().filter_map(|text| Cidr::parse(text)).collect::<Ranges>();
    let all = Cidr::parse("0.0.0.0/0").expect("a block");
    assert!(ranges(&["0.0.0.0/1", "128.0.0.0/1"]).covers(all));
    assert!(!ranges(&["0.0.0.0/1", "128.0.0.0/2"]).covers(all));
    assert!(
        !ranges(&["::/0"]).covers(all)
            && ranges(&["::/0"]).covers(Cidr::parse("2001:db8::/32").expect("a block"))
    );
}

#[test]
fn ports_are_those_of_the_service() {
    for (name, port) in [
        ("com.amazonaws.us-east-1.dsql-fnh4", Some(5432)),
        ("com.amazonaws.us-east-1.cassandra", Some(9142)),
        ("com.amazonaws.us-east-1.kms-fips", Some(443)),
        ("eu.amazonaws.eusc-de-east-1.ecr.dkr", Some(443)),
        ("com.amazonaws.elasticache.serverless.us-east-1.vpce-svc-0f2ad7fcf4ceb6d8f", None),
    ] {
        let mut tables = open().tables();
        tables.vpc_endpoint[0].service_name = Some(name.to_owned());
        assert_eq!(only(&tables).port, port, "{name}");
    }
}

/// The provider is another account as a rule.
#[test]
fn the_port_of_a_service_is_known_over_the_whole_crawl() {
    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-1";
    let mut tables = open().tables();
    tables.vpc_endpoint[0].service_name = Some(name.to_owned());
    let ports = [(name.to_owned(), [443].into())].into();
    let rows = plaudit::derive::vpc_endpoint_reachability(&tables, &ports);
    assert_eq!((rows[0].port, rows[0].security_group), (Some(443), Reach::Allowed));
}

#[test]
fn the_port_is_known_where_the_provider_is_the_same_account() {
    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-1";
    let (account_id, region) = place();
    let mut tables = open().tables();
    tables.vpc_endpoint[0].service_name = Some(name.to_owned());
    let row = only(&tables);
    assert_eq!((row.port, row.security_group, row.network_acl), (None, Reach::Unknown, Reach::Unknown));
    assert_eq!(row.reason.as_deref(), Some("the port of the service is not known"));
    tables
        .vpc_endpoint_service
        .push(VpcEndpointService { service_name: name.to_owned(), ..service(&account_id, &region) });
    tables.vpc_endpoint_service_load_balancer.push(VpcEndpointServiceLoadBalancer {
        account_id: account_id.clone(),
        region: region.clone(),
        service_id: "vpce-svc-1".into(),
        load_balancer_arn: "arn:lb".into(),
    });
    for (port, protocol) in [(443, "TLS"), (8443, "TCP"), (53, "UDP")] {
        tables.listener.push(Listener {
            account_id: account_id.clone(),
            region: region.clone(),
            listener_arn: format!("arn:listener/{port}"),
            load_balancer_arn: "arn:lb".into(),
            port: Some(port),
            protocol: Some(protocol.to_owned()),
            target_group_arns: None,
        });
    }
    let rows = vpc_endpoint_reachability(&tables);
    let verdicts: Vec<_> = rows.iter().map(|row| (row.port, row.security_group)).collect();
    assert_eq!(verdicts, [(Some(443), Reach::Allowed), (Some(8443), Reach::Blocked)]);
    tables.vpc_endpoint[0].service_name = Some("com.amazonaws.us-east-1.email-smtp".to_owned());
    assert_eq!(only(&tables).port, None, "mail is not sent to 443");
}
