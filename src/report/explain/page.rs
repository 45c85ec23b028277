//! An explanation as a page for a terminal.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use super::node::Node;
use super::reader::{Record, is_true, maybe, number, text};
use super::tree;
use super::{Explanation, Verdict};
use crate::format;
use crate::report::fold::wrapped;
use crate::report::summary::basis;
use crate::report::terminal::Width;
use crate::table::{Finding, Status};

/// Where the text beside a label begins.
const MARGIN: usize = 12;

/// Where the text of a verdict begins.
const VERDICT_MARGIN: usize = 8;

/// Lines of a list that are shown one by one.
const SHOWN: usize = 12;

/// Writes the page.
pub fn write(it: &Explanation, width: Width, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { width };
    page.head(it, out)?;
    match it.subject.kind {
        "vpc_endpoint" => page.endpoint(it, out)?,
        _ => page.service(it, out)?,
    }
    let tags: Vec<String> =
        it.tags.iter().map(|tag| format!("{} = {}", text(tag, "key"), text(tag, "value"))).collect();
    page.list("Tags", &tags, "none", out)?;
    page.verdicts(&it.verdicts, out)?;
    if it.subject.kind == "vpc_endpoint_service" {
        page.consumers(&it.consumers, out)?;
    }
    page.trees("Chain", std::slice::from_ref(&it.chain), out)?;
    if !it.not_seen.is_empty() {
        writeln!(out, "\n{}", page.bold("Not seen"))?;
        for line in it.not_seen.iter().take(SHOWN) {
            page.indented(line, "  - ", 4, out)?;
        }
        page.more(it.not_seen.len(), 2, out)?;
    }
    Ok(())
}

struct Page {
    width: Width,
}

impl Page {
    fn bold(&self, text: &str) -> String {
        if self.width.colour { text.bold().to_string() } else { text.to_owned() }
    }

    /// Text folded beside what stands before its first line.
    fn indented(&self, text: &str, first: &str, margin: usize, out: &mut dyn Write) -> io::Result<()> {
        for (index, line) in wrapped(&format::printable(text), self.width.columns, margin).iter().enumerate()
        {
            match index {
                0 => writeln!(out, "{first}{line}")?,
                _ => writeln!(out, "{}{line}", " ".repeat(margin))?,
            }
        }
        Ok(())
    }

    fn more(&self, number: usize, margin: usize, out: &mut dyn Write) -> io::Result<()> {
        if number <= SHOWN {
            return Ok(());
        }
        let more = format::integer((number - SHOWN) as i64);
        writeln!(out, "{}and {more} more: --format json shows all", " ".repeat(margin))
    }

    /// A label and lines beside it.
    fn list(&self, label: &str, lines: &[String], none: &str, out: &mut dyn Write) -> io::Result<()> {
        let label = format!("{label:<MARGIN$}");
        let label = self.bold(&label);
        if lines.is_empty() {
            return self.indented(none, &label, MARGIN, out);
        }
        for (index, line) in lines.iter().take(SHOWN).enumerate() {
            let first = if index == 0 { label.clone() } else { " ".repeat(MARGIN) };
            self.indented(line, &first, MARGIN, out)?;
        }
        self.more(lines.len(), MARGIN, out)
    }

    fn one(&self, label: &str, parts: &[String], out: &mut dyn Write) -> io::Result<()> {
        let line = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ");
        self.list(label, &[line], "", out)
    }

    fn head(&self, it: &Explanation, out: &mut dyn Write) -> io::Result<()> {
        let row = &it.subject.row;
        let (title, leads) = match it.subject.kind {
            "vpc_endpoint" if it.subject.is_billed_alone() => (
                format!("endpoint {}", it.subject.id),
                "named by a bill alone: the crawl did not see it".to_owned(),
            ),
            "vpc_endpoint" => (
                format!("endpoint {}", it.subject.id),
                format!(
                    "{}, to {}",
                    text(row, "vpc_endpoint_type"),
                    maybe(row, "service_name")
                        .or_else(|| maybe(row, "resource_configuration_arn"))
                        .or_else(|| maybe(row, "service_network_arn"))
                        .unwrap_or_else(|| "something that AWS does not name".to_owned()),
                ),
            ),
            _ => (
                format!("endpoint service {}", it.subject.id),
                format!("{}, {}", text(row, "service_type"), text(row, "service_name")),
            ),
        };
        let snapshot = &it.snapshot;
        for line in wrapped(&format::printable(&title), self.width.columns, 0) {
            writeln!(out, "{}", self.bold(&line))?;
        }
        self.indented(&leads, "", 0, out)?;
        let taken = format!(
            "snapshot {}, taken {}, usage of {} days",
            text(snapshot, "id"),
            text(snapshot, "taken_at"),
            text(snapshot, "window_days"),
        );
        self.indented(&taken, "", 0, out)?;
        writeln!(out)?;
        self.one("Owner", &[it.account.clone(), it.subject.region.clone()], out)
    }

    fn endpoint(&self, it: &Explanation, out: &mut dyn Write) -> io::Result<()> {
        if it.subject.is_billed_alone() {
            return self.list("Bill", &bill(&it.bill), "nothing", out);
        }
        let row = &it.subject.row;
        let said = |column: &str, yes: &str, no: &str| {
            if is_true(row, column) { yes.to_owned() } else { no.to_owned() }
        };
        let region = text(row, "service_region");
        self.one(
            "State",
            &[
                text(row, "state"),
                maybe(row, "age_days").map_or_else(String::new, |days| format!("{days} days old")),
                said("requester_managed", "made and managed by an AWS service", ""),
                if region == it.subject.region { String::new() } else { format!("leads to {region}") },
                maybe(row, "payer_responsibility").map_or_else(String::new, |who| format!("paid by {who}")),
                text(row, "last_error_code"),
                text(row, "last_error_message"),
            ],
            out,
        )?;
        let groups: Vec<String> = it.security_groups.iter().map(|group| text(group, "group_id")).collect();
        let tables: Vec<String> = it.route_tables.iter().map(|table| text(table, "route_table_id")).collect();
        self.one(
            "Network",
            &[
                text(row, "vpc_id"),
                text(row, "ip_address_type"),
                said("private_dns_enabled", "private DNS on", "private DNS off"),
                groups.join(", "),
                tables.join(", "),
            ],
            out,
        )?;
        let policy = match maybe(row, "policy_document") {
            Some(policy) => {
                let length = format::integer(policy.chars().count() as i64);
                format!("{length} characters: --format json shows it")
            }
            None => "AWS returned none".to_owned(),
        };
        self.one("Policy", &[policy], out)?;
        let zones: Vec<String> = it
            .zones
            .iter()
            .map(|zone| {
                let known = ["availability_zone_id", "subnet_id", "network_interface_id"];
                known.iter().filter_map(|column| maybe(zone, column)).collect::<Vec<_>>().join(", ")
            })
            .collect();
        self.list("Zones", &zones, "none", out)?;
        let covered: Vec<String> = it.zones.iter().map(|zone| text(zone, "availability_zone_id")).collect();
        let consumers: Vec<String> = it
            .consumer_zones
            .iter()
            .map(|zone| {
                let id = text(zone, "availability_zone_id");
                let used = number(zone, "network_interfaces").unwrap_or(0.0) as i64;
                let without = if covered.contains(&id) || covered.is_empty() {
                    ""
                } else {
                    "; the endpoint has no interface there"
                };
                format!("{id}, {} in use{without}", format::count(used, "interface"))
            })
            .collect();
        self.list("Consumers", &consumers, "no interface in use is known in its VPC", out)?;
        let routes: Vec<String> = it
            .subnets_routed
            .iter()
            .map(|route| {
                let state = maybe(route, "state").filter(|state| state != "active");
                let from = maybe(route, "subnet_id").unwrap_or_else(|| text(route, "route_table_id"));
                let known = [
                    format!("{} from {from}", text(route, "destination")),
                    text(route, "availability_zone_id"),
                    state.unwrap_or_default(),
                ];
                known.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
            })
            .collect();
        if !routes.is_empty() {
            self.list("Routes", &routes, "", out)?;
        }
        self.list("Usage", &usage(it.usage.as_ref()), "not read", out)?;
        self.list("Cost", &cost(it.cost.as_ref()), "not known", out)?;
        if it.bill.is_empty() { Ok(()) } else { self.list("Bill", &bill(&it.bill), "", out) }
    }

    fn service(&self, it: &Explanation, out: &mut dyn Write) -> io::Result<()> {
        let row = &it.subject.row;
        let accepts = match is_true(row, "acceptance_required") {
            true => "each endpoint waits to be accepted",
            false => "endpoints are accepted by themselves",
        };
        self.one("State", &[text(row, "service_state"), accepts.to_owned()], out)?;
        if let Some(name) = maybe(row, "private_dns_name") {
            self.one("Private DNS", &[name, text(row, "private_dns_name_state")], out)?;
        }
        let zones: Vec<String> = it.zones.iter().map(|zone| text(zone, "availability_zone_id")).collect();
        self.one("Zones", &[zones.join(", ")], out)?;
        let principals: Vec<String> =
            it.principals.iter().map(|principal| text(principal, "principal")).collect();
        self.list("Allowed", &principals, "nobody but its own account", out)?;
        let notified: Vec<String> = it
            .notifications
            .iter()
            .map(|one| {
                ["connection_events", "connection_notification_arn", "connection_notification_state"]
                    .iter()
                    .filter_map(|column| maybe(one, column))
                    .collect::<Vec<_>>()
                    .join(", ")
            })
            .collect();
        self.list("Notified", &notified, "nobody is told of connections", out)
    }

    fn verdicts(&self, verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{}", self.bold("Rules"))?;
        let mut said: Vec<&Finding> = verdicts.iter().flat_map(|verdict| &verdict.findings).collect();
        said.sort_by_key(|finding| (order(finding.status), finding.severity, finding.rule_id.clone()));
        for finding in said.iter().filter(|finding| finding.status != Status::Ok) {
            self.verdict(finding, out)?;
        }
        let named = |rules: Vec<&str>| rules.join(", ");
        let fine: Vec<&str> = said
            .iter()
            .filter(|finding| finding.status == Status::Ok)
            .map(|finding| finding.rule_id.as_str())
            .collect();
        if !fine.is_empty() {
            self.indented(&named(fine), &self.status(Status::Ok), VERDICT_MARGIN, out)?;
        }
        let silent: Vec<&str> = verdicts
            .iter()
            .filter(|verdict| verdict.findings.is_empty())
            .map(|verdict| verdict.rule_id.as_str())
            .collect();
        if !silent.is_empty() {
            let told = format!("not judged by {}", named(silent));
            self.indented(&told, "  -     ", VERDICT_MARGIN, out)?;
        }
        Ok(())
    }

    fn status(&self, status: Status) -> String {
        let label = format!("  {:<6}", status.as_str());
        match (self.width.colour, status) {
            (false, _) => label,
            (true, Status::Alarm) => label.red().to_string(),
            (true, Status::Info) => label.blue().to_string(),
            (true, Status::Skip) => label.yellow().to_string(),
            (true, Status::Ok) => label.green().to_string(),
        }
    }

    fn verdict(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let saving = finding.monthly_saving.filter(|saving| *saving > 0.0);
        let basis = finding.cost_basis.map_or("", |on| basis(on.as_str()));
        let head = [
            format!("{} ({})", finding.rule_id, finding.severity),
            saving.map_or_else(String::new, |saving| {
                format!("saves {} a month {basis}", format::money(saving)).trim_end().to_owned()
            }),
            finding.waived_until.map_or_else(String::new, |until| format!("waived until {until}")),
        ];
        let head = head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        self.indented(&head, &self.status(finding.status), VERDICT_MARGIN, out)?;
        let margin = " ".repeat(VERDICT_MARGIN);
        if !finding.message.is_empty() {
            self.indented(&finding.message, &margin, VERDICT_MARGIN, out)?;
        }
        if finding.status == Status::Alarm {
            let action = format!("To do: {}", finding.recommended_action.trim().replace('\n', " "));
            self.indented(&action, &margin, VERDICT_MARGIN, out)?;
        }
        Ok(())
    }

    fn consumers(&self, consumers: &[Node], out: &mut dyn Write) -> io::Result<()> {
        if consumers.is_empty() {
            return writeln!(out, "\n{}\n  none is connected", self.bold("Consumers"));
        }
        self.trees("Consumers", consumers, out)
    }

    fn trees(&self, title: &str, roots: &[Node], out: &mut dyn Write) -> io::Result<()> {
        let breaks: usize = roots.iter().map(|root| root.breaks().len()).sum();
        let blind: usize = roots.iter().map(|root| root.blind_spots().len()).sum();
        let told = match (breaks, blind) {
            (0, 0) => "whole".to_owned(),
            (0, _) => "whole as far as it can be seen".to_owned(),
            _ => format!("broken at {}", format::count(breaks as i64, "place")),
        };
        writeln!(out, "\n{}", self.bold(&format!("{title}: {told}")))?;
        let mut shown: Vec<&Node> = roots.iter().collect();
        shown.sort_by_key(|root| (root.breaks().is_empty(), root.blind_spots().is_empty()));
        for root in shown.iter().take(SHOWN) {
            tree::write(root, 2, self.width, out)?;
        }
        self.more(roots.len(), 2, out)
    }
}

fn order(status: Status) -> u8 {
    match status {
        Status::Alarm => 0,
        Status::Info => 1,
        Status::Skip => 2,
        Status::Ok => 3,
    }
}

fn usage(row: Option<&Record>) -> Vec<String> {
    let Some(row) = row else { return Vec::new() };
    let sure = maybe(row, "confidence").map_or_else(String::new, |word| format!(", confidence {word}"));
    let mut lines = vec![format!("{}{sure}: {}", text(row, "usage"), text(row, "reason"))];
    if let Some(bytes) = number(row, "bytes_processed").filter(|bytes| *bytes > 0.0) {
        lines.push(format!(
            "{} in {} days, on {} of them; last on {}",
            format::bytes(bytes),
            text(row, "observed_days"),
            text(row, "active_days"),
            text(row, "last_active_date"),
        ));
    }
    lines
}

/// What bills say of an endpoint, line by line.
fn bill(rows: &[Record]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            let month: String = text(row, "billing_period_start").chars().take(7).collect();
            let amount = format::money(number(row, "billed_cost").unwrap_or(0.0));
            format!("{month}, {}: {amount} {}", text(row, "usage_type"), basis(&text(row, "cost_basis")))
        })
        .collect()
}

fn cost(row: Option<&Record>) -> Vec<String> {
    let Some(row) = row else { return Vec::new() };
    let note = maybe(row, "note");
    let mut lines = match number(row, "monthly_cost") {
        None if note.is_some() => vec!["not known".to_owned()],
        None => vec!["not known: there is no rate for it".to_owned()],
        Some(monthly) => {
            let of = |column: &str| number(row, column).map(format::money);
            let hours = of("hours_cost").map(|hours| {
                let zones = number(row, "zones_billed").unwrap_or(0.0) as i64;
                format!("{hours} for the hours of {}", format::count(zones, "zone"))
            });
            let bytes = of("bytes_cost").map(|bytes| format!("{bytes} for bytes"));
            let parts: Vec<String> = [hours, bytes].into_iter().flatten().collect();
            vec![
                format!("{} a month {}", format::money(monthly), basis(&text(row, "cost_basis"))),
                parts.join(", "),
            ]
        }
    };
    lines.extend(note);
    lines.retain(|line| !line.is_empty());
    lines
}
