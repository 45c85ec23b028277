"""Bench of the rules: all of them by `plaudit check`, and the same SQL on the same Parquet by DuckDB.

    python3 benches/rules.py                    snapshots of 10,000, 100,000 and 1,000,000 endpoints
    python3 benches/rules.py 10000              of that many
    python3 benches/rules.py --each 100000      each rule by itself, too: where the time goes

Three zones and 90 days of metrics for each endpoint. The snapshots are made by DuckDB in the layout
that README documents. Both run twice in turn, and the quicker run of each counts. `--write` puts the
figures into README.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Measured, mebibytes, plaudit, publish, python

SIZES = [10_000, 100_000, 1_000_000]
SNAPSHOT = "20260101T000000Z"
DAYS = 90

# Every rule in turn, into a table, as `plaudit check` holds its answer; then the counts, and what is
# not in order into a file, as `plaudit check` writes its findings.
DUCKDB = """
import duckdb, json, sys
statements, out = json.load(open(sys.argv[1])), sys.argv[2]
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
counts = {}
for rule, statement in statements.items():
    connection.execute(f"CREATE OR REPLACE TEMP TABLE answer AS {statement}")
    counts[rule] = dict(connection.execute("SELECT status, COUNT(*) FROM answer GROUP BY status").fetchall())
    connection.execute(f"COPY (SELECT * FROM answer WHERE status <> 'ok') TO '{out}/{rule}.parquet' (FORMAT parquet)")
json.dump(counts, open(f"{out}/counts.json", "w"))
"""


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options).stdout


def make(binary, interpreter, like, store, endpoints):
    schema = json.loads(run([binary, "schema", "--format", "json"]))
    nullable = {one["name"]: {column["name"]: column["nullable"] for column in one["columns"]} for one in schema if one["kind"] == "table"}
    run([interpreter, Path(__file__).with_name("snapshot.py"), like, store, endpoints, SNAPSHOT, DAYS, json.dumps(nullable)])


def by_plaudit(binary, store, configuration):
    measured = Measured(
        [binary, "check", "--quiet", "--store", store, "--config", configuration],
        stdout=subprocess.DEVNULL,
    )
    if measured.status != 0:
        sys.exit(f"plaudit ended with {measured.status}")
    found = json.loads(run([binary, "query", "--store", store, "--format", "json", "SELECT * FROM rule_outcome"]))
    statuses = ("alarm", "info", "ok", "skip")
    return measured, {one["rule_id"]: {status: one[status] for status in statuses if one[status]} for one in found}


def by_duckdb(interpreter, statements, folder):
    file = folder / "statements.json"
    file.write_text(json.dumps(statements))
    measured = Measured([interpreter, "-c", DUCKDB, file, folder])
    if measured.status != 0:
        sys.exit(f"DuckDB ended with {measured.status}")
    return measured, json.loads((folder / "counts.json").read_text())


def agree(ours, theirs):
    for rule, counts in theirs.items():
        if not counts:
            sys.exit(f"{rule} has nothing to judge")
        if ours.get(rule, {}) != counts:
            sys.exit(f"{rule}: plaudit counts {ours.get(rule)}, DuckDB {counts}")


def main():
    wanted = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or SIZES
    binary, interpreter = plaudit(), python() / "python"
    rules = [one["id"] for one in json.loads(run([binary, "rules", "list", "--format", "json"]))]
    lines = [
        "| endpoints | rows | on disk | findings | plaudit: time | CPU | memory | DuckDB: time | CPU | memory | time, ratio | CPU, ratio |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    each = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        folder = Path(folder)
        everything = folder / "all.toml"
        everything.write_text('[tags]\nrequired = ["service"]\n')
        run([binary, "demo", "--quiet", "--accounts", 3, "--regions", 2, "--no-gaps", "--store", folder / "like"])
        for endpoints in wanted:
            store = folder / f"store-{endpoints}"
            make(binary, interpreter, folder / "like", store, endpoints)
            statements = {
                rule: run([
                    binary, "rules", "sql", rule, "--dialect", "duckdb", "--store", store, "--config", everything,
                ])
                for rule in rules
            }
            # In turn, twice: the first to touch memory after the snapshot was made waits for the machine.
            runs = [
                (by_plaudit(binary, store, everything), by_duckdb(interpreter, statements, folder)) for _ in range(2)
            ]
            ours, counted = min((run[0] for run in runs), key=lambda run: run[0].wall)
            theirs, counts = min((run[1] for run in runs), key=lambda run: run[0].wall)
            agree(counted, counts)
            manifest = json.loads((store / "_snapshots" / f"{SNAPSHOT}.json").read_text())
            rows = sum(table["rows"] for table in manifest["tables"])
            size = sum(table["bytes"] for table in manifest["tables"])
            findings = sum(number for one in counted.values() for status, number in one.items() if status in ("alarm", "info"))
            lines.append(
                f"| {endpoints:,} | {rows:,} | {mebibytes(size)} | {findings:,} "
                f"| {ours.wall:.1f} s | {ours.cpu:.1f} s | {mebibytes(ours.peak)} "
                f"| {theirs.wall:.1f} s | {theirs.cpu:.1f} s | {mebibytes(theirs.peak)} "
                f"| {ours.wall / theirs.wall:.2f} | {ours.cpu / theirs.cpu:.2f} |"
            )
            for rule in rules if "--each" in sys.argv else []:
                only = folder / "only.toml"
                off = "".join(f"[rules.{other}]\nenabled = false\n" for other in rules if other != rule)
                only.write_text(everything.read_text() + off)
                ours, judged = by_plaudit(binary, store, only)
                theirs, _ = by_duckdb(interpreter, {rule: statements[rule]}, folder)
                each.append(
                    f"{endpoints:>9,}  {rule:<40} plaudit {ours.wall:6.1f} s, CPU {ours.cpu:6.1f} s {mebibytes(ours.peak):>10}"
                    f"   DuckDB {theirs.wall:6.1f} s, CPU {theirs.cpu:6.1f} s {mebibytes(theirs.peak):>10}"
                    f"   CPU ratio {ours.cpu / theirs.cpu:.2f}   {judged[rule]}"
                )
            subprocess.run(["rm", "-r", store], check=True)
    print("\n".join(each))
    publish("rules", [f"{len(rules)} rules, three zones and {DAYS} days of four metrics for each endpoint; the quicker of two runs of each. Ratios below 1 mean that plaudit is quicker.", "", *lines])


main()
