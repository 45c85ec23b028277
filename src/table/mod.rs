//! The tables: one file per table, which defines its record, its columns and their documentation.
//! Nothing else in the program defines a column.

mod cell;
pub mod given;
mod operation;
pub mod packed;
mod schema;
mod word;

mod account;
mod bill;
mod bill_reconciliation;
mod charge;
mod consumer_zone;
mod coverage;
mod finding;
mod hosted_zone;
mod listener;
mod load_balancer;
mod load_balancer_zone;
mod managed_prefix_list_entry;
mod metric_daily;
mod metric_query;
mod nat_gateway;
mod network_acl_association;
mod network_acl_entry;
mod network_interface;
mod network_interface_security_group;
mod price;
mod resolver_rule;
mod resolver_rule_association;
mod route;
mod route_table;
mod rule_outcome;
mod security_group_rule;
mod service_detail;
mod service_detail_private_dns_name;
mod service_detail_zone;
mod snapshot;
mod subnet;
mod tag;
mod target_group;
mod target_health;
mod vpc;
mod vpc_attribute;
mod vpc_cidr_block;
mod vpc_endpoint;
mod vpc_endpoint_charge;
mod vpc_endpoint_connection;
mod vpc_endpoint_cost;
mod vpc_endpoint_daily;
mod vpc_endpoint_notification;
mod vpc_endpoint_policy;
mod vpc_endpoint_reachability;
mod vpc_endpoint_route_table;
mod vpc_endpoint_security_group;
mod vpc_endpoint_service;
mod vpc_endpoint_service_load_balancer;
mod vpc_endpoint_service_principal;
mod vpc_endpoint_service_zone;
mod vpc_endpoint_subnet;
mod vpc_endpoint_subnet_usage;
mod vpc_endpoint_usage;
mod waiver_outcome;

pub use account::Account;
pub use bill::Bill;
pub use bill_reconciliation::BillReconciliation;
pub use cell::{Cell, Cells, ColumnType, ShortText};
pub use charge::{Charge, ChargeCategory, ChargeSource};
pub use consumer_zone::ConsumerZone;
pub use coverage::{Coverage, Outcome};
pub use finding::{Category, Finding, Severity, Status};
pub use hosted_zone::HostedZone;
pub use listener::Listener;
pub use load_balancer::LoadBalancer;
pub use load_balancer_zone::LoadBalancerZone;
pub use managed_prefix_list_entry::ManagedPrefixListEntry;
pub use metric_daily::MetricDaily;
pub use metric_query::MetricQuery;
pub use nat_gateway::NatGateway;
pub use network_acl_association::NetworkAclAssociation;
pub use network_acl_entry::NetworkAclEntry;
pub use network_interface::NetworkInterface;
pub use network_interface_security_group::NetworkInterfaceSecurityGroup;
pub use operation::{Extent, Family, Operation};
pub use price::Price;
pub use resolver_rule::ResolverRule;
pub use resolver_rule_association::ResolverRuleAssociation;
pub use route::Route;
pub use route_table::RouteTable;
pub use rule_outcome::RuleOutcome;
pub use schema::{ColumnSchema, Row, TableSchema};
pub use security_group_rule::SecurityGroupRule;
pub use service_detail::ServiceDetail;
pub use service_detail_private_dns_name::ServiceDetailPrivateDnsName;
pub use service_detail_zone::ServiceDetailZone;
pub use snapshot::Snapshot;
pub use subnet::Subnet;
pub use tag::Tag;
pub use target_group::TargetGroup;
pub use target_health::TargetHealth;
pub use vpc::Vpc;
pub use vpc_attribute::VpcAttribute;
pub use vpc_cidr_block::VpcCidrBlock;
pub use vpc_endpoint::VpcEndpoint;
pub use vpc_endpoint_charge::VpcEndpointCharge;
pub use vpc_endpoint_connection::VpcEndpointConnection;
pub use vpc_endpoint_cost::{CostBasis, MADE_BY_A_SERVICE, VpcEndpointCost};
pub use vpc_endpoint_daily::VpcEndpointDaily;
pub use vpc_endpoint_notification::VpcEndpointNotification;
pub use vpc_endpoint_policy::{ConditionMet, PolicyScope, VpcEndpointPolicy};
pub use vpc_endpoint_reachability::{Reach, VpcEndpointReachability};
pub use vpc_endpoint_route_table::VpcEndpointRouteTable;
pub use vpc_endpoint_security_group::VpcEndpointSecurityGroup;
pub use vpc_endpoint_service::VpcEndpointService;
pub use vpc_endpoint_service_load_balancer::VpcEndpointServiceLoadBalancer;
pub use vpc_endpoint_service_principal::VpcEndpointServicePrincipal;
pub use vpc_endpoint_service_zone::VpcEndpointServiceZone;
pub use vpc_endpoint_subnet::VpcEndpointSubnet;
pub use vpc_endpoint_subnet_usage::VpcEndpointSubnetUsage;
pub use vpc_endpoint_usage::{Confidence, Usage, VpcEndpointUsage};
pub use waiver_outcome::{WaiverOutcome, WaiverUse};

use polars::prelude::*;

macro_rules! tables {
    ($($field:ident: $Row:ident,)+) => {
        /// Rows of every table, held in memory: what one account and Region gave, say.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Tables {
            $(
                #[doc = concat!("Rows of `", stringify!($field), "`.")]
                pub $field: Vec<$Row>,
            )+
        }

        /// Every table, in the order of the design: the run, consumers, providers, both, money,
        /// derived, results.
        pub static SCHEMAS: &[&TableSchema] = &[$($Row::SCHEMA),+];

        impl Tables {
            /// Takes over the rows of another set.
            pub fn append(&mut self, mut other: Tables) {
                $(self.$field.append(&mut other.$field);)+
            }

            /// Puts the rows of every table into the stored order, so that the order in which
            /// answers came cannot be seen.
            pub fn sort(&mut self) {
                $(self.$field.sort_by(Row::compare);)+
            }

            /// Every table that has rows here, as columns.
            pub fn frames(&self) -> PolarsResult<Vec<(&'static TableSchema, DataFrame)>> {
                let mut frames = Vec::new();
                $(
                    if !self.$field.is_empty() {
                        frames.push(($Row::SCHEMA, $Row::frame(&self.$field)?));
                    }
                )+
                Ok(frames)
            }

            /// Takes out the tables that have at least so many rows, as columns.
            pub fn take_frames(&mut self, least: usize) -> PolarsResult<Vec<(&'static TableSchema, DataFrame)>> {
                let large = Tables {
                    $($field: if self.$field.len() >= least { std::mem::take(&mut self.$field) } else { Vec::new() },)+
                };
                large.frames()
            }

            /// Every table that has rows here, as the journal keeps it: so many rows at most together.
            pub(super) fn pack(&self, most: usize) -> packed::Result<Vec<(&'static str, Vec<u8>)>> {
                let mut tables = Vec::new();
                $(
                    for rows in self.$field.chunks(most) {
                        let mut bytes = Vec::new();
                        $Row::pack(rows, &mut bytes)?;
                        tables.push((stringify!($field), bytes));
                    }
                )+
                Ok(tables)
            }

            /// Reads rows of a table from the journal, which follow those that are here.
            pub(super) fn unpack(&mut self, name: &str, bytes: &[u8]) -> packed::Result<()> {
                match name {
                    $(stringify!($field) => self.$field.append(&mut $Row::unpack(bytes)?),)+
                    _ => return Err(format!("there is no table `{name}`")),
                }
                Ok(())
            }

            /// Sets the rows of a table, given as columns.
            pub fn set(&mut self, name: &str, frame: &DataFrame) -> PolarsResult<()> {
                match name {
                    $(stringify!($field) => self.$field = $Row::rows(frame)?,)+
                    _ => polars_bail!(ColumnNotFound: "there is no table `{name}`"),
                }
                Ok(())
            }

            /// How many rows there are in all.
            pub fn rows(&self) -> usize {
                0 $(+ self.$field.len())+
            }
        }
    };
}

tables! {
    snapshot: Snapshot,
    account: Account,
    coverage: Coverage,

    vpc_endpoint: VpcEndpoint,
    vpc_endpoint_subnet: VpcEndpointSubnet,
    vpc_endpoint_security_group: VpcEndpointSecurityGroup,
    vpc_endpoint_route_table: VpcEndpointRouteTable,
    vpc: Vpc,
    vpc_cidr_block: VpcCidrBlock,
    subnet: Subnet,
    route: Route,
    route_table: RouteTable,
    nat_gateway: NatGateway,
    vpc_attribute: VpcAttribute,
    network_interface: NetworkInterface,
    network_interface_security_group: NetworkInterfaceSecurityGroup,
    security_group_rule: SecurityGroupRule,
    managed_prefix_list_entry: ManagedPrefixListEntry,
    network_acl_association: NetworkAclAssociation,
    network_acl_entry: NetworkAclEntry,
    consumer_zone: ConsumerZone,
    service_detail: ServiceDetail,
    service_detail_zone: ServiceDetailZone,
    service_detail_private_dns_name: ServiceDetailPrivateDnsName,
    hosted_zone: HostedZone,
    resolver_rule: ResolverRule,
    resolver_rule_association: ResolverRuleAssociation,

    vpc_endpoint_service: VpcEndpointService,
    vpc_endpoint_service_zone: VpcEndpointServiceZone,
    vpc_endpoint_service_load_balancer: VpcEndpointServiceLoadBalancer,
    vpc_endpoint_service_principal: VpcEndpointServicePrincipal,
    vpc_endpoint_connection: VpcEndpointConnection,
    vpc_endpoint_notification: VpcEndpointNotification,
    load_balancer: LoadBalancer,
    load_balancer_zone: LoadBalancerZone,
    listener: Listener,
    target_group: TargetGroup,
    target_health: TargetHealth,

    tag: Tag,
    metric_query: MetricQuery,
    metric_daily: MetricDaily,
    vpc_endpoint_subnet_usage: VpcEndpointSubnetUsage,

    price: Price,
    bill: Bill,
    charge: Charge,

    vpc_endpoint_usage: VpcEndpointUsage,
    vpc_endpoint_daily: VpcEndpointDaily,
    vpc_endpoint_charge: VpcEndpointCharge,
    vpc_endpoint_cost: VpcEndpointCost,
    bill_reconciliation: BillReconciliation,
    vpc_endpoint_policy: VpcEndpointPolicy,
    vpc_endpoint_reachability: VpcEndpointReachability,

    finding: Finding,
    rule_outcome: RuleOutcome,
    waiver_outcome: WaiverOutcome,
}

/// The tables that a check writes, after the crawl and as often as it is asked to.
pub const RESULTS: &[&str] = &["finding", "rule_outcome", "waiver_outcome"];

/// The table of that name.
pub fn schema(name: &str) -> Option<&'static TableSchema> {
    SCHEMAS.iter().copied().find(|schema| schema.name == name)
}
