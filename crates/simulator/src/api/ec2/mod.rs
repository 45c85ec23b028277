//! EC2.

mod endpoint;
mod firewall;
mod network;
mod service;

use axum::response::Response;

use super::{page, region, unknown_action};
use crate::wire::{ApiError, Call, Xml};
use crate::world::{Account, Region, World, seed_of};

pub fn answer(world: &World, account: &Account, call: &Call) -> Result<Response, ApiError> {
    let context = Context { world, account, region: region(account, call)?, call };
    if call.parameters.get("DryRun") == Some("true") {
        return Err(ApiError::new(
            412,
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ));
    }
    let xml = match call.action.as_str() {
        "DescribeRegions" => network::regions(&context),
        "DescribeAvailabilityZones" => network::zones(&context),
        "DescribeVpcs" => network::vpcs(&context)?,
        "DescribeSubnets" => network::subnets(&context)?,
        "DescribeNetworkInterfaces" => network::interfaces(&context)?,
        "DescribeRouteTables" => network::route_tables(&context)?,
        "DescribeSecurityGroupRules" => firewall::security_group_rules(&context)?,
        "GetManagedPrefixListEntries" => firewall::prefix_list_entries(&context)?,
        "DescribeNetworkAcls" => firewall::network_acls(&context)?,
        "DescribeNatGateways" => firewall::nat_gateways(&context)?,
        "DescribeVpcAttribute" => firewall::vpc_attribute(&context)?,
        "DescribeVpcEndpoints" => endpoint::endpoints(&context)?,
        "DescribeVpcEndpointServices" => endpoint::services(&context)?,
        "DescribeVpcEndpointServiceConfigurations" => service::configurations(&context)?,
        "DescribeVpcEndpointServicePermissions" => service::permissions(&context)?,
        "DescribeVpcEndpointConnections" => service::connections(&context)?,
        "DescribeVpcEndpointConnectionNotifications" => service::notifications(&context)?,
        _ => return Err(unknown_action(call)),
    };
    Ok(call.xml(xml))
}

/// Who asks what, where.
struct Context<'a> {
    world: &'a World,
    account: &'a Account,
    region: &'a Region,
    call: &'a Call,
}

/// The bounds that EC2 sets to `MaxResults`.
type Bounds = std::ops::RangeInclusive<usize>;

/// What a filter finds in an item: `None` for a filter that the operation does not have.
type Found = Option<Vec<String>>;

impl Context<'_> {
    /// Items that pass the filters and are among the ids asked for, page by page. An unknown filter
    /// or a `MaxResults` out of bounds is refused, as AWS does.
    fn select<T: Clone>(
        &self,
        items: impl IntoIterator<Item = T>,
        bounds: Bounds,
        ids: &[&str],
        id: impl Fn(&T) -> String,
        filter: impl Fn(&T, &str) -> Found,
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        let filters = self.call.parameters.filters();
        let mut kept = Vec::new();
        for item in items {
            if !ids.is_empty() && !ids.contains(&id(&item).as_str()) {
                continue;
            }
            let mut fits = true;
            for (name, values) in &filters {
                let found = filter(&item, name)
                    .ok_or_else(|| ApiError::invalid_parameter(&format!("The filter '{name}' is invalid")))?;
                fits &= found.iter().any(|found| values.contains(&found.as_str()));
            }
            if fits {
                kept.push(item);
            }
        }
        let size = match self.call.parameters.get("MaxResults").map(str::parse::<usize>) {
            None => *bounds.end(),
            Some(Ok(size)) if size >= *bounds.start() => size.min(*bounds.end()),
            Some(_) => {
                return Err(ApiError::invalid_parameter("Value for parameter MaxResults is invalid."));
            }
        };
        page(self.call, &kept, size, self.call.parameters.get("NextToken"))
    }

    /// The name of a zone for this account.
    fn zone_name(&self, zone: usize) -> &str {
        self.region.zones.get(zone).map_or("", |zone| &zone.name)
    }

    /// The id of a zone.
    fn zone_id(&self, zone: usize) -> &str {
        self.region.zones.get(zone).map_or("", |zone| &zone.id)
    }

    /// The moment that lies so many days back, for a resource.
    fn days_ago(&self, days: i64, id: &str) -> String {
        self.world.days_ago(days, id)
    }

    /// The name of a security group.
    fn group_name(&self, id: &str) -> &'static str {
        let is_default = self.region.vpcs.iter().any(|vpc| vpc.default_group == id);
        if is_default { "default" } else { "endpoint" }
    }
}

fn tag_set(xml: &mut Xml, tags: &[(String, String)]) {
    xml.items("tagSet", tags, |xml, (key, value)| {
        xml.text("key", key).text("value", value);
    });
}

/// Values of the filters `tag-key` and `tag:KEY`.
fn tag_filter(tags: &[(String, String)], filter: &str) -> Found {
    if filter == "tag-key" {
        return Some(tags.iter().map(|(key, _)| key.clone()).collect());
    }
    let wanted = filter.strip_prefix("tag:")?;
    Some(tags.iter().filter(|(key, _)| key == wanted).map(|(_, value)| value.clone()).collect())
}

/// The public address of a NAT gateway, of those that are kept for documentation.
fn public_address(nat_gateway_id: &str) -> String {
    format!("203.0.113.{}", seed_of(nat_gateway_id) % 250 + 1)
}
