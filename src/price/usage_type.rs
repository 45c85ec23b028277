//! Usage types as bills write them: a prefix for the Region, then what was used
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-billing-usage-reports.html>).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{
    GATEWAY_LOAD_BALANCER_BYTES, GATEWAY_LOAD_BALANCER_HOURS, INTERFACE_BYTES, INTERFACE_HOURS,
    LOAD_BALANCER_HOURS, RESOURCE_BYTES, RESOURCE_HOURS,
};

/// A usage type, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageType<'a> {
    /// What was used, without the Region: `VpcEndpoint-Hours`.
    pub name: &'static str,
    /// `USE1`, `EU`; empty for us-east-1, as its older lines are.
    pub prefix: &'a str,
}

/// What PrivateLink bills.
const PRIVATELINK: &[&str] = &[
    INTERFACE_HOURS,
    INTERFACE_BYTES,
    GATEWAY_LOAD_BALANCER_HOURS,
    GATEWAY_LOAD_BALANCER_BYTES,
    RESOURCE_HOURS,
    "VpcEndpoint-Service-Hours",
    RESOURCE_BYTES,
    "VpcResource-Provider-Bytes",
    "VpcLattice-Service-Network-Resource-Hours",
];

/// What stands beside it on a bill: the ways that traffic takes instead. Kept without resources.
const BESIDE: &[&str] = &[
    "RegionalNatGateway-Hours",
    "RegionalNatGateway-Bytes",
    "NatGateway-Hours",
    "NatGateway-Bytes",
    "TransitGateway-Hours",
    "TransitGateway-Bytes",
    "DataTransfer-Regional-Bytes",
];

impl<'a> UsageType<'a> {
    /// Takes a billed usage type apart; `None` where it is about something else.
    pub fn parse(billed: &'a str) -> Option<UsageType<'a>> {
        // Nearly every line of a bill is about something else, and is told by its end.
        if !billed.ends_with("Hours") && !billed.ends_with("Bytes") {
            return None;
        }
        PRIVATELINK.iter().chain(BESIDE).find_map(|name| UsageType::of(billed, name))
    }

    /// Takes the usage type of a product apart whose price is of use: those of bills, and load balancers,
    /// whose lines on a bill are not kept.
    pub fn parse_priced(billed: &'a str) -> Option<UsageType<'a>> {
        UsageType::parse(billed).or_else(|| UsageType::of(billed, LOAD_BALANCER_HOURS))
    }

    fn of(billed: &'a str, name: &'static str) -> Option<UsageType<'a>> {
        let prefix = billed.strip_suffix(name)?;
        match prefix.strip_suffix('-') {
            Some(prefix) => Some(UsageType { name, prefix }),
            None if prefix.is_empty() => Some(UsageType { name, prefix }),
            None => None,
        }
    }

    /// The Region that the prefix stands for; `None` for a prefix that is not known.
    pub fn region(&self) -> Option<&'static str> {
        PREFIXES.get(self.prefix).map(String::as_str)
    }

    /// Whether PrivateLink bills it.
    pub fn is_privatelink(&self) -> bool {
        PRIVATELINK.contains(&self.name)
    }
}

/// Billing codes as data: one row per code, with its source.
const SHIPPED: &str = include_str!("billing_code.csv");

#[derive(Deserialize)]
struct BillingCode {
    code: String,
    region: String,
}

static PREFIXES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let codes = csv::Reader::from_reader(SHIPPED.as_bytes()).into_deserialize().filter_map(Result::ok);
    codes.map(|BillingCode { code, region }| (code, region)).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prefixes_are_read_as_bills_write_them() {
        let region = |billed| UsageType::parse(billed).and_then(|usage| usage.region());
        assert_eq!(region("VpcEndpoint-Hours"), Some("us-east-1"));
        assert_eq!(region("USE1-VpcEndpoint-Hours"), Some("us-east-1"));
        assert_eq!(region("EU-VpcEndpoint-Bytes"), Some("eu-west-1"));
        assert_eq!(region("APS2-VpcEndpoint-GWLBE-Hours"), Some("ap-southeast-2"));
        assert_eq!(region("XYZ9-VpcEndpoint-Hours"), None);
    }

    #[test]
    fn every_region_has_its_billing_code() {
        let region = |code: &str| {
            let billed = format!("{code}-VpcEndpoint-Hours");
            UsageType::parse(&billed).and_then(|usage| usage.region())
        };
        for (code, expected) in [
            ("MXC1", "mx-central-1"),
            ("APE2", "ap-east-2"),
            ("APS8", "ap-southeast-6"),
            ("APS9", "ap-southeast-7"),
            ("CNN1", "cn-north-1"),
            ("CNW1", "cn-northwest-1"),
            ("UGE1", "us-gov-east-1"),
            ("CAN2", "ca-west-1"),
        ] {
            assert_eq!(region(code), Some(expected));
        }
        for line in SHIPPED.lines() {
            assert_eq!(line.split(',').count(), 4, "{line}");
        }
        assert_eq!(PREFIXES.len(), SHIPPED.lines().count() - 1, "no code stands for two Regions");
    }

    #[test]
    fn load_balancers_have_a_price_and_no_line_of_a_bill_is_kept_for_them() {
        assert_eq!(UsageType::parse("EUC1-LoadBalancerUsage"), None);
        let priced = UsageType::parse_priced("EUC1-LoadBalancerUsage").unwrap();
        assert_eq!((priced.name, priced.region()), ("LoadBalancerUsage", Some("eu-central-1")));
    }

    #[test]
    fn what_only_ends_alike_is_something_else() {
        let name = |billed| UsageType::parse(billed).map(|usage| usage.name);
        assert_eq!(name("USE1-VpcEndpoint-GWLBE-Bytes"), Some("VpcEndpoint-GWLBE-Bytes"));
        assert_eq!(name("USE1-RegionalNatGateway-Hours"), Some("RegionalNatGateway-Hours"));
        assert_eq!(name("USE1-NatGateway-Hours"), Some("NatGateway-Hours"));
        assert_eq!(name("USE1-MyVpcEndpoint-Hours"), None);
        assert_eq!(name("BoxUsage:m5.large"), None);
        assert_eq!(name(""), None);
    }

    proptest! {
        #[test]
        fn every_known_name_survives_every_prefix(prefix in "[A-Z]{2,3}[0-9]?", index in 0..PRIVATELINK.len()) {
            let billed = format!("{prefix}-{}", PRIVATELINK[index]);
            let usage = UsageType::parse(&billed).unwrap();
            prop_assert_eq!((usage.prefix, usage.name), (prefix.as_str(), PRIVATELINK[index]));
        }
    }
}
