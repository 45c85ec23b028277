//! What a crawl asks for: everything, or what a few rules read.

use std::collections::BTreeSet;

use super::scope::depends_on;
use crate::table::{self, Extent, Operation};

/// The tables that somebody will read, and the operations that fill them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `None` where all of them are wanted.
    some: Option<Selected>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Selected {
    tables: BTreeSet<&'static str>,
    operations: BTreeSet<Operation>,
}

/// Tables that hold, or come from, what is asked of CloudWatch besides the bytes of whole endpoints.
const QUALITY: &[&str] = &["metric_daily", "metric_query", "vpc_endpoint_daily", "vpc_endpoint_subnet_usage"];

impl Wanted {
    /// All that plaudit knows to ask.
    pub fn everything() -> Wanted {
        Wanted::default()
    }

    /// What fills these tables. Names that are no tables are passed over.
    pub fn of_tables<'a>(names: impl Iterator<Item = &'a str>) -> Wanted {
        let mut some = Selected::default();
        for schema in names.filter_map(table::schema) {
            some.tables.insert(schema.name);
            some.operations.extend(schema.operations);
        }
        // What tells whether there is anything to ask for is asked first. Metrics and zones are asked of
        // endpoints as well as of services: there, whichever is wanted does.
        let mut open: Vec<Operation> = some.operations.iter().copied().collect();
        while let Some(operation) = open.pop() {
            let needed = match depends_on(operation) {
                [_, _] if is_of_both(operation) => &[],
                needed => needed,
            };
            open.extend(needed.iter().copied().filter(|needed| some.operations.insert(*needed)));
        }
        // How metrics are listed decides how they are asked for.
        if some.operations.contains(&Operation::CloudWatchGetMetricData) {
            some.operations.insert(Operation::CloudWatchListMetrics);
        }
        Wanted { some: Some(some) }
    }

    /// Whether an operation is asked for. What leads to the accounts always is.
    pub fn asks(&self, operation: Operation) -> bool {
        operation.extent() != Extent::Region
            || self.some.as_ref().is_none_or(|some| some.operations.contains(&operation))
    }

    /// Whether endpoints with traffic are asked how well they work, and how much passes in each zone.
    pub(super) fn asks_quality(&self) -> bool {
        self.some.as_ref().is_none_or(|some| QUALITY.iter().any(|table| some.tables.contains(table)))
    }

    /// The names of the tables, in order; `None` where all are wanted.
    pub fn tables(&self) -> Option<Vec<String>> {
        self.some.as_ref().map(|some| some.tables.iter().map(|table| (*table).to_owned()).collect())
    }
}

fn is_of_both(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Ec2DescribeAvailabilityZones
            | Operation::CloudWatchGetMetricData
            | Operation::CloudWatchListMetrics
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tables: &[&str]) -> Vec<&'static str> {
        let wanted = Wanted::of_tables(tables.iter().copied());
        Operation::regional().filter(|operation| wanted.asks(*operation)).map(Operation::name).collect()
    }

    #[test]
    fn what_tells_whether_there_is_anything_to_ask_for_is_asked_too() {
        assert_eq!(
            asked(&["target_health"]),
            [
                "ec2:DescribeVpcEndpointServiceConfigurations",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ]
        );
        assert_eq!(asked(&["vpc_endpoint_policy"]), ["ec2:DescribeVpcEndpoints"]);
    }

    #[test]
    fn services_are_not_asked_for_the_sake_of_endpoints_traffic() {
        let asked = asked(&["vpc_endpoint_usage"]);
        assert!(asked.contains(&"cloudwatch:ListMetrics"), "{asked:?}");
        assert!(!asked.contains(&"ec2:DescribeVpcEndpointServiceConfigurations"), "{asked:?}");
    }

    #[test]
    fn all_operations_of_an_organization_and_its_accounts_are_always_asked() {
        let wanted = Wanted::of_tables(["vpc_endpoint"].into_iter());
        let above = Operation::ALL.iter().filter(|operation| operation.extent() != Extent::Region);
        assert!(above.clone().count() > 3);
        assert!(above.clone().all(|operation| wanted.asks(*operation)));
        assert!(Operation::ALL.iter().all(|operation| Wanted::everything().asks(*operation)));
    }
}
