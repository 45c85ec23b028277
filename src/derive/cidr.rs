//! Address ranges and addresses, IPv4 and IPv6, which never mix.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use crate::table::Tables;

/// An IP address as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    is_ipv6: bool,
    number: u128,
}

/// The addresses of a CIDR block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    is_ipv6: bool,
    first: u128,
    last: u128,
}

impl Address {
    /// An address by its text; `None` for anything else.
    pub fn parse(text: &str) -> Option<Address> {
        Some(Address::from(IpAddr::from_str(text.trim()).ok()?))
    }

    /// Whether it is an IPv6 address.
    pub fn is_ipv6(self) -> bool {
        self.is_ipv6
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Address {
        match address {
            IpAddr::V4(v4) => Address { is_ipv6: false, number: u128::from(v4.to_bits()) },
            IpAddr::V6(v6) => Address { is_ipv6: true, number: Ipv6Addr::to_bits(v6) },
        }
    }
}

impl Cidr {
    /// A block by its text, `10.0.0.0/16` or `2001:db8::/56`. An address without a length is a block
    /// of one; bits beyond the length are ignored, as AWS ignores them.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let Address { is_ipv6, number } = Address::parse(address)?;
        let width: u32 = if is_ipv6 { 128 } else { 32 };
        let length = length.unwrap_or(width);
        if length > width {
            return None;
        }
        // The bits of the host: all of 128 cannot be shifted out at once.
        let host = u128::MAX.checked_shr(128 - (width - length)).unwrap_or(0);
        let first = number & !host;
        Some(Cidr { is_ipv6, first, last: first | host })
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: Address) -> bool {
        self.is_ipv6 == address.is_ipv6 && (self.first..=self.last).contains(&address.number)
    }

    /// Whether its addresses are IPv6.
    pub fn is_ipv6(self) -> bool {
        self.is_ipv6
    }

    /// Whether a client behind a VPC could have an address of it: a private one, or an IPv6 address. Public
    /// IPv4 addresses do not come to an interface endpoint.
    pub fn is_private(self) -> bool {
        // https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
        const PRIVATE: [(u128, u128); 4] = [
            (0x0a00_0000, 0x0aff_ffff),
            (0x6440_0000, 0x647f_ffff),
            (0xac10_0000, 0xac1f_ffff),
            (0xc0a8_0000, 0xc0a8_ffff),
        ];
        self.is_ipv6 || PRIVATE.iter().any(|(first, last)| self.first <= *last && *first <= self.last)
    }

    /// Whether all of another block lies in it.
    pub fn covers(self, other: Cidr) -> bool {
        self.is_ipv6 == other.is_ipv6 && self.first <= other.first && other.last <= self.last
    }
}

/// Address ranges together: what two of them cover side by side, they cover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// Sorted, and no two of them touch.
    ranges: Vec<Cidr>,
}

impl FromIterator<Cidr> for Ranges {
    fn from_iter<I: IntoIterator<Item = Cidr>>(ranges: I) -> Ranges {
        let mut sorted: Vec<Cidr> = ranges.into_iter().collect();
        sorted.sort_unstable_by_key(|range| (range.is_ipv6, range.first));
        let mut ranges: Vec<Cidr> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match ranges.last_mut() {
                Some(last) if last.is_ipv6 == range.is_ipv6 && range.first <= last.last.saturating_add(1) => {
                    last.last = last.last.max(range.last);
                }
                _ => ranges.push(range),
            }
        }
        Ranges { ranges }
    }
}

impl Ranges {
    /// All ranges of each VPC, and those of its subnets, which are shown where the VPC is not.
    pub fn by_vpc(unit: &Tables) -> BTreeMap<&str, Ranges> {
        let of_vpcs = unit.vpc_cidr_block.iter().map(|row| (&row.vpc_id, &row.cidr_block));
        let first = unit.vpc.iter().filter_map(|row| Some((&row.vpc_id, row.cidr_block.as_ref()?)));
        let of_subnets = unit.subnet.iter().flat_map(|row| {
            row.cidr_block.iter().chain(&row.ipv6_cidr_block).map(move |range| (&row.vpc_id, range))
        });
        let mut ranges: BTreeMap<&str, Vec<Cidr>> = BTreeMap::new();
        for (vpc_id, range) in of_vpcs.chain(first).chain(of_subnets) {
            ranges.entry(vpc_id).or_default().extend(Cidr::parse(range));
        }
        ranges.into_iter().map(|(vpc_id, ranges)| (vpc_id, ranges.into_iter().collect())).collect()
    }

    /// Whether all of a block lies in them.
    pub fn covers(&self, block: Cidr) -> bool {
        self.ranges.iter().any(|range| range.covers(block))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, joined where they touch.
    pub fn iter(&self) -> impl Iterator<Item = Cidr> {
        self.ranges.iter().copied()
    }
}
