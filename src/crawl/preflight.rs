//! Before a crawl: may the caller do what it is going to do? Nothing is read.
//!
//! EC2 answers a call with `DryRun` without doing it: `DryRunOperation` where it would have
//! succeeded, `UnauthorizedOperation` where not. The other services have nothing of the kind, and
//! are reported as not checked.

use std::sync::Arc;

use aws_sdk_ec2::types::VpcAttributeName;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::CrawlSettings;
use super::account::Door;
use super::meter::Meter;
use super::outcome::Failure;
use super::pace::{AccountPace, PRIVATELINK_IN_FLIGHT, Pace, ScopePace};
use super::scope::Scope;
use super::session::Connected;
use super::tally::Tally;
use crate::table::{Account, Extent, Operation, Outcome};

/// What was found out about an operation in an account and Region.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The account.
    pub account_id: String,
    /// Its name.
    pub account_name: String,
    /// The Region.
    pub region: String,
    /// The operation.
    pub operation: String,
    /// `ok` where it would have succeeded; `None` where the service cannot be asked.
    pub outcome: Option<Outcome>,
    /// Why not.
    pub message: Option<String>,
}

/// Tries the way into every account, and every operation that can be tried in each of its Regions.
pub async fn preflight(
    connected: Vec<Connected>,
    settings: &CrawlSettings,
    accounts: &[Account],
    tally: &Arc<Tally>,
) -> Vec<Check> {
    tally.add_accounts(accounts.len());
    let door = Door::new(connected, settings.clone(), tally.clone()).await;
    let pace = Arc::new(Pace::new(settings.rate_share, PRIVATELINK_IN_FLIGHT));
    let mut checks = Vec::new();
    for account in accounts {
        let entered = door.enter(account).await;
        let of_account =
            entered.coverage.iter().filter(|row| row.outcome != Outcome::Ok || is_asked_once(&row.operation));
        checks.extend(of_account.map(|row| Check {
            account_id: account.account_id.clone(),
            account_name: account.account_name.clone(),
            region: row.region.clone(),
            operation: row.operation.clone(),
            outcome: Some(row.outcome),
            message: row.message.clone(),
        }));
        if let Some(sdk) = &entered.sdk {
            tally.add_regions(entered.regions.len());
            let pace = Arc::new(AccountPace::new(pace.clone()));
            for region in &entered.regions {
                let pace = Arc::new(ScopePace::new(pace.clone()));
                let meter = Meter::paced(tally.clone(), pace.clone());
                let scope = Scope::new(account, region, settings, sdk, meter, entered.role.clone(), pace);
                for operation in Operation::regional() {
                    let tried = try_out(&scope, operation).await;
                    checks.push(Check {
                        account_id: account.account_id.clone(),
                        account_name: account.account_name.clone(),
                        region: region.clone(),
                        operation: operation.name().to_owned(),
                        outcome: tried.as_ref().map(|result| {
                            result.as_ref().map_or_else(|failure| failure.outcome, |()| Outcome::Ok)
                        }),
                        message: tried.and_then(|result| result.err()).map(|failure| failure.message),
                    });
                }
                tally.region_done();
            }
        }
        tally.account_done();
    }
    checks
}

fn is_asked_once(operation: &str) -> bool {
    Operation::from_name(operation).is_some_and(|operation| operation.extent() != Extent::Region)
}

/// Sends a call as a dry run; `None` where the service has none.
async fn try_out(scope: &Scope, operation: Operation) -> Option<Result<(), Failure>> {
    macro_rules! dry_run {
        ($call:expr) => {
            match $call.dry_run(true).send().await {
                Ok(_) => Ok(()),
                Err(error) if error.code() == Some("DryRunOperation") => Ok(()),
                // What is asked for does not exist; that it was looked for shows that it may be.
                Err(error) if Failure::new(operation, &error).is_gone() => Ok(()),
                Err(error) => Err(Failure::new(operation, &error)),
            }
        };
    }
    let ec2 = scope.ec2();
    let _permit = scope.permit(operation).await;
    Some(match operation {
        Operation::Ec2DescribeVpcEndpoints => dry_run!(ec2.describe_vpc_endpoints()),
        Operation::Ec2DescribeVpcEndpointServiceConfigurations => {
            dry_run!(ec2.describe_vpc_endpoint_service_configurations())
        }
        Operation::Ec2DescribeVpcEndpointServices => dry_run!(ec2.describe_vpc_endpoint_services()),
        Operation::Ec2DescribeAvailabilityZones => dry_run!(ec2.describe_availability_zones()),
        Operation::Ec2DescribeVpcs => dry_run!(ec2.describe_vpcs()),
        Operation::Ec2DescribeSubnets => dry_run!(ec2.describe_subnets()),
        Operation::Ec2DescribeRouteTables => dry_run!(ec2.describe_route_tables()),
        Operation::Ec2DescribeNetworkInterfaces => dry_run!(ec2.describe_network_interfaces()),
        Operation::Ec2DescribeSecurityGroupRules => dry_run!(ec2.describe_security_group_rules()),
        Operation::Ec2DescribeNetworkAcls => dry_run!(ec2.describe_network_acls()),
        Operation::Ec2DescribeNatGateways => dry_run!(ec2.describe_nat_gateways()),
        Operation::Ec2GetManagedPrefixListEntries => {
            dry_run!(ec2.get_managed_prefix_list_entries().prefix_list_id("pl-00000000000000000"))
        }
        Operation::Ec2DescribeVpcAttribute => dry_run!(
            ec2.describe_vpc_attribute()
                .vpc_id("vpc-00000000000000000")
                .attribute(VpcAttributeName::EnableDnsSupport)
        ),
        Operation::Ec2DescribeVpcEndpointServicePermissions => {
            dry_run!(ec2.describe_vpc_endpoint_service_permissions().service_id("vpce-svc-00000000000000000"))
        }
        Operation::Ec2DescribeVpcEndpointConnections => dry_run!(ec2.describe_vpc_endpoint_connections()),
        Operation::Ec2DescribeVpcEndpointConnectionNotifications => {
            dry_run!(ec2.describe_vpc_endpoint_connection_notifications())
        }
        _ => return None,
    })
}
