//! The header of a rule's file.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::action::Action;
use super::message::Message;
use super::param::Param;
use crate::engine::document::Document;
use crate::error::{Error, Result};
use crate::table::{self, Category, Confidence, Severity};

/// What a rule says of itself.
#[derive(Clone, Debug)]
pub struct Header {
    /// The fault, as a sentence without a full stop.
    pub title: String,
    /// What the rule is about.
    pub category: Category,
    /// How much it matters, unless a row or the configuration says otherwise.
    pub severity: Severity,
    /// How sure it is, unless a row says otherwise.
    pub confidence: Confidence,
    /// The table that holds the resources it judges, unless a row says otherwise.
    pub resource: String,
    /// The sentence of a finding.
    pub message: Message,
    /// Sentences for rows whose column `variant` names them.
    pub messages: BTreeMap<String, Message>,
    /// Why it matters.
    pub rationale: String,
    /// What to do, with the exact command or console step.
    pub recommended_action: Action,
    /// What to do for rows whose column `variant` names it.
    pub actions: BTreeMap<String, Action>,
    /// When not to act: what looks like the fault and is not.
    pub exceptions: Vec<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// Thresholds and their defaults.
    pub params: Vec<Param>,
    /// Operations on which the rule depends through views alone, by their names.
    pub operations_of_views: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    title: Spanned<String>,
    category: Spanned<String>,
    severity: Spanned<String>,
    confidence: Spanned<String>,
    resource: Spanned<String>,
    message: Spanned<String>,
    #[serde(default)]
    messages: BTreeMap<String, Spanned<String>>,
    rationale: Spanned<String>,
    recommended_action: Spanned<String>,
    #[serde(default)]
    actions: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    exceptions: Vec<String>,
    references: Vec<Spanned<String>>,
    #[serde(default)]
    params: BTreeMap<String, Spanned<toml::Value>>,
    #[serde(default)]
    operations_of_views: Vec<String>,
}

impl Header {
    /// Reads and checks a header.
    pub fn parse(document: &Document) -> Result<Header> {
        let raw: Raw = document.parse()?;
        let place = |span: std::ops::Range<usize>| document.place(span.start);
        let said = |text: Spanned<String>, key: &str| {
            if text.get_ref().trim().is_empty() {
                return Err(Error::usage(format!("`{key}` is empty"))
                    .at(place(text.span()))
                    .hint("say it: this is what a reader of the finding gets to see"));
            }
            // Lines in the header are no lines of the page, nor of a CSV cell.
            Ok(text.get_ref().split_whitespace().collect::<Vec<_>>().join(" "))
        };
        if table::schema(raw.resource.get_ref()).is_none_or(|schema| schema.column("account_id").is_none()) {
            return Err(Error::usage(format!("there is no table `{}` of resources", raw.resource.get_ref()))
                .at(place(raw.resource.span()))
                .hint("name the table whose resources the rule judges; `plaudit schema` lists them"));
        }
        let message = |text: &Spanned<String>| {
            Message::parse(text.get_ref()).map_err(|error| error.at(place(text.span())))
        };
        let action = |text: Spanned<String>| {
            let place = place(text.span());
            Action::parse(&said(text, "recommended_action")?).map_err(|error| error.at(place))
        };
        let references = raw
            .references
            .into_iter()
            .map(|reference| {
                if reference.get_ref().starts_with("https://") {
                    return Ok(reference.into_inner());
                }
                Err(Error::usage(format!("the reference `{}` is no address", reference.get_ref()))
                    .at(place(reference.span()))
                    .hint("begin it with https://"))
            })
            .collect::<Result<_>>()?;
        Ok(Header {
            category: word(&raw.category, Category::ALL, Category::as_str, document)?,
            severity: word(&raw.severity, Severity::ALL, Severity::as_str, document)?,
            confidence: word(&raw.confidence, Confidence::ALL, Confidence::as_str, document)?,
            message: message(&raw.message)?,
            messages: raw
                .messages
                .iter()
                .map(|(variant, text)| Ok((variant.clone(), message(text)?)))
                .collect::<Result<_>>()?,
            operations_of_views: raw.operations_of_views,
            resource: raw.resource.into_inner(),
            title: said(raw.title, "title")?,
            rationale: said(raw.rationale, "rationale")?,
            recommended_action: action(raw.recommended_action)?,
            actions: raw
                .actions
                .into_iter()
                .map(|(variant, text)| Ok((variant, action(text)?)))
                .collect::<Result<_>>()?,
            exceptions: raw.exceptions,
            references,
            params: raw
                .params
                .into_iter()
                .map(|(name, value)| {
                    let place = place(value.span());
                    Param::new(name, value.into_inner()).map_err(|error| error.at(place))
                })
                .collect::<Result<_>>()?,
        })
    }
}

fn word<T: Copy>(
    text: &Spanned<String>,
    all: &[T],
    name: fn(T) -> &'static str,
    document: &Document,
) -> Result<T> {
    all.iter().copied().find(|value| name(*value) == text.get_ref()).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|value| name(*value)).collect();
        Error::usage(format!("`{}` is not one of the words that may stand here", text.get_ref()))
            .at(document.place(text.span().start))
            .hint(format!("use {}", words.join(", ")))
    })
}
