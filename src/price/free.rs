//! Services whose interface endpoints cost nothing, as data with a source each.

use std::sync::LazyLock;

use serde::Deserialize;

/// One row per service.
const SHIPPED: &str = include_str!("free_service.csv");

#[derive(Deserialize)]
struct Free {
    /// What follows the Region in the service's name.
    service: String,
    source: String,
    #[allow(dead_code)] // for the reader of the file
    effective_date: jiff::civil::Date,
}

static SERVICES: LazyLock<Vec<Free>> = LazyLock::new(|| {
    csv::Reader::from_reader(SHIPPED.as_bytes()).deserialize().filter_map(Result::ok).collect()
});

/// Returns where AWS says that endpoints of a service are free; `None` if it does not.
pub fn free_service(service_name: &str) -> Option<&'static str> {
    // `com.amazonaws.<region>.<service>`, with another first label in other partitions. A customer's
    // service is never free.
    let (_, after) = service_name.split_once("amazonaws.")?;
    let (region, service) = after.split_once('.')?;
    if region == "vpce" {
        return None;
    }
    SERVICES.iter().find(|free| free.service == service).map(|free| free.source.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guardduty_is_free_and_others_are_not() {
        for name in [
            "com.amazonaws.us-east-1.guardduty-data",
            "com.amazonaws.us-gov-west-1.guardduty-data-fips",
            "cn.com.amazonaws.cn-north-1.guardduty-data",
        ] {
            assert!(free_service(name).is_some_and(|source| source.starts_with("https://")), "{name}");
        }
        for name in [
            "com.amazonaws.us-east-1.guardduty",
            "com.amazonaws.us-east-1.sqs",
            "com.amazonaws.vpce.us-east-1.guardduty-data",
            "",
        ] {
            assert_eq!(free_service(name), None, "{name}");
        }
    }

    #[test]
    fn every_row_can_be_read() {
        assert_eq!(SERVICES.len(), SHIPPED.lines().count() - 1);
    }
}
