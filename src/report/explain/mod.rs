//! All that is known of one endpoint or endpoint service.

mod consumer;
mod node;
mod page;
mod provider;
mod reader;
mod tree;

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use self::node::Node;
use self::reader::{Reader, Record, text};
use super::terminal::Width;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::format;
use crate::table::{Finding, Operation, Row, Status};

/// Tables whose resources can be explained, each with the column of their identifier.
const KINDS: [(&str, &str); 2] =
    [("vpc_endpoint", "vpc_endpoint_id"), ("vpc_endpoint_service", "service_id")];

/// How many near matches are offered for a resource that is not there.
const NEAR: usize = 5;

/// The endpoint or endpoint service that is asked about.
#[derive(Clone, Debug)]
pub struct Subject {
    kind: &'static str,
    row: Record,
    id: String,
    account_id: String,
    region: String,
}

impl Subject {
    /// Looks for an endpoint or a service by its id, or for a service by its name.
    pub fn find(engine: &mut Engine, resource: &str) -> Result<Subject> {
        // An ARN ends with the id: arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/vpce-...
        let resource = match resource.strip_prefix("arn:") {
            Some(arn) => arn.rsplit('/').next().unwrap_or(arn),
            None => resource,
        };
        let mut reader = Reader::new(engine)?;
        for (kind, column) in KINDS {
            if let Some(row) = reader.row(kind, &[(column, resource)])? {
                return Ok(Subject::new(kind, column, row));
            }
        }
        if let Some(row) = reader.row("vpc_endpoint_service", &[("service_name", resource)])? {
            return Ok(Subject::new("vpc_endpoint_service", "service_id", row));
        }
        // What the crawl did not see, a bill may name.
        if let Some(row) = reader.row("vpc_endpoint_charge", &[("vpc_endpoint_id", resource)])? {
            let known = ["account_id", "region", "vpc_endpoint_id"];
            let row = row.into_iter().filter(|(column, _)| known.contains(&column.as_str())).collect();
            return Ok(Subject::new("vpc_endpoint", "vpc_endpoint_id", row));
        }
        Err(unknown(&mut reader, resource)?)
    }

    fn new(kind: &'static str, column: &str, row: Record) -> Subject {
        let (id, account_id, region) = (text(&row, column), text(&row, "account_id"), text(&row, "region"));
        Subject { kind, row, id, account_id, region }
    }

    /// The table that holds it.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the crawl did not see it, and a bill names it.
    fn is_billed_alone(&self) -> bool {
        self.kind == "vpc_endpoint" && !self.row.contains_key("vpc_endpoint_type")
    }

    /// The account and the Region in which it stands.
    pub fn scope(&self) -> (&str, &str) {
        (&self.account_id, &self.region)
    }
}

/// The error for a resource that the snapshot does not hold, with those that are written alike.
fn unknown(reader: &mut Reader, resource: &str) -> Result<Error> {
    let mut near = Vec::new();
    for (kind, column) in KINDS {
        for row in reader.rows(kind, &[], &[column])? {
            let id = text(&row, column);
            let part = resource.len() >= 6 && id.contains(resource);
            let likeness = if part { 1.0 } else { format::likeness(resource, &id) };
            if likeness > 0.6 {
                near.push((likeness, id));
            }
        }
    }
    near.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    let near: Vec<String> = near.into_iter().take(NEAR).map(|(_, id)| id).collect();
    let mut hint = match near.as_slice() {
        [] => "`plaudit report endpoints` lists the endpoints, and \
               `plaudit query \"SELECT * FROM vpc_endpoint_service\"` the services"
            .to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    };
    let shown = format::printable(resource);
    let operations =
        [Operation::Ec2DescribeVpcEndpoints, Operation::Ec2DescribeVpcEndpointServiceConfigurations];
    let unread = reader.unread(&operations)?;
    if unread > 0 {
        hint.push_str(&format!(
            "; {} could not be read in full, so it may stand there",
            format::count(unread as i64, "account x Region")
        ));
    }
    Ok(Error::usage(format!("the snapshot holds no endpoint and no endpoint service `{shown}`")).hint(hint))
}

/// What a rule says of the resource.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The rule.
    pub rule_id: String,
    /// What the rule looks for.
    pub title: String,
    /// What it says, `ok` too; nothing where it does not judge the resource.
    pub findings: Vec<Finding>,
}

/// All that is known of one resource.
#[derive(Clone, Debug)]
pub struct Explanation {
    subject: Subject,
    snapshot: Record,
    account: String,
    zones: Vec<Record>,
    subnets_routed: Vec<Record>,
    route_tables: Vec<Record>,
    security_groups: Vec<Record>,
    consumer_zones: Vec<Record>,
    principals: Vec<Record>,
    notifications: Vec<Record>,
    usage: Option<Record>,
    cost: Option<Record>,
    /// What bills say of it, by month, the latest first.
    bill: Vec<Record>,
    tags: Vec<Record>,
    verdicts: Vec<Verdict>,
    consumers: Vec<Node>,
    chain: Node,
    not_seen: Vec<String>,
}

impl Explanation {
    /// Gathers it from a snapshot whose tables the engine knows.
    pub fn read(engine: &mut Engine, subject: Subject, verdicts: Vec<Verdict>) -> Result<Explanation> {
        let mut reader = Reader::new(engine)?;
        let (account_id, region, id) = (&subject.account_id, &subject.region, &subject.id);
        let here = [("account_id", account_id.as_str()), ("region", region.as_str())];
        let of = |key, value| [here[0], here[1], (key, value)];
        let is_endpoint = subject.kind == "vpc_endpoint";
        let (key, zones) = match is_endpoint {
            true => ("vpc_endpoint_id", "vpc_endpoint_subnet"),
            false => ("service_id", "vpc_endpoint_service_zone"),
        };
        let own = of(key, id.as_str());
        let vpc_id = text(&subject.row, "vpc_id");
        let snapshot = reader.rows("snapshot", &[], &["id"])?.into_iter().next().unwrap_or_default();
        let mut not_seen = reader.gaps(account_id, region)?;
        let (consumers, chain) = match is_endpoint {
            true if subject.is_billed_alone() => {
                let unseen = "it was deleted since, or stands where something was not read";
                (Vec::new(), Node::new("endpoint", id).not_seen(Some(unseen.to_owned())))
            }
            true => (Vec::new(), consumer::from_endpoint(&mut reader, &subject.row)?),
            false => (
                consumer::to_service(&mut reader, &subject.row)?,
                provider::service(&mut reader, &subject.row)?,
            ),
        };
        for node in consumers.iter().chain([&chain]) {
            not_seen.extend(node.blind_spots());
        }
        let mut explained = Explanation {
            account: reader.account(account_id),
            zones: reader.rows(zones, &own, &["availability_zone_id"])?,
            tags: reader.rows("tag", &of("resource_id", id), &["key"])?,
            subnets_routed: Vec::new(),
            route_tables: Vec::new(),
            security_groups: Vec::new(),
            consumer_zones: Vec::new(),
            principals: Vec::new(),
            notifications: Vec::new(),
            usage: None,
            cost: None,
            bill: Vec::new(),
            snapshot,
            verdicts,
            consumers,
            chain,
            not_seen,
            subject: subject.clone(),
        };
        if is_endpoint {
            explained.subnets_routed = reader.rows("route", &own, &["subnet_id", "destination"])?;
            explained.route_tables = reader.rows("vpc_endpoint_route_table", &own, &["route_table_id"])?;
            explained.security_groups = reader.rows("vpc_endpoint_security_group", &own, &["group_id"])?;
            explained.consumer_zones =
                reader.rows("consumer_zone", &of("vpc_id", &vpc_id), &["availability_zone_id"])?;
            explained.usage = reader.row("vpc_endpoint_usage", &own)?;
            explained.cost = reader.row("vpc_endpoint_cost", &own)?;
            explained.bill =
                reader.rows("vpc_endpoint_charge", &own, &["billing_period_start DESC", "usage_type"])?;
        } else {
            explained.principals = reader.rows("vpc_endpoint_service_principal", &own, &["principal"])?;
            explained.notifications =
                reader.rows("vpc_endpoint_notification", &own, &["connection_notification_id"])?;
        }
        Ok(explained)
    }

    /// Writes it for a person.
    pub fn write(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        page::write(self, width, out)
    }

    /// Everything as one JSON object.
    pub fn to_json(&self) -> Json {
        let verdicts: Vec<Json> = self
            .verdicts
            .iter()
            .flat_map(|verdict| match verdict.findings.as_slice() {
                [] => vec![json!({ "rule_id": verdict.rule_id, "title": verdict.title, "status": null })],
                findings => findings.iter().map(|finding| verdict_json(verdict, finding)).collect(),
            })
            .collect();
        let tags: Record =
            self.tags.iter().map(|tag| (text(tag, "key"), text(tag, "value").into())).collect();
        let mut object = json!({
            "snapshot_id": self.snapshot.get("id"),
            "resource_type": self.subject.kind,
            "resource_id": self.subject.id,
            "resource": self.subject.row,
            "zones": self.zones,
            "tags": tags,
            "verdicts": verdicts,
            "chain": self.chain,
            "not_seen": self.not_seen,
        });
        let more: Vec<(&str, Json)> = match self.subject.kind {
            "vpc_endpoint" => vec![
                ("routes", json!(self.subnets_routed)),
                ("route_tables", json!(self.route_tables)),
                ("security_groups", json!(self.security_groups)),
                ("consumer_zones", json!(self.consumer_zones)),
                ("usage", json!(self.usage)),
                ("cost", json!(self.cost)),
                ("bill", json!(self.bill)),
            ],
            _ => vec![
                ("principals", json!(self.principals)),
                ("notifications", json!(self.notifications)),
                ("consumers", json!(self.consumers)),
            ],
        };
        for (name, value) in more {
            object[name] = value;
        }
        object
    }
}

fn verdict_json(verdict: &Verdict, finding: &Finding) -> Json {
    let mut object = Json::Object(finding.json());
    if let Ok(evidence) = serde_json::from_str::<Json>(&finding.evidence) {
        object["evidence"] = evidence;
    }
    if finding.status == Status::Ok {
        // What there is to say about a fault that is not there.
        object["message"] = Json::Null;
    }
    if matches!(finding.status, Status::Ok | Status::Skip) {
        object["recommended_action"] = Json::Null;
    }
    object["title"] = verdict.title.clone().into();
    object
}
