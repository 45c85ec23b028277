//! The consumer's half of the chain: endpoint and connection, up to the service.

use std::collections::BTreeMap;

use super::node::Node;
use super::provider;
use super::reader::{Reader, Record, maybe, text};
use crate::error::Result;
use crate::table::Operation;

/// The services of customers and partners; all other names belong to AWS.
const CUSTOMER_SERVICE: &str = "com.amazonaws.vpce.";

/// From an endpoint to what stands behind it.
pub fn from_endpoint(reader: &mut Reader, row: &Record) -> Result<Node> {
    let node = endpoint(reader, row);
    let Some(service_name) = maybe(row, "service_name") else {
        let arn = maybe(row, "resource_configuration_arn").or_else(|| maybe(row, "service_network_arn"));
        let behind = Node::new("VPC Lattice", arn.unwrap_or_else(|| "resource".to_owned()))
            .not_seen(Some("plaudit does not read VPC Lattice".to_owned()));
        return Ok(node.leads_to(behind));
    };
    if !service_name.starts_with(CUSTOMER_SERVICE) {
        return Ok(node.leads_to(aws_service(reader, row, &service_name)?));
    }
    let service_region = text(row, "service_region");
    let wanted = [("service_name", service_name.as_str()), ("region", &service_region)];
    match reader.row("vpc_endpoint_service", &wanted)? {
        Some(service) => {
            let connection = connection_of(reader, row, &service)?;
            let behind = provider::service(reader, &service)?;
            Ok(node.leads_to(connection.leads_to(behind)))
        }
        None => Ok(node.leads_to(hidden_service(reader, row, &service_name, &service_region)?)),
    }
}

/// From everybody who is connected to a service, or wants to be.
pub fn to_service(reader: &mut Reader, service: &Record) -> Result<Vec<Node>> {
    let (account, region) = (text(service, "account_id"), text(service, "region"));
    let (id, name) = (text(service, "service_id"), text(service, "service_name"));
    let wanted = [("service_name", name.as_str()), ("service_region", &region)];
    let mut endpoints: BTreeMap<String, Record> = reader
        .rows("vpc_endpoint", &wanted, &["vpc_endpoint_id"])?
        .into_iter()
        .map(|row| (text(&row, "vpc_endpoint_id"), row))
        .collect();
    let wanted = [("account_id", account.as_str()), ("region", &region), ("service_id", &id)];
    let connections = reader.rows("vpc_endpoint_connection", &wanted, &["vpc_endpoint_id"])?;
    let mut nodes = Vec::new();
    for row in connections {
        let link = connection(&row);
        nodes.push(match endpoints.remove(&text(&row, "vpc_endpoint_id")) {
            Some(found) => endpoint(reader, &found).leads_to(link),
            None => unseen_endpoint(reader, &row, &region)?.leads_to(link),
        });
    }
    for row in endpoints.into_values() {
        let link = connection_of(reader, &row, service)?;
        nodes.push(endpoint(reader, &row).leads_to(link));
    }
    Ok(nodes)
}

/// An endpoint by itself.
fn endpoint(reader: &Reader, row: &Record) -> Node {
    let state = text(row, "state");
    let error = [maybe(row, "last_error_code"), maybe(row, "last_error_message")];
    let error: Vec<String> = error.into_iter().flatten().collect();
    let why = match state.as_str() {
        "available" => String::new(),
        "pendingAcceptance" => "it waits for the provider to accept it".to_owned(),
        "rejected" => "the provider rejected it".to_owned(),
        "deleting" | "deleted" => format!("it is {state}"),
        _ if error.is_empty() => format!("it is in the state {state}"),
        _ => format!("it is in the state {state}: {}", error.join(", ")),
    };
    Node::new("endpoint", text(row, "vpc_endpoint_id"))
        .fact(text(row, "vpc_endpoint_type"))
        .fact(state.clone())
        .fact(reader.account(&text(row, "account_id")))
        .fact(text(row, "region"))
        .fact(text(row, "vpc_id"))
        .broken_if(state != "available", why)
}

/// A connection as its provider sees it.
fn connection(row: &Record) -> Node {
    let state = text(row, "vpc_endpoint_state");
    let age = maybe(row, "age_days");
    Node::new("connection", "as the provider sees it")
        .fact(state.clone())
        .fact(age.map_or_else(String::new, |days| format!("{days} days old")))
        .broken_if(state != "available", format!("the provider has it in the state {state}"))
}

/// The connection of an endpoint to a service that was read.
fn connection_of(reader: &mut Reader, endpoint: &Record, service: &Record) -> Result<Node> {
    let (account, region) = (text(service, "account_id"), text(service, "region"));
    let id = text(endpoint, "vpc_endpoint_id");
    let wanted = [("account_id", account.as_str()), ("region", &region), ("vpc_endpoint_id", id.as_str())];
    if let Some(row) = reader.row("vpc_endpoint_connection", &wanted)? {
        return Ok(connection(&row));
    }
    let gap = reader.gap(&account, &region, Operation::Ec2DescribeVpcEndpointConnections)?;
    Ok(Node::new("connection", "as the provider sees it")
        .broken_if(gap.is_none(), "the provider does not list this endpoint")
        .not_seen(gap))
}

/// The endpoint of a connection whose owner did not show it.
fn unseen_endpoint(reader: &mut Reader, connection: &Record, service_region: &str) -> Result<Node> {
    let node = Node::new("endpoint", text(connection, "vpc_endpoint_id"));
    let Some(owner) = maybe(connection, "vpc_endpoint_owner") else {
        return Ok(node.not_seen(Some("the provider is not told who owns it".to_owned())));
    };
    let region = maybe(connection, "vpc_endpoint_region").unwrap_or_else(|| service_region.to_owned());
    let gap = reader.gap(&owner, &region, Operation::Ec2DescribeVpcEndpoints)?;
    let gone = format!("{} does not have it any more", reader.account(&owner));
    Ok(node.fact(reader.account(&owner)).fact(region).broken_if(gap.is_none(), gone).not_seen(gap))
}

/// One of AWS's own services.
fn aws_service(reader: &mut Reader, endpoint: &Record, name: &str) -> Result<Node> {
    let node = Node::new("AWS service", name);
    if text(endpoint, "vpc_endpoint_type") != "Gateway" && detail(reader, endpoint, name)?.is_none() {
        return vanished(reader, endpoint, node);
    }
    Ok(node.fact("AWS runs what stands behind it"))
}

/// A service whose provider did not show it.
fn hidden_service(reader: &mut Reader, endpoint: &Record, name: &str, region: &str) -> Result<Node> {
    let id = name.rsplit('.').next().unwrap_or(name);
    let node = Node::new("service", id).fact(region.to_owned());
    let Some(detail) = detail(reader, endpoint, name)? else {
        return vanished(reader, endpoint, node);
    };
    let Some(owner) = maybe(&detail, "owner").filter(|owner| owner.starts_with(|c: char| c.is_ascii_digit()))
    else {
        return Ok(node.not_seen(Some("the account that offers it is not known".to_owned())));
    };
    let gap = reader.gap(&owner, region, Operation::Ec2DescribeVpcEndpointServiceConfigurations)?;
    let gone = format!("{} does not offer it any more", reader.account(&owner));
    Ok(node.fact(reader.account(&owner)).broken_if(gap.is_none(), gone).not_seen(gap))
}

/// What AWS tells the endpoint's account of a service.
fn detail(reader: &mut Reader, endpoint: &Record, name: &str) -> Result<Option<Record>> {
    let (account, region) = (text(endpoint, "account_id"), text(endpoint, "region"));
    reader.row(
        "service_detail",
        &[("service_name", name), ("account_id", account.as_str()), ("region", region.as_str())],
    )
}

/// A service of which AWS does not tell the endpoint's account anything.
fn vanished(reader: &mut Reader, endpoint: &Record, node: Node) -> Result<Node> {
    let (account, region) = (text(endpoint, "account_id"), text(endpoint, "region"));
    if text(endpoint, "service_region") != region {
        return Ok(node.not_seen(Some("it stands in another Region, which was not asked for it".to_owned())));
    }
    let gap = reader.gap(&account, &region, Operation::Ec2DescribeVpcEndpointServices)?;
    let gone = "AWS does not show it to the endpoint's account any more";
    Ok(node.broken_if(gap.is_none(), gone).not_seen(gap))
}
