//! Usage types as bills write them: a prefix for the Region, then what was used
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-billing-usage-reports.html>).

use super::{GATEWAY_LOAD_BALANCER_BYTES, GATEWAY_LOAD_BALANCER_HOURS, INTERFACE_BYTES, INTERFACE_HOURS};

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
    "VpcEndpoint-Resource-Hours",
    "VpcEndpoint-Service-Hours",
    "VpcResource-Consumer-Bytes",
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
        PRIVATELINK.iter().chain(BESIDE).copied().find_map(|name| {
            let prefix = billed.strip_suffix(name)?;
            match prefix.strip_suffix('-') {
                Some(prefix) => Some(UsageType { name, prefix }),
                None if prefix.is_empty() => Some(UsageType { name, prefix }),
                None => None,
            }
        })
    }

    /// The Region that the prefix stands for; `None` for a prefix that is not known.
    pub fn region(&self) -> Option<&'static str> {
        PREFIXES.iter().find(|(prefix, _)| *prefix == self.prefix).map(|(_, region)| *region)
    }

    /// Whether PrivateLink bills it.
    pub fn is_privatelink(&self) -> bool {
        PRIVATELINK.contains(&self.name)
    }
}

/// Prefixes and Regions. us-east-1 may come without one, and Ireland's has no digit.
const PREFIXES: &[(&str, &str)] = &[
    ("", "us-east-1"),
    ("USE1", "us-east-1"),
    ("USE2", "us-east-2"),
    ("USW1", "us-west-1"),
    ("USW2", "us-west-2"),
    ("CAN1", "ca-central-1"),
    ("CAN2", "ca-west-1"),
    ("SAE1", "sa-east-1"),
    ("EU", "eu-west-1"),
    ("EUW1", "eu-west-1"),
    ("EUW2", "eu-west-2"),
    ("EUW3", "eu-west-3"),
    ("EUC1", "eu-central-1"),
    ("EUC2", "eu-central-2"),
    ("EUN1", "eu-north-1"),
    ("EUS1", "eu-south-1"),
    ("EUS2", "eu-south-2"),
    ("APN1", "ap-northeast-1"),
    ("APN2", "ap-northeast-2"),
    ("APN3", "ap-northeast-3"),
    ("APS1", "ap-southeast-1"),
    ("APS2", "ap-southeast-2"),
    ("APS3", "ap-south-1"),
    ("APS4", "ap-southeast-3"),
    ("APS5", "ap-south-2"),
    ("APS6", "ap-southeast-4"),
    ("APS7", "ap-southeast-5"),
    ("APE1", "ap-east-1"),
    ("MES1", "me-south-1"),
    ("MEC1", "me-central-1"),
    ("AFS1", "af-south-1"),
    ("ILC1", "il-central-1"),
    ("UGW1", "us-gov-west-1"),
    ("UGE1", "us-gov-east-1"),
];

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
