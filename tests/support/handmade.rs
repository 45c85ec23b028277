//! Snapshots written row by row.

use std::collections::BTreeSet;
use std::path::Path;

use plaudit::store::{Location, Manifest, SCHEMA_VERSION, Store, StoredSnapshot, snapshot_id};
use plaudit::table::{self, Operation, Tables, given};
use serde_json::{Value, json};

use super::simulated::now;

/// Writes a snapshot of tables given as JSON, `{ "vpc_endpoint": [{ ... }] }`. Columns that a row
/// leaves out are null, or empty where null may not stand. Every operation succeeded in every
/// account and Region that occurs, unless a row of `coverage` says otherwise.
pub async fn snapshot(folder: &Path, mut rows: Value) -> StoredSnapshot {
    cover(&mut rows);
    rows["snapshot"] = json!([{
        "id": snapshot_id(now()),
        "taken_at": now().to_string(),
        "window_start": "2026-08-25",
        "window_end": "2026-11-22",
        "window_days": 90,
        "account_source": "organization",
    }]);
    let mut tables = Tables::default();
    for (name, rows) in rows.as_object().expect("an object") {
        let schema = table::schema(name).unwrap_or_else(|| panic!("there is no table {name}"));
        let rows: Vec<toml::Table> = rows.as_array().expect("a list of rows").iter().map(written).collect();
        let frame = given::frame(schema, &rows).unwrap_or_else(|error| panic!("{error}"));
        tables.set(name, &frame).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    tables.sort();
    let store = Store::new(Location::open(&folder.display().to_string(), None).expect("a folder"));
    let id = snapshot_id(now());
    let schemas: Vec<_> =
        table::SCHEMAS.iter().copied().filter(|schema| !table::RESULTS.contains(&schema.name)).collect();
    let mut writer = store.write(&id, &schemas).unwrap_or_else(|error| panic!("{error}"));
    writer.append(tables).unwrap_or_else(|error| panic!("{error}"));
    let manifest = |tables| Manifest {
        id: id.clone(),
        taken_at: now(),
        schema_version: SCHEMA_VERSION,
        tool_version: "0".to_owned(),
        scope: Default::default(),
        nothing_audited: false,
        tables,
    };
    writer.finish(manifest).await.unwrap_or_else(|error| panic!("{error}"));
    store.open(None).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A row as TOML, which has no null.
fn written(row: &Value) -> toml::Table {
    let columns = row.as_object().expect("a row").iter().filter(|(_, value)| !value.is_null());
    columns.map(|(name, value)| (name.clone(), toml::Value::try_from(value).expect("a value"))).collect()
}

/// Says `ok` for every operation of every account and Region of which nothing else is said.
fn cover(rows: &mut Value) {
    let mut said = BTreeSet::new();
    let mut places = BTreeSet::new();
    let text = |row: &Value, column: &str| row[column].as_str().unwrap_or_default().to_owned();
    for (name, rows) in rows.as_object().expect("an object") {
        for row in rows.as_array().expect("a list of rows") {
            let place = (text(row, "account_id"), text(row, "region"));
            if name == "coverage" {
                said.insert((place.clone(), text(row, "operation")));
            }
            if !place.0.is_empty() && !place.1.is_empty() {
                places.insert(place);
            }
        }
    }
    if rows.get("coverage").is_none() {
        rows["coverage"] = json!([]);
    }
    let coverage = rows["coverage"].as_array_mut().expect("a list of rows");
    for place in places {
        for operation in Operation::regional() {
            if !said.contains(&(place.clone(), operation.name().to_owned())) {
                coverage.push(json!({
                    "account_id": place.0,
                    "region": place.1,
                    "operation": operation.name(),
                    "outcome": "ok",
                }));
            }
        }
    }
}
