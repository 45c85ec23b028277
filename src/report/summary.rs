//! The page that a person reads first: what was seen, what it costs, what could be saved, what is
//! wrong, and what was not seen.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use super::completeness::Completeness;
use super::fold::wrapped;
use super::grid::{self, Column};
use super::rows::Rows;
use super::severity::{RANK, painted, ranked};
use super::sheet::Format;
use super::terminal::Width;
use crate::engine::Engine;
use crate::error::Result;
use crate::format;
use crate::table::{MADE_BY_A_SERVICE, Operation};

/// How many findings are shown one by one.
const WORST: usize = 10;

/// What the page says.
#[derive(Clone, Debug)]
pub struct Summary {
    snapshot: String,
    taken_at: String,
    window_days: i64,
    source: String,
    completeness: Completeness,
    endpoints: i64,
    services: i64,
    /// How endpoints are used, how many are, and how many of them are younger than the window.
    usage: Vec<(String, i64, i64)>,
    spend: Vec<Spend>,
    unpriced: Vec<(String, i64)>,
    /// Endpoints that AWS services made, and that no bill shows.
    made_by_services: i64,
    /// The latest whole months of bills.
    billed_months: Vec<String>,
    hours_only: i64,
    savings: Vec<(String, f64, i64)>,
    rules: Vec<RuleLine>,
    worst: Vec<WorstLine>,
    waived: i64,
    /// Waivers by how they fared.
    waivers: Vec<(String, i64)>,
}

/// Money on one basis.
#[derive(Clone, Debug)]
struct Spend {
    basis: String,
    endpoints: i64,
    monthly: f64,
}

#[derive(Clone, Debug)]
struct RuleLine {
    severity: String,
    rule: String,
    title: String,
    alarm: i64,
    info: i64,
    ok: i64,
    skip: i64,
}

#[derive(Clone, Debug)]
struct WorstLine {
    severity: String,
    rule: String,
    account: String,
    region: String,
    resource: String,
    message: String,
    saving: Option<f64>,
}

impl Summary {
    /// The tables that it is read from.
    #[rustfmt::skip]
    pub const TABLES: &'static [&'static str] = &[
        "account", "bill", "coverage", "finding", "rule_outcome", "snapshot", "vpc_endpoint", "vpc_endpoint_cost",
        "vpc_endpoint_service", "vpc_endpoint_usage", "waiver_outcome",
    ];

    /// Reads a snapshot whose tables, findings among them, the engine knows.
    pub fn read(engine: &mut Engine) -> Result<Summary> {
        let completeness = Completeness::read(engine)?;
        let about = Rows(
            engine
                .collect("SELECT id, taken_at, window_days, account_source, organization_id FROM snapshot")?,
        );
        let source = match (about.text("account_source", 0).as_str(), about.text("organization_id", 0)) {
            ("organization", id) if !id.is_empty() => format!("organization {id}"),
            ("organization", _) => "organization".to_owned(),
            ("list", _) => "listed accounts".to_owned(),
            ("profiles", _) => "the accounts of several profiles".to_owned(),
            _ => "the caller's own account: there is no organization".to_owned(),
        };
        let counts = Rows(engine.collect(
            "SELECT e.endpoints, s.services FROM (SELECT COUNT(*) AS endpoints FROM vpc_endpoint) AS e \
             CROSS JOIN (SELECT COUNT(*) AS services FROM vpc_endpoint_service) AS s",
        )?);
        let usage = Rows(engine.collect(
            "SELECT u.usage, COUNT(*) AS endpoints, \
               SUM(CASE WHEN u.usage = 'idle' AND e.age_days < s.window_days THEN 1 ELSE 0 END) AS young \
             FROM vpc_endpoint_usage AS u CROSS JOIN snapshot AS s LEFT JOIN vpc_endpoint AS e \
               ON e.account_id = u.account_id AND e.region = u.region AND e.vpc_endpoint_id = u.vpc_endpoint_id \
             GROUP BY u.usage ORDER BY u.usage",
        )?);
        let spend = Rows(engine.collect(
            "SELECT cost_basis, COUNT(DISTINCT vpc_endpoint_id) AS endpoints, SUM(monthly_cost) AS monthly FROM vpc_endpoint_cost \
             WHERE cost_basis <> 'unknown_rate' GROUP BY cost_basis ORDER BY cost_basis",
        )?);
        let of_service = format!("note LIKE '{MADE_BY_A_SERVICE}%'");
        let unpriced = Rows(engine.collect(&format!(
            "SELECT region, COUNT(*) AS endpoints FROM vpc_endpoint_cost WHERE cost_basis = 'unknown_rate' \
             AND NOT {of_service} GROUP BY region ORDER BY region",
        ))?);
        let made = Rows(engine.collect(&format!(
            "SELECT COUNT(*) AS endpoints FROM vpc_endpoint_cost WHERE cost_basis = 'unknown_rate' AND {of_service}",
        ))?);
        let months = Rows(engine.collect(
            "SELECT DISTINCT month FROM (\
               SELECT place, billing_account_id, CAST(MAX(billing_period_start) AS VARCHAR) AS month FROM bill \
               WHERE complete GROUP BY place, billing_account_id) AS latest ORDER BY month",
        )?);
        let hours_only = Rows(engine.collect(
            "SELECT COUNT(*) AS endpoints FROM vpc_endpoint_cost WHERE monthly_cost IS NOT NULL AND bytes_cost IS NULL",
        )?);
        // Several rules may claim a saving on the same resource: it can be saved only once.
        let savings = Rows(engine.collect(
            "SELECT cost_basis, SUM(saving) AS monthly, COUNT(*) AS resources FROM (\
               SELECT account_id, region, resource_id, cost_basis, MAX(monthly_saving) AS saving FROM finding \
               WHERE status = 'alarm' AND waived_until IS NULL AND monthly_saving > 0 \
               GROUP BY account_id, region, resource_id, cost_basis) AS once \
             GROUP BY cost_basis ORDER BY cost_basis",
        )?);
        // A rule is as severe as the worst of its alarms.
        let open = "finding WHERE status = 'alarm' AND waived_until IS NULL";
        let rules = Rows(engine.collect(&format!(
            "WITH own AS (SELECT rule_id, title, {RANK} AS severity, alarm - waived AS alarm, info, ok, \
               skip + incomplete_scopes AS skip, waived FROM rule_outcome), \
             alarms AS (SELECT rule_id, MIN({RANK}) AS severity FROM {open} GROUP BY rule_id) \
             SELECT own.rule_id, title, COALESCE(alarms.severity, own.severity) AS severity, alarm, info, ok, skip, waived \
             FROM own LEFT JOIN alarms ON alarms.rule_id = own.rule_id ORDER BY 3, own.rule_id",
        ))?);
        let worst = Rows(engine.collect(&format!(
            "SELECT severity, rule_id, account_name, region, resource_id, message, monthly_saving, \
               COALESCE(monthly_saving, 0) AS weight FROM {open} \
             ORDER BY {RANK}, weight DESC, rule_id, account_id, region, resource_id LIMIT {WORST}"
        ))?);
        let waivers = Rows(engine.collect(
            "SELECT outcome, COUNT(*) AS waivers FROM waiver_outcome WHERE outcome <> 'used' \
             GROUP BY outcome ORDER BY outcome",
        )?);
        Ok(Summary {
            snapshot: about.text("id", 0),
            taken_at: about.text("taken_at", 0),
            window_days: about.integer("window_days", 0),
            source,
            completeness,
            endpoints: counts.integer("endpoints", 0),
            services: counts.integer("services", 0),
            usage: usage.map(|row| {
                (usage.text("usage", row), usage.integer("endpoints", row), usage.integer("young", row))
            }),
            spend: spend.map(|row| Spend {
                basis: spend.text("cost_basis", row),
                endpoints: spend.integer("endpoints", row),
                monthly: spend.number("monthly", row).unwrap_or(0.0),
            }),
            unpriced: unpriced.map(|row| (unpriced.text("region", row), unpriced.integer("endpoints", row))),
            made_by_services: made.integer("endpoints", 0),
            billed_months: months.map(|row| months.text("month", row).chars().take(7).collect()),
            hours_only: hours_only.integer("endpoints", 0),
            savings: savings.map(|row| {
                let monthly = savings.number("monthly", row).unwrap_or(0.0);
                (savings.text("cost_basis", row), monthly, savings.integer("resources", row))
            }),
            waived: (0..rules.height()).map(|row| rules.integer("waived", row)).sum(),
            waivers: waivers.map(|row| (waivers.text("outcome", row), waivers.integer("waivers", row))),
            rules: rules.map(|row| RuleLine {
                severity: ranked(rules.integer("severity", row)).to_owned(),
                rule: rules.text("rule_id", row),
                title: rules.text("title", row),
                alarm: rules.integer("alarm", row),
                info: rules.integer("info", row),
                ok: rules.integer("ok", row),
                skip: rules.integer("skip", row),
            }),
            worst: worst.map(|row| WorstLine {
                severity: worst.text("severity", row),
                rule: worst.text("rule_id", row),
                account: worst.text("account_name", row),
                region: worst.text("region", row),
                resource: worst.text("resource_id", row),
                message: worst.text("message", row),
                saving: worst.number("monthly_saving", row),
            }),
        })
    }

    /// How much was audited.
    pub fn completeness(&self) -> &Completeness {
        &self.completeness
    }

    /// Writes the page.
    pub fn write(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        let bold = |text: &str| {
            if width.colour { text.bold().to_string() } else { text.to_owned() }
        };
        for line in wrapped(&format!("plaudit: PrivateLink of {}", self.source), width.columns, 0) {
            writeln!(out, "{}", bold(&line))?;
        }
        let taken = format!(
            "snapshot {}, taken {}, usage of {} days",
            self.snapshot, self.taken_at, self.window_days
        );
        for line in wrapped(&taken, width.columns, 0) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
        self.write_seen(&bold, width, out)?;
        self.write_money(&bold, width, out)?;
        self.write_rules(&bold, width, out)?;
        self.write_worst(&bold, width, out)
    }

    fn write_seen(&self, bold: &dyn Fn(&str) -> String, width: Width, out: &mut dyn Write) -> io::Result<()> {
        let seen = &self.completeness;
        let mut lines = seen.lines();
        let usage: Vec<_> = self
            .usage
            .iter()
            .map(|(usage, number, young)| match young {
                0 => format!("{} {usage}", format::integer(*number)),
                young => {
                    let (all, young) = (format::integer(*number), format::integer(*young));
                    format!("{all} {usage} ({young} younger than {} days)", self.window_days)
                }
            })
            .collect();
        let usage = match usage.is_empty() {
            _ if seen.left_out(Operation::CloudWatchGetMetricData) => {
                ", whose usage was not asked for".to_owned()
            }
            true => String::new(),
            false => format!(": {}", usage.join(", ")),
        };
        // What nobody asked for is not none.
        lines.push(match seen.left_out(Operation::Ec2DescribeVpcEndpoints) {
            true => "endpoints were not asked for".to_owned(),
            false => format!("{}{usage}", format::count(self.endpoints, "endpoint")),
        });
        lines.push(match seen.left_out(Operation::Ec2DescribeVpcEndpointServiceConfigurations) {
            true => "endpoint services were not asked for".to_owned(),
            false => format::count(self.services, "endpoint service"),
        });
        block(&bold("Coverage"), &lines, width, out)?;
        writeln!(out)
    }

    fn write_money(
        &self,
        bold: &dyn Fn(&str) -> String,
        width: Width,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut lines: Vec<String> = self
            .spend
            .iter()
            .map(|spend| {
                let months = match spend.basis.as_str() {
                    "billed" | "allocated" if !self.billed_months.is_empty() => {
                        format!(" ({})", self.billed_months.join(" or "))
                    }
                    _ => String::new(),
                };
                format!(
                    "{} a month {} for {}{months}",
                    format::money(spend.monthly),
                    basis(&spend.basis),
                    format::count(spend.endpoints, "endpoint"),
                )
            })
            .collect();
        if self.made_by_services > 0 {
            let endpoints = format::count(self.made_by_services, "endpoint");
            lines.push(format!("without {endpoints} that AWS services made, which may pay for them"));
        }
        if self.hours_only > 0 {
            let endpoints = format::count(self.hours_only, "endpoint");
            lines.push(format!("without the traffic of {endpoints}, which could not be measured or priced"));
        }
        if !self.unpriced.is_empty() {
            let regions: Vec<_> = self
                .unpriced
                .iter()
                .map(|(region, number)| format!("{} in {region}", format::count(*number, "endpoint")))
                .collect();
            lines.push(format!("without {}, whose rate is not known", regions.join(", ")));
        }
        if lines.is_empty() {
            lines.push("nothing that costs money was seen".to_owned());
        }
        block(&bold("Spend   "), &lines, width, out)?;
        let savings: Vec<String> = self
            .savings
            .iter()
            .map(|(on, monthly, resources)| {
                format!(
                    "{} a month {} on {}",
                    format::money(*monthly),
                    basis(on),
                    format::count(*resources, "resource")
                )
            })
            .collect();
        block(&bold("Savings "), &savings, width, out)?;
        writeln!(out)
    }

    fn write_rules(
        &self,
        bold: &dyn Fn(&str) -> String,
        width: Width,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.rules.is_empty() {
            return writeln!(out, "No rule has run over this snapshot yet: `plaudit check` runs them.");
        }
        writeln!(out, "{}", bold("Findings by rule"))?;
        let text =
            |read: fn(&RuleLine) -> &String| self.rules.iter().map(|line| read(line).clone()).collect();
        let number = |heading: &str, read: fn(&RuleLine) -> i64| {
            let cells = self.rules.iter().map(|line| format::integer(read(line))).collect();
            Column::new(heading, cells).numeric()
        };
        let columns = [
            Column { format: Format::Severity, ..Column::new("severity", text(|line| &line.severity)) },
            Column::new("rule", text(|line| &line.rule)),
            number("alarm", |line| line.alarm),
            number("info", |line| line.info),
            number("ok", |line| line.ok),
            number("skip", |line| line.skip),
            Column::new("what it looks for", text(|line| &line.title)),
        ];
        grid::write(&columns, columns.len() - 1, width, out)?;
        if self.waived > 0 {
            writeln!(out, "{} waived, and not counted here.", format::count(self.waived, "further alarm"))?;
        }
        let fared: Vec<_> = self
            .waivers
            .iter()
            .map(|(outcome, number)| format!("{} {outcome}", format::count(*number, "waiver")))
            .collect();
        if !fared.is_empty() {
            let told = format!("{}: `plaudit report waivers` names them.", fared.join(", "));
            for line in wrapped(&told, width.columns, 0) {
                writeln!(out, "{line}")?;
            }
        }
        writeln!(out)
    }

    fn write_worst(
        &self,
        bold: &dyn Fn(&str) -> String,
        width: Width,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.worst.is_empty() {
            return Ok(());
        }
        let alarms: i64 = self.rules.iter().map(|line| line.alarm).sum();
        let shown = self.worst.len() as i64;
        writeln!(out, "{}", bold(&format!("The worst {shown} of {}", format::count(alarms, "alarm"))))?;
        for line in &self.worst {
            let severity = format!("{:<8}", line.severity);
            let severity = if width.colour { painted(&severity, &line.severity) } else { severity };
            let saving = line.saving.filter(|saving| *saving > 0.0);
            let saving = saving
                .map_or_else(String::new, |saving| format!(", saves {} a month", format::money(saving)));
            let place =
                format!("{}  {}, {}, {}{saving}", line.rule, line.resource, line.account, line.region,);
            for (index, part) in wrapped(&place, width.columns, 12).iter().enumerate() {
                let margin = if index == 0 { format!("  {severity}") } else { " ".repeat(10) };
                writeln!(out, "{margin}  {part}")?;
            }
            for part in wrapped(&line.message, width.columns, 12) {
                writeln!(out, "            {part}")?;
            }
        }
        if alarms > shown {
            for line in wrapped("`plaudit report findings` shows all.", width.columns, 2) {
                writeln!(out, "  {line}")?;
            }
        }
        Ok(())
    }
}

/// A title of eight letters and lines beside it, wrapped where there is not room for them.
fn block(title: &str, lines: &[String], width: Width, out: &mut dyn Write) -> io::Result<()> {
    let margin = " ".repeat(10);
    for (index, line) in lines.iter().enumerate() {
        let listed = line.starts_with("- ");
        for (part, text) in wrapped(line, width.columns, 12).iter().enumerate() {
            match (index, part) {
                (0, 0) => writeln!(out, "{title}  {text}")?,
                (_, 0) => writeln!(out, "{margin}{text}")?,
                _ => writeln!(out, "{margin}{}{text}", if listed { "  " } else { "" })?,
            }
        }
    }
    Ok(())
}

/// How an amount came about, in words.
pub(super) fn basis(word: &str) -> &'static str {
    match word {
        "billed" => "billed",
        "allocated" => "allocated from the account's bill",
        "list_price" => "at list price (an estimate)",
        _ => "on an unknown basis",
    }
}
