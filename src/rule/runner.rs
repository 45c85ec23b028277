//! Runs rules over a snapshot's tables and turns their rows into findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use polars::prelude::LazyFrame;
use serde_json::{Map, Value as Json, json};

use super::gap::{Gaps, Scope};
use super::unjudged::{Reasons, unjudged, without};
use super::waiver;
use super::{Rule, VERDICT_COLUMNS};
use crate::config::{TagConfig, Waiver};
use crate::engine::scope::stored;
use crate::engine::{Answer, Engine, Value};
use crate::error::{Error, Result};
use crate::format;
use crate::parallel;
use crate::table::{Confidence, CostBasis, Finding, RuleOutcome, Severity, Status, WaiverOutcome};

/// A name that messages may show without the rule selecting it.
pub const WINDOW_DAYS: &str = "window_days";

/// Rules that are run at the same time. The engine does not keep all processors busy with one; each
/// further one takes memory of its own.
const AT_A_TIME: usize = 2;

/// Tables that are read whatever the rules read: names of accounts, what is missing, tags for waivers.
pub const FACTS: &[&str] = &["account", "coverage", "tag"];

/// What rules are run over.
pub struct Facts {
    /// The tables by name: [`FACTS`] and those that the rules read. What a snapshot was taken without is
    /// not among them.
    pub tables: BTreeMap<&'static str, LazyFrame>,
    /// Days of usage that the snapshot covers.
    pub window_days: i64,
    /// The day of the snapshot, up to which waivers are judged.
    pub today: Date,
    /// What the tags of every resource must be.
    pub tags: TagConfig,
    /// Whether resources in order are listed, and not only counted.
    pub include_ok: bool,
}

/// What the rules found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Alarms, infos and skips, in the order in which they are stored.
    pub findings: Vec<Finding>,
    /// The count for each rule.
    pub outcomes: Vec<RuleOutcome>,
    /// How each waiver fared.
    pub waivers: Vec<WaiverOutcome>,
}

/// Runs rules over facts.
pub fn check<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    facts: &Facts,
    waivers: &[Waiver],
) -> Result<Findings> {
    let mut runner = Runner::new(facts)?;
    let mut result = Findings::default();
    let rules: Vec<&Rule> = rules.filter(|rule| rule.enabled).collect();
    let known = Arc::new(Known { views: runner.views(&rules)?, ..Known::clone(&runner.known) });
    runner = Runner::knowing(facts, known.clone());
    parallel::in_order(
        &rules,
        AT_A_TIME,
        || Runner::knowing(facts, known.clone()),
        |own, rule| {
            tracing::debug!(target: "plaudit", "the rule {} begins", rule.id);
            own.judge(rule)
        },
        |rule, judged| {
            let judged: Judged = judged?;
            let said =
                |status| judged.verdicts.iter().filter(|verdict| verdict.status == status).count() as i64;
            let mut outcome = RuleOutcome {
                rule_id: rule.id.clone(),
                title: rule.header.title.clone(),
                category: rule.header.category,
                severity: rule.header.severity,
                alarm: said(Status::Alarm),
                info: said(Status::Info),
                ok: judged.ok,
                skip: 0,
                incomplete_scopes: judged.incomplete.len() as i64,
                waived: 0,
            };
            for verdict in judged.verdicts {
                result.findings.push(runner.finding(rule, verdict));
            }
            for (scope, reasons) in judged.unjudged {
                outcome.skip += reasons.values().map(|resources| resources.len() as i64).sum::<i64>();
                result.findings.push(runner.unjudged(rule, &scope, &reasons));
            }
            for scope in judged.incomplete {
                result.findings.push(runner.incomplete(rule, &scope));
            }
            result.outcomes.push(outcome);
            Ok(())
        },
    )?;
    result.waivers = waiver::apply(waivers, facts.today, &runner.tags(waivers)?, &mut result.findings);
    for outcome in &mut result.outcomes {
        let waived = |finding: &&Finding| {
            finding.rule_id == outcome.rule_id
                && finding.status == Status::Alarm
                && finding.waived_until.is_some()
        };
        outcome.waived = result.findings.iter().filter(waived).count() as i64;
    }
    result.findings.sort_by(crate::table::Row::compare);
    Ok(result)
}

/// What a rule says of one resource.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub status: Status,
    pub account_id: String,
    pub region: String,
    pub resource_type: String,
    pub resource_id: String,
    pub severity: Severity,
    pub confidence: Confidence,
    pub message: String,
    pub recommended_action: String,
    pub monthly_cost: Option<f64>,
    pub monthly_saving: Option<f64>,
    pub cost_basis: Option<CostBasis>,
    pub evidence: Map<String, Json>,
}

impl Verdict {
    /// A verdict that the fault is not there: message and action speak of the fault.
    fn in_order(self) -> Verdict {
        let message = "in order: the fault is not there".to_owned();
        Verdict { message, recommended_action: String::new(), monthly_saving: None, ..self }
    }
}

/// What a rule says of a snapshot.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub verdicts: Vec<Verdict>,
    /// Resources in order.
    pub ok: i64,
    /// Resources that the rule does not judge, by account and Region, with its reasons.
    pub unjudged: BTreeMap<(String, String), Reasons>,
    /// Accounts and Regions about which the rule says nothing, because what it reads is incomplete.
    pub incomplete: Vec<(String, String)>,
}

pub(super) struct Runner<'a> {
    engine: Engine,
    facts: &'a Facts,
    known: Arc<Known>,
}

/// What is read of a snapshot once, for all rules.
#[derive(Clone, Default)]
struct Known {
    account_names: BTreeMap<String, String>,
    gaps: Gaps,
    /// The views that the rules read, over all accounts and Regions.
    views: BTreeMap<&'static str, LazyFrame>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(facts: &'a Facts) -> Result<Runner<'a>> {
        let mut runner = Runner::knowing(facts, Arc::default());
        let account_names = runner
            .engine
            .texts("SELECT account_id, account_name FROM stored_account")?
            .into_iter()
            .map(|[id, name]| (id, name))
            .collect();
        let gaps = Gaps::find(&mut runner.engine, facts)?;
        runner.known = Arc::new(Known { account_names, gaps, ..Known::default() });
        Ok(runner)
    }

    /// Another one, for another thread, that need not read again what one has read.
    fn knowing(facts: &'a Facts, known: Arc<Known>) -> Runner<'a> {
        let mut engine = Engine::default();
        for (name, table) in &facts.tables {
            engine.register(&stored(name), table.clone());
        }
        for (name, view) in &known.views {
            engine.register(&stored(name), view.clone());
        }
        Runner { engine, facts, known }
    }

    /// Computes the views that rules read, each once for all of them.
    fn views(&mut self, rules: &[&Rule]) -> Result<BTreeMap<&'static str, LazyFrame>> {
        let mut views = BTreeMap::new();
        for rule in rules.iter().filter(|rule| self.known.gaps.lacking(rule).is_none()) {
            for view in rule.views()? {
                if !views.contains_key(view.name.as_str()) {
                    tracing::debug!(target: "plaudit", "the view {} begins", view.name);
                    let rows = self.engine.collect_scoped(&view.embedded())?.into_table();
                    self.engine.register(&stored(&view.name), rows.clone());
                    views.insert(view.name.as_str(), rows);
                }
            }
        }
        Ok(views)
    }

    /// Runs a rule. Resources in order are only counted, and those that it does not judge only named:
    /// of both there may be as many as there are resources.
    pub(super) fn judge(&mut self, rule: &Rule) -> Result<Judged> {
        let incomplete = self.incomplete_scopes(rule);
        if self.known.gaps.lacking(rule).is_some() {
            return Ok(Judged { incomplete, ..Judged::default() });
        }
        let (in_order, others) = self.answer(rule)?.split("status", Status::Ok.as_str())?;
        let (skipped, others) = others.split("status", Status::Skip.as_str())?;
        let mut verdicts = self.verdicts(rule, &others)?;
        if self.facts.include_ok {
            verdicts.extend(self.verdicts(rule, &in_order)?.into_iter().map(Verdict::in_order));
        }
        Ok(Judged { verdicts, ok: in_order.height() as i64, unjudged: unjudged(rule, &skipped)?, incomplete })
    }

    /// Runs a rule, and gives what it says of each resource.
    pub(super) fn judge_each(&mut self, rule: &Rule) -> Result<Vec<Verdict>> {
        let sql = rule.embedded_whole(&self.facts.tags);
        let answer = self.engine.collect_scoped(&sql).map_err(|error| broken(rule, &error))?;
        self.verdicts(rule, &answer)
    }

    fn answer(&mut self, rule: &Rule) -> Result<Answer> {
        let sql = rule.embedded(&self.facts.tags);
        self.engine.collect_scoped(&sql).map_err(|error| broken(rule, &error))
    }

    /// What a rule says of the resources of one id.
    pub(super) fn judge_one(&mut self, rule: &Rule, resource_id: &str) -> Result<Vec<Verdict>> {
        if self.known.gaps.lacking(rule).is_some() {
            return Ok(Vec::new());
        }
        let sql = rule.embedded_whole(&self.facts.tags);
        let answer = self
            .engine
            .collect_scoped_where(&sql, "resource_id", resource_id)
            .map_err(|error| broken(rule, &error))?;
        self.verdicts(rule, &answer)
    }

    /// Where something that a rule reads is incomplete.
    pub(super) fn incomplete_scopes(&self, rule: &Rule) -> Vec<Scope> {
        self.known.gaps.scopes(rule)
    }

    /// Whether something that a rule reads is incomplete in an account and Region.
    pub(super) fn is_incomplete(&self, rule: &Rule, scope: &Scope) -> bool {
        self.known.gaps.matter(rule, scope)
    }

    fn verdicts(&self, rule: &Rule, answer: &Answer) -> Result<Vec<Verdict>> {
        let columns = answer.columns();
        let mut verdicts = Vec::with_capacity(answer.height());
        for row in 0..answer.height() {
            let cell = |name: &str| {
                columns
                    .iter()
                    .find(|(column, _)| column == name)
                    .map_or(&Value::Null, |(_, values)| &values[row])
            };
            let text = |name: &str| cell(name).as_text().map(str::to_owned);
            let wrong = |problem: String| Error::usage(problem).at(rule.place());
            let needed = |name: &str| text(name).ok_or_else(|| without(rule, name));
            let resource_id = needed("resource_id")?;
            let word = needed("status")?;
            let status = Status::from_word(&word).ok_or_else(|| {
                wrong(format!("the rule gives `{resource_id}` the status `{word}`"))
                    .hint("use alarm, ok, info or skip")
            })?;
            let severity = optional(text("severity"), Severity::from_word, "severity")
                .map_err(|e| e.at(rule.place()))?;
            let confidence = optional(text("confidence"), Confidence::from_word, "confidence")
                .map_err(|e| e.at(rule.place()))?;
            let cost_basis = optional(text("cost_basis"), CostBasis::from_word, "cost_basis")
                .map_err(|e| e.at(rule.place()))?;
            let variant = text("variant");
            let of_variant = |name: &String| (rule.header.messages.get(name), rule.header.actions.get(name));
            let (message, action) = variant.as_ref().map_or((None, None), of_variant);
            if let (Some(variant), None, None) = (&variant, message, action) {
                return Err(wrong(format!(
                    "the rule's answer names the variant `{variant}`, which the header does not have"
                ))
                .hint("add it under [messages] or [actions]"));
            }
            let value = |name: &str| {
                if columns.iter().any(|(column, _)| column == name) {
                    return cell(name).clone();
                }
                let param = rule.header.params.iter().find(|param| param.name() == name);
                match param {
                    Some(param) => param.value().clone(),
                    None if name == WINDOW_DAYS => Value::Integer(self.facts.window_days),
                    None => Value::Null,
                }
            };
            let evidence: BTreeMap<&str, Json> = columns
                .iter()
                .filter(|(name, _)| !VERDICT_COLUMNS.contains(&name.as_str()))
                .map(|(name, values)| (name.as_str(), values[row].to_json()))
                .collect();
            let money = |name: &str| cell(name).as_f64().filter(|amount| amount.is_finite());
            verdicts.push(Verdict {
                status,
                account_id: needed("account_id")?,
                region: needed("region")?,
                resource_type: text("resource_type").unwrap_or_else(|| rule.header.resource.clone()),
                resource_id,
                // What could not be judged is not known to be worse than the rule says in general.
                severity: severity.filter(|_| status != Status::Skip).unwrap_or(rule.header.severity),
                confidence: confidence.unwrap_or(rule.header.confidence),
                message: message.unwrap_or(&rule.header.message).render(&value),
                recommended_action: action.unwrap_or(&rule.header.recommended_action).render(&value),
                monthly_cost: money("monthly_cost"),
                monthly_saving: money("monthly_saving"),
                cost_basis,
                evidence: evidence.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            });
        }
        Ok(verdicts)
    }

    fn account_name(&self, account: &str) -> String {
        self.known.account_names.get(account).cloned().unwrap_or_else(|| account.to_owned())
    }

    pub(super) fn finding(&self, rule: &Rule, verdict: Verdict) -> Finding {
        Finding {
            rule_id: rule.id.clone(),
            category: rule.header.category,
            severity: verdict.severity,
            confidence: verdict.confidence,
            status: verdict.status,
            account_name: self.account_name(&verdict.account_id),
            account_id: verdict.account_id,
            region: verdict.region,
            resource_type: verdict.resource_type,
            resource_id: verdict.resource_id,
            message: verdict.message,
            monthly_cost: verdict.monthly_cost,
            monthly_saving: verdict.monthly_saving,
            // An amount never stands without its basis; where the rule names none, there is none to print.
            cost_basis: verdict.cost_basis,
            steps: super::action::steps(&verdict.recommended_action),
            recommended_action: verdict.recommended_action,
            waived_until: None,
            evidence: Json::Object(verdict.evidence).to_string(),
        }
    }

    /// The one skip for resources of an account and Region that the rule could not judge.
    fn unjudged(&self, rule: &Rule, scope: &Scope, reasons: &Reasons) -> Finding {
        let resources = reasons.values().map(|resources| resources.len() as i64).sum();
        let told: Vec<_> =
            reasons.iter().map(|(reason, resources)| format!("{reason} ({})", resources.len())).collect();
        let message = format!("{} not judged: {}", format::count(resources, "resource"), told.join("; "));
        self.skip(rule, scope, message, json!({ "not_judged": reasons }))
    }

    /// The skip for an account and Region in which something that the rule reads is incomplete.
    pub(super) fn incomplete(&self, rule: &Rule, scope: &Scope) -> Finding {
        let (message, evidence) = self.known.gaps.told(rule, scope);
        let mut finding = self.skip(rule, scope, message, evidence);
        if self.known.gaps.lacking(rule).is_some() {
            finding.recommended_action = "take a new snapshot: `plaudit crawl`".to_owned();
        }
        finding
    }

    fn skip(&self, rule: &Rule, (account, region): &Scope, message: String, evidence: Json) -> Finding {
        Finding {
            rule_id: rule.id.clone(),
            category: rule.header.category,
            severity: rule.header.severity,
            confidence: rule.header.confidence,
            status: Status::Skip,
            account_name: self.account_name(account),
            account_id: account.clone(),
            region: region.clone(),
            resource_type: rule.header.resource.clone(),
            resource_id: String::new(),
            message,
            monthly_cost: None,
            monthly_saving: None,
            cost_basis: None,
            recommended_action: "see `plaudit report coverage` for what was not read, and why".to_owned(),
            steps: None,
            waived_until: None,
            evidence: evidence.to_string(),
        }
    }

    /// The tags of all resources, where a waiver asks for one.
    pub(super) fn tags(&mut self, waivers: &[Waiver]) -> Result<waiver::Tags> {
        let mut tags = waiver::Tags::new();
        if waivers.iter().all(|waiver| waiver.tag.is_none()) {
            return Ok(tags);
        }
        for [account, region, resource, key, value] in
            self.engine.texts::<5>("SELECT account_id, region, resource_id, key, value FROM stored_tag")?
        {
            tags.entry((account, region, resource)).or_default().insert(key, value);
        }
        Ok(tags)
    }
}

fn broken(rule: &Rule, error: &Error) -> Error {
    Error::usage(format!("the rule's SQL cannot be run: {}", error.problem()))
        .at(rule.place())
        .hint("`plaudit schema` lists the tables and their columns")
}

fn optional<T>(word: Option<String>, parse: fn(&str) -> Option<T>, column: &str) -> Result<Option<T>> {
    match word {
        None => Ok(None),
        Some(word) => parse(&word).map(Some).ok_or_else(|| {
            Error::usage(format!(
                "the rule's column `{column}` holds `{word}`, which is not one of its words"
            ))
            .hint("severity takes critical, high, medium, low or info; confidence high, medium or low; cost_basis billed, allocated, list_price or unknown_rate")
        }),
    }
}
