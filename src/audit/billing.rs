//! What was billed: from the files that the user named, from Cost Explorer, or from neither. It is read
//! before the crawl begins, so that a broken bill is found at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::ToSpan;
use jiff::civil::Date;

use super::CrawlRequest;
use crate::bill::{self, BillFile, Bills, month_end};
use crate::config::{BucketOwner, ChargesFrom};
use crate::crawl::{self, CrawlSettings, Organization, SessionSettings};
use crate::error::{Error, Result};
use crate::store::{BucketAccess, ExpectedOwner, Key, Location};
use crate::table::{Account, Charge, ChargeSource, Coverage, Outcome};

/// How Cost Explorer is called in `bill.place`.
const COST_EXPLORER: &str = "ce:GetCostAndUsage";

/// The end of a Parquet file in which its footer is looked for, in bytes; most are far shorter.
const FOOTER: u64 = 1 << 20;

/// A month is taken for closed so many days after its end; until then AWS still changes it
/// (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/invoice.html>).
const CLOSED_AFTER_DAYS: i64 = 10;

/// The bills of a crawl, and the coverage of what was asked for them.
pub async fn bills(
    request: &CrawlRequest<'_>,
    settings: &CrawlSettings,
    organization: &Organization,
) -> Result<(Bills, Vec<Coverage>)> {
    let charges = &request.config.charges;
    let (start, today) = settings.window;
    let first = bill::first_day(start);
    let mut bills = match (charges.source, charges.bill.as_slice()) {
        (ChargesFrom::ListPrice, _) => return Ok((Bills::default(), Vec::new())),
        (ChargesFrom::Cur | ChargesFrom::Focus, []) => {
            return Err(Error::usage(format!("no bill was named to read as {}", charges.source))
                .at("--charges")
                .hint("name a file, a folder or an s3:// prefix with --bill"));
        }
        (_, []) => Bills::default(),
        (source, places) => {
            let wanted = match source {
                ChargesFrom::Cur => Some(ChargeSource::Cur),
                ChargesFrom::Focus => Some(ChargeSource::Focus),
                _ => None,
            };
            from_files(request, places, wanted, first).await?
        }
    };
    note_payers(&mut bills, organization);
    // An account with a line about anything at all is on the bill, and has no endpoints if none is billed.
    let known = &bills.accounts;
    let is_missing = |account: &Account| {
        account.state.as_deref().is_none_or(|state| state == "ACTIVE") && !known.contains(&account.account_id)
    };
    let asks = match charges.source {
        ChargesFrom::CostExplorer => true,
        // What the files do not cover, Cost Explorer may.
        ChargesFrom::Auto => organization.accounts.iter().any(is_missing),
        _ => false,
    };
    let mut coverage = Vec::new();
    if asks {
        let (asked, rows) =
            from_cost_explorer(request, organization, &settings.session, (first, today)).await?;
        bills.fill(asked);
        coverage = rows;
    }
    Ok((bills, coverage))
}

/// Reads files, those in S3 after having fetched them.
async fn from_files(
    request: &CrawlRequest<'_>,
    places: &[String],
    source: Option<ChargeSource>,
    first: Date,
) -> Result<Bills> {
    let mut files = Vec::new();
    // What was fetched from a bucket is there only as long as its location.
    let mut locations = Vec::new();
    for place in places {
        let access = match bucket_access(request) {
            Some(access) => Some(access.in_region_of(place).await),
            None => None,
        };
        let (location, found) = find(place, access.as_ref(), first).await?;
        locations.push(location);
        files.extend(found);
    }
    if files.is_empty() {
        return Err(Error::usage("no bill was found").at(places.join(", ")).hint(format!(
            "a bill is a .parquet, .csv or .csv.gz file for {} or later",
            first.strftime("%Y-%m")
        )));
    }
    let bills = tokio::task::spawn_blocking(move || bill::read(&files, source, first)).await.unwrap_or_else(
        |error| {
            Err(Error::failed(format!("the bill broke the reader: {error}"))
                .hint("leave --bill out, and please report this"))
        },
    )?;
    if bills.charge.is_empty() {
        // A bill that was read and gave nothing is told, with its row; it need not end the run.
        let unread = bills.bill.iter().filter(|bill| bill.outcome != Outcome::Ok);
        let reasons: Vec<&str> = unread.filter_map(|bill| bill.message.as_deref()).collect();
        if !reasons.is_empty() {
            return Err(unusable(&reasons, places));
        }
    }
    Ok(bills)
}

/// The error for a bill of which no month can be used. A reason is the text of an error: problem, place, hint.
fn unusable(reasons: &[&str], places: &[String]) -> Error {
    let lines = |start: &str| {
        let found =
            reasons.iter().flat_map(|reason| reason.lines()).filter_map(|line| line.strip_prefix(start));
        found.map(str::to_owned).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let problems: Vec<&str> = reasons.iter().filter_map(|reason| reason.lines().next()).collect();
    let (found, mut hints) = (lines("  at "), lines("hint: "));
    hints.push("or go on at list price with --charges list-price".to_owned());
    Error::usage(format!("no month of the bill can be used: {}", problems.join("; ")))
        .at(if found.is_empty() { places.join(", ") } else { found.join(", ") })
        .hint(hints.join("; "))
}

/// Notes on each bill that somebody else pays than the organization's management account: it may be another
/// organization's, or that of a billing transfer
/// (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-view-transfer.html>).
fn note_payers(bills: &mut Bills, organization: &Organization) {
    let Some(management) = &organization.management_account_id else { return };
    for bill in bills.bill.iter_mut().filter(|bill| bill.message.is_none()) {
        if let Some(payer) = bill.billing_account_id.as_ref().filter(|payer| *payer != management) {
            bill.message = Some(format!(
                "its payer is account {payer}, while the organization's management account is {management}"
            ));
        }
    }
}

/// How the bills' buckets are reached. The caller is known by now, so AWS is not asked who that is.
fn bucket_access(request: &CrawlRequest<'_>) -> Option<BucketAccess> {
    let connected = request.connected.first()?;
    let account_id = match &request.config.charges.expected_bucket_owner {
        BucketOwner::Any => None,
        BucketOwner::Account(account_id) => Some(account_id.clone()),
        BucketOwner::Caller => Some(connected.caller.account_id.clone()),
    };
    let key = "[charges] expected_bucket_owner";
    let expected_owner = account_id.map(|account_id| ExpectedOwner { account_id, key });
    Some(BucketAccess { expected_owner, ..connected.connection.bucket_access()? })
}

/// The files of a place: one file, or all that belong to the bill in a folder or prefix.
async fn find(
    place: &str,
    access: Option<&BucketAccess>,
    first: Date,
) -> Result<(Option<Location>, Vec<BillFile>)> {
    let path = std::path::Path::new(place);
    if !place.starts_with("s3://") && path.is_file() {
        let file = BillFile {
            name: place.to_owned(),
            path: path.to_path_buf(),
            month: None,
            export: place.to_owned(),
        };
        return Ok((None, vec![file]));
    }
    if !place.starts_with("s3://") && !path.exists() {
        return Err(Error::usage("there is no such file or folder")
            .at(place)
            .hint("name a file, a folder or an s3:// prefix with --bill"));
    }
    let location = Location::open(place, access)?;
    let keys = location.walk().await?;
    let mut manifests = BTreeMap::new();
    for key in keys.iter().filter(|key| key.as_str().to_ascii_lowercase().ends_with("manifest.json")) {
        if let Some(bytes) = location.read(key).await? {
            manifests.insert(key.to_string(), bytes);
        }
    }
    let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
    let mut files = Vec::new();
    for listing in bill::choose(&keys, &manifests, place, first)? {
        let name = location.address(&listing.key);
        let key = Key::parse(&listing.key)
            .ok_or_else(|| Error::failed("the bill is not named like a file").at(name.escape_debug()))?;
        let path = fetch(&location, &key, &name).await?;
        files.push(BillFile {
            name,
            path,
            month: listing.month,
            export: location.address(&listing.export).trim_end_matches('/').to_owned(),
        });
    }
    Ok((Some(location), files))
}

/// A path under which a file can be read. Of Parquet in a bucket only the columns that are read are
/// fetched: most of a report is in the others.
async fn fetch(location: &Location, key: &Key, name: &str) -> Result<PathBuf> {
    if key.as_str().to_ascii_lowercase().ends_with(".parquet")
        && let Some(partial) = location.fetch_end(key, FOOTER).await?
        && let Some(groups) = bill::needed_parts(&partial.path, name)?
    {
        for parts in groups {
            partial.fetch(&parts).await?;
        }
        return Ok(partial.path);
    }
    location.fetch(key).await?.ok_or_else(|| {
        Error::failed("the file is gone").at(name).hint("name a place that nobody is changing")
    })
}

/// Asks Cost Explorer for the months that the store does not remember.
async fn from_cost_explorer(
    request: &CrawlRequest<'_>,
    organization: &Organization,
    session: &SessionSettings,
    (first, today): (Date, Date),
) -> Result<(Bills, Vec<Coverage>)> {
    let [connected, ..] = request.connected else {
        return Ok((Bills::default(), Vec::new()));
    };
    let role_arn = request.config.charges.role_arn.as_deref();
    let asker = Asker::new(&connected.caller.account_id, role_arn, organization);
    let mut bills = Bills::default();
    let mut month = first;
    while month <= today && is_closed(month, today) {
        let Some(remembered) = remembered(request, &asker, month).await? else { break };
        bills.charge.extend(remembered.charge);
        bills.bill.extend(remembered.bill);
        month = month_end(month);
    }
    // Today is not over, and would be taken for a day on which nothing was used.
    let end = today;
    if month >= end {
        bills.sort();
        return Ok((bills, Vec::new()));
    }
    let role = role_arn.map(|arn| (arn, session));
    let months = (month, end);
    let asked =
        crawl::cost_explorer(connected, role, months, &asker.payer, &request.tally, &request.budget).await;
    if let Some((outcome, message)) = asked.failure {
        let place = COST_EXPLORER.to_owned();
        bills.bill.push(bill::unusable(ChargeSource::CostExplorer, place, None, outcome, message));
        bills.sort();
        return Ok((bills, asked.coverage));
    }
    let answered = bill::from_totals(asked.items, ChargeSource::CostExplorer, COST_EXPLORER);
    if answered.charge.is_empty() && bills.charge.is_empty() {
        let message = "Cost Explorer knows of no charge for PrivateLink in these months".to_owned();
        let place = COST_EXPLORER.to_owned();
        bills.bill.push(bill::unusable(ChargeSource::CostExplorer, place, None, Outcome::Ok, message));
    }
    let mut closed = month;
    while closed <= today && is_closed(closed, today) {
        remember(request, &asker, closed, &answered).await?;
        closed = month_end(closed);
    }
    bills.charge.extend(answered.charge);
    bills.bill.extend(answered.bill);
    bills.sort();
    Ok((bills, asked.coverage))
}

/// Whether AWS changes a month's bill no more.
fn is_closed(month: Date, today: Date) -> bool {
    month_end(month).saturating_add(CLOSED_AFTER_DAYS.days()) <= today
}

/// Who pays, and who asked: a member sees itself alone, a payer all of its members, and what a role may
/// see is its own matter.
struct Asker {
    payer: String,
    asked_by: String,
}

impl Asker {
    /// Cost Explorer does not name the payer. That is the organization's management account
    /// (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/consolidated-billing.html>); if it is
    /// not known, the account of the role by which is asked, or the caller.
    fn new(caller: &str, role_arn: Option<&str>, organization: &Organization) -> Asker {
        let of_role = role_arn.and_then(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
        let payer = organization.management_account_id.as_deref().or(of_role).unwrap_or(caller).to_owned();
        let asked_by = match role_arn {
            Some(arn) => format!("role-{}", short_hash(arn)),
            None => caller.to_owned(),
        };
        Asker { payer, asked_by }
    }
}

/// Eight bytes of a text's SHA-256, in hexadecimal digits.
fn short_hash(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Where the store remembers a month. Amounts before discounts, as were once remembered, stand elsewhere.
fn key(asker: &Asker, month: Date) -> Result<Key> {
    let Asker { payer, asked_by } = asker;
    let text = format!("_bills/cost-explorer-net-{payer}-by-{asked_by}/{}.json", month.strftime("%Y-%m"));
    Key::parse(&text).ok_or_else(|| Error::failed("the payer is not named like an account").at(text))
}

/// What the store remembers of a month, which then costs nothing.
async fn remembered(request: &CrawlRequest<'_>, asker: &Asker, month: Date) -> Result<Option<Bills>> {
    let key = key(asker, month)?;
    let Some(bytes) = request.store.read(&key).await? else { return Ok(None) };
    // What cannot be understood is asked for again.
    Ok(serde_json::from_slice(&bytes).ok())
}

async fn remember(request: &CrawlRequest<'_>, asker: &Asker, month: Date, bills: &Bills) -> Result<()> {
    let of_month: Vec<Charge> =
        bills.charge.iter().filter(|charge| charge.billing_period_start == month).cloned().collect();
    let about = bills.bill.iter().filter(|bill| bill.billing_period_start == Some(month)).cloned().collect();
    let bytes = serde_json::to_vec(&Bills { charge: of_month, bill: about, ..Bills::default() })
        .map_err(|error| Error::failed(format!("the bill cannot be kept: {error}")))?;
    request.store.write_file(&key(asker, month)?, bytes).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_payer_is_the_management_account_and_not_the_caller() {
        let known = Organization {
            management_account_id: Some("111111111111".to_owned()),
            ..Organization::default()
        };
        let role = Some("arn:aws:iam::333333333333:role/billing");
        let asker = |role, organization| Asker::new("222222222222", role, organization);
        assert_eq!(asker(None, &known).payer, "111111111111");
        assert_eq!(asker(role, &known).payer, "111111111111");
        let unknown = Organization::default();
        assert_eq!(asker(role, &unknown).payer, "333333333333");
        assert_eq!(asker(None, &unknown).payer, "222222222222");
    }

    #[test]
    fn months_that_another_role_saw_are_not_remembered() {
        let organization = Organization::default();
        let month = jiff::civil::date(2026, 9, 1);
        let place = |role| key(&Asker::new("222222222222", role, &organization), month).unwrap().to_string();
        let places = [
            place(None),
            place(Some("arn:aws:iam::333333333333:role/billing")),
            place(Some("arn:aws:iam::333333333333:role/other")),
        ];
        assert_eq!(BTreeSet::from(places).len(), 3);
    }
}
