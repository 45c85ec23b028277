//! Route 53: the private hosted zones of a VPC.

use axum::response::Response;

use super::{page, unknown_action};
use crate::wire::{ApiError, Call, Xml};
use crate::world::{AWS_SERVICES, Account, Region, aws_service_name, private_dns_names};

/// The most zones in a page.
const PAGE: usize = 100;

/// A zone as it is listed: its id, its name, and who owns it.
#[derive(Clone)]
struct Listed {
    id: String,
    name: String,
    owner: Owner,
}

#[derive(Clone)]
enum Owner {
    Account(String),
    Service(&'static str),
}

pub fn answer(account: &Account, call: &Call) -> Result<Response, ApiError> {
    if call.action != "ListHostedZonesByVPC" {
        return Err(unknown_action(call));
    }
    let invalid = |message: String| ApiError::new(400, "InvalidInput", &message);
    let parameter = |name: &str| call.parameters.get(name);
    let vpc_id = parameter("vpcid").ok_or_else(|| invalid("vpcid is required".to_owned()))?;
    let region = account
        .regions
        .get(&call.region)
        .filter(|region| region.vpcs.iter().any(|vpc| vpc.id == vpc_id))
        .ok_or_else(|| invalid(format!("The VPC {vpc_id} in {} does not exist", call.region)))?;
    let size = match parameter("maxitems").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(size)) if size > 0 => size.min(PAGE),
        Some(_) => return Err(invalid("maxitems is invalid".to_owned())),
    };
    let (zones, next) = page(call, &zones(region, vpc_id), size, parameter("nexttoken"))?;
    let mut xml = Xml::default();
    xml.element("HostedZoneSummaries", |xml| {
        for zone in zones {
            xml.element("HostedZoneSummary", |xml| {
                xml.text("HostedZoneId", &zone.id).text("Name", format!("{}.", zone.name)).element(
                    "Owner",
                    |xml| {
                        match &zone.owner {
                            Owner::Account(id) => xml.text("OwningAccount", id),
                            Owner::Service(name) => xml.text("OwningService", name),
                        };
                    },
                );
            });
        }
    })
    .text("MaxItems", size)
    .maybe("NextToken", next);
    Ok(call.xml(xml))
}

/// The customers' zones, and those that stand behind private DNS, which AWS owns.
fn zones(region: &Region, vpc_id: &str) -> Vec<Listed> {
    let of_customers = region.hosted_zones.iter().filter(|zone| zone.vpc_id == vpc_id).map(|zone| Listed {
        id: zone.id.clone(),
        name: zone.name.clone(),
        owner: Owner::Account(zone.owner.clone()),
    });
    let named = region.endpoints.iter().filter(|endpoint| endpoint.vpc_id == vpc_id && endpoint.private_dns);
    let of_endpoints = named.flat_map(|endpoint| {
        let service = AWS_SERVICES.iter().find(|service| {
            endpoint.service_name.as_deref() == Some(aws_service_name(&region.name, service).as_str())
        });
        let names = service.map(|service| private_dns_names(&region.name, service)).unwrap_or_default();
        names.into_iter().map(|name| Listed {
            id: format!("Z{}", endpoint.id.trim_start_matches("vpce-").to_uppercase()),
            name: name.trim_start_matches("*.").to_owned(),
            owner: Owner::Service("vpce.amazonaws.com"),
        })
    });
    of_customers.chain(of_endpoints).collect()
}
