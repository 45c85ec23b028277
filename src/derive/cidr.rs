//! Address ranges and addresses, IPv4 and IPv6, which never mix.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

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

    /// Whether all of another block lies in it.
    pub fn covers(self, other: Cidr) -> bool {
        self.is_ipv6 == other.is_ipv6 && self.first <= other.first && other.last <= self.last
    }
}
