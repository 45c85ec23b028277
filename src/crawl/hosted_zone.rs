//! Private hosted zones: Route 53's ListHostedZonesByVPC, one call for a VPC.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{HostedZoneSummary, VpcRegion};
use futures::StreamExt;

use super::endpoint::{Endpoint, is_named_privately};
use super::resolver::domain_name;
use super::scope::{Pages, Scope};
use crate::table::{HostedZone, Operation, ServiceDetailPrivateDnsName};

/// The most that ListHostedZonesByVPC gives in a page.
const PAGE: i32 = 100;

/// VPCs that are asked about at the same time.
const SIDE_BY_SIDE: usize = 4;

/// Reads the zones that answer in the VPCs in which a zone could stand before an endpoint's own name.
pub(super) async fn hosted_zones(
    scope: &Scope,
    endpoints: &[Endpoint],
    names: &[ServiceDetailPrivateDnsName],
) -> Vec<HostedZone> {
    let vpcs: BTreeSet<String> = endpoints
        .iter()
        .filter(|endpoint| is_named_privately(&endpoint.row, names))
        .map(|endpoint| endpoint.row.vpc_id.clone())
        .collect();
    let zones: Vec<Vec<HostedZone>> = futures::stream::iter(vpcs)
        .map(|vpc| async move {
            let pages = of_vpc(scope, &vpc).await;
            pages.items.iter().map(|zone| row(scope, &vpc, zone)).collect()
        })
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    zones.into_iter().flatten().collect()
}

async fn of_vpc(scope: &Scope, vpc: &str) -> Pages<HostedZoneSummary> {
    scope
        .pages(Operation::Route53ListHostedZonesByVpc, |token| {
            let call = scope
                .route53()
                .list_hosted_zones_by_vpc()
                .vpc_id(vpc)
                .vpc_region(VpcRegion::from(scope.region.as_str()))
                .max_items(PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.hosted_zone_summaries, page.next_token))
            }
        })
        .await
}

fn row(scope: &Scope, vpc: &str, zone: &HostedZoneSummary) -> HostedZone {
    let owner = zone.owner();
    HostedZone {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        vpc_id: vpc.to_owned(),
        hosted_zone_id: zone.hosted_zone_id().to_owned(),
        name: domain_name(zone.name()),
        owning_account: owner.and_then(|owner| owner.owning_account()).map(str::to_owned),
        owning_service: owner.and_then(|owner| owner.owning_service()).map(str::to_owned),
    }
}
