"""Bench of the rules: all of them by `plaudit check`, and the same SQL on the same Parquet by DuckDB.

    python3 benches/rules.py                    snapshots of 10,000, 100,000 and 1,000,000 endpoints
    python3 benches/rules.py 10000              of that many
    python3 benches/rules.py --each 100000      each rule by itself, too: where the time goes

Three zones and 90 days of metrics for each endpoint. The snapshots are made by DuckDB in the layout
that README documents. `--write` puts the figures into README.
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

# Makes a snapshot. `sys.argv`: a small store to take the tables' columns from, the store to make, the
# number of endpoints, the snapshot's id, and the days of metrics.
MAKE = r"""
import duckdb, json, pathlib, sys
like, store, endpoints, snapshot, days = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
manifest = json.loads(next(pathlib.Path(like, "_snapshots").glob("*.json")).read_text())
con = duckdb.connect()
con.execute("SET enable_progress_bar = false")
con.execute("SET preserve_insertion_order = true")

# 200 endpoints to an account, half of them in each of two Regions, ten to a VPC; a service is offered
# by one account in every hundredth place, and every fifth endpoint leads to one of them.
services = max(endpoints // 100, 1)
con.execute(f'''CREATE TABLE e AS SELECT i,
    lpad(CAST(100000000000 + i // 200 AS VARCHAR), 12, '0') AS account_id,
    CASE WHEN (i // 100) % 2 = 0 THEN 'us-east-1' ELSE 'eu-west-1' END AS region,
    CASE WHEN (i // 100) % 2 = 0 THEN 'use1' ELSE 'euw1' END AS zone,
    'vpce-' || lpad(CAST(i AS VARCHAR), 17, '0') AS vpc_endpoint_id,
    CASE WHEN i % 50 = 0 THEN 'GatewayLoadBalancer' WHEN i % 20 = 1 THEN 'Gateway' ELSE 'Interface' END AS vpc_endpoint_type,
    'vpc-' || lpad(CAST(i // 10 AS VARCHAR), 17, '0') AS vpc_id,
    -- A service of the endpoint's own Region.
    2 * ((i // 5) % greatest({services} // 2, 1)) + (i // 100) % 2 AS service,
    i % 5 = 0 AS is_customer,
    i % 10 = 3 AS is_idle,
    CASE WHEN i % 40 = 7 THEN 1 ELSE 3 END AS zones
  FROM range({endpoints}) AS r(i)''')
con.execute('''ALTER TABLE e ADD COLUMN service_name VARCHAR''')
con.execute('''UPDATE e SET service_name = CASE
    WHEN is_customer THEN 'com.amazonaws.vpce.' || region || '.vpce-svc-' || lpad(CAST(service AS VARCHAR), 17, '0')
    WHEN vpc_endpoint_type = 'Gateway' THEN 'com.amazonaws.' || region || '.s3'
    ELSE 'com.amazonaws.' || region || '.service' || CAST(i % 10 AS VARCHAR) END''')
con.execute(f'''CREATE TABLE s AS SELECT i AS service,
    lpad(CAST(100000000000 + (i * 97) % greatest({endpoints} // 200, 1) AS VARCHAR), 12, '0') AS account_id,
    CASE WHEN i % 2 = 0 THEN 'us-east-1' ELSE 'eu-west-1' END AS region,
    CASE WHEN i % 2 = 0 THEN 'use1' ELSE 'euw1' END AS zone,
    'vpce-svc-' || lpad(CAST(i AS VARCHAR), 17, '0') AS service_id
  FROM range({services}) AS r(i)''')
con.execute("CREATE TABLE z AS SELECT unnest([1, 2, 3]) AS z")

lb = "'arn:aws:elasticloadbalancing:' || region || ':' || account_id || ':loadbalancer/net/lb' || service || '/1'"
tg = "'arn:aws:elasticloadbalancing:' || region || ':' || account_id || ':targetgroup/tg' || service || '/2'"
zone = "zone || '-az' || z"
live = "vpc_endpoint_type <> 'Gateway'"
regional = con.execute(f'''SELECT list(DISTINCT operation) FROM read_parquet('{like}/coverage/*/*.parquet')
    WHERE operation IN (SELECT operation FROM read_parquet('{like}/coverage/*/*.parquet')
      GROUP BY operation HAVING COUNT(DISTINCT account_id || region) > 2)''').fetchone()[0]
con.execute("CREATE TABLE o AS SELECT unnest(?) AS operation", [regional])

# From where the rows of a table come, and its columns; the others are null, or empty where null may
# not stand. A table that is not named here stays empty.
TABLES = {
  "account": ("(SELECT DISTINCT account_id FROM e)", {"account_name": "'account-' || account_id", "state": "'ACTIVE'"}),
  "coverage": ("(SELECT DISTINCT account_id, region FROM e) CROSS JOIN o", {"outcome": "'ok'", "requests": "1"}),
  "vpc_endpoint": ("e", {"service_region": "region", "state": "'available'", "owner_id": "account_id", "creation_timestamp": "TIMESTAMPTZ '2025-01-01 00:00:00+00'",
     "age_days": "CASE WHEN i % 30 = 0 THEN 20 ELSE 400 END", "network_interfaces": f"CASE WHEN {live} THEN zones ELSE 0 END", "private_dns_enabled": "vpc_endpoint_type = 'Interface'",
     "ip_address_type": "'ipv4'", "tags": "'{}'", "policy_document": "'{\"Statement\":[{\"Action\":\"*\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*\"}]}'"}),
  "vpc_endpoint_subnet": (f"(SELECT * FROM e CROSS JOIN z WHERE {live} AND z <= zones)", {"subnet_id": "'subnet-' || vpc_id || z", "availability_zone_id": zone, "network_interface_id": "'eni-' || i || z"}),
  "vpc_endpoint_security_group": (f"(SELECT * FROM e WHERE vpc_endpoint_type = 'Interface')", {"group_id": "'sg-' || vpc_id"}),
  "vpc_endpoint_route_table": ("(SELECT * FROM e WHERE vpc_endpoint_type = 'Gateway')", {"route_table_id": "'rtb-' || vpc_id"}),
  "vpc": ("(SELECT DISTINCT account_id, region, vpc_id FROM e)", {"owner_id": "account_id", "cidr_block": "'10.0.0.0/16'"}),
  "subnet": ("(SELECT DISTINCT account_id, region, zone, vpc_id, z FROM e CROSS JOIN z)", {"subnet_id": "'subnet-' || vpc_id || z", "owner_id": "account_id", "availability_zone_id": zone, "cidr_block": "'10.0.' || z || '.0/24'"}),
  "route": ("(SELECT * FROM e CROSS JOIN z WHERE vpc_endpoint_type = 'GatewayLoadBalancer')", {"route_table_id": "'rtb-' || vpc_id || z", "subnet_id": "'subnet-' || vpc_id || z", "availability_zone_id": zone, "destination": "'0.0.0.0/0'", "state": "'active'"}),
  "consumer_zone": ("(SELECT DISTINCT account_id, region, zone, vpc_id, z FROM e CROSS JOIN z)", {"availability_zone_id": zone, "network_interfaces": "4"}),
  "service_detail": ("(SELECT DISTINCT account_id, region, service_name FROM e)", {"owner": "'amazon'", "vpc_endpoint_policy_supported": "true"}),
  "service_detail_zone": ("(SELECT DISTINCT account_id, region, zone, service_name, z FROM e CROSS JOIN z)", {"availability_zone_id": zone}),
  "vpc_endpoint_service": ("s", {"service_name": "'com.amazonaws.vpce.' || region || '.' || service_id", "service_type": "'Interface'", "service_state": "'Available'", "acceptance_required": "true", "tags": "'{}'"}),
  "vpc_endpoint_service_zone": ("s CROSS JOIN z", {"availability_zone_id": zone}),
  "vpc_endpoint_service_load_balancer": ("s", {"load_balancer_arn": lb}),
  "vpc_endpoint_service_principal": ("s", {"service_permission_id": "'vpce-svc-perm-' || service", "principal_type": "'Account'", "principal": "'arn:aws:iam::' || account_id || ':root'"}),
  "vpc_endpoint_connection": ("(SELECT s.account_id, s.region, s.service_id, e.vpc_endpoint_id, e.account_id AS owner FROM e JOIN s USING (service) WHERE is_customer)",
     {"vpc_endpoint_owner": "owner", "vpc_endpoint_state": "'available'", "age_days": "400"}),
  "load_balancer": ("s", {"load_balancer_arn": lb, "load_balancer_name": "'lb' || service", "load_balancer_type": "'network'", "state": "'active'", "cross_zone_enabled": "service % 3 = 0"}),
  "load_balancer_zone": ("s CROSS JOIN z", {"load_balancer_arn": lb, "availability_zone_id": zone}),
  "listener": ("s", {"listener_arn": "'arn:listener/' || service", "load_balancer_arn": lb, "port": "443", "protocol": "'TCP'", "target_group_arns": tg}),
  "target_group": ("s", {"target_group_arn": tg, "target_group_name": "'tg' || service", "load_balancer_arn": lb, "protocol": "'TCP'", "port": "443", "target_type": "'instance'", "health_check_enabled": "true", "cross_zone": "'use_load_balancer_configuration'"}),
  "target_health": ("s CROSS JOIN z", {"target_group_arn": tg, "target_id": "'i-' || service || z", "port": "443", "availability_zone_id": zone, "state": "CASE WHEN service % 20 = 0 AND z = 1 THEN 'unhealthy' ELSE 'healthy' END"}),
  "tag": ("(SELECT e.*, k FROM e CROSS JOIN (SELECT unnest(['Name', 'owner', 'service']) AS k) WHERE NOT (k = 'service' AND i % 25 = 0))", {"resource_id": "vpc_endpoint_id", "key": "k", "value": "'value-' || k"}),
  "metric_query": (f"(SELECT * FROM e WHERE {live})", {"resource_id": "vpc_endpoint_id", "namespace": "'AWS/PrivateLinkEndpoints'", "metric_name": "'BytesProcessed'", "status_code": "'Complete'", "datapoints": f"CASE WHEN is_idle THEN 0 ELSE {days} END", "dimensions_listed": "NOT is_idle"}),
  "metric_daily": (f"(SELECT e.*, d FROM e CROSS JOIN range({days}) AS days(d) WHERE {live} AND NOT is_idle)", {"resource_id": "vpc_endpoint_id", "namespace": "'AWS/PrivateLinkEndpoints'", "metric_name": "'BytesProcessed'", "statistic": "'Sum'",
     "date": "CAST(DATE '2025-10-04' + CAST(d AS INTEGER) AS DATE)", "value": "CAST((i * 7919 + d * 104729) % 1000003 AS DOUBLE) * 1000"}),
  "vpc_endpoint_usage": ("e", {"usage": f"CASE WHEN NOT ({live}) THEN 'unmeasurable' WHEN is_idle THEN 'idle' ELSE 'active' END", "confidence": f"CASE WHEN {live} THEN 'high' END", "reason": "'it published traffic in the window'",
     "bytes_processed": f"CASE WHEN NOT ({live}) THEN NULL WHEN is_idle THEN 0.0 ELSE 4.5e10 END", "active_days": f"CASE WHEN NOT ({live}) THEN NULL WHEN is_idle THEN 0 ELSE {days} END", "last_active_date": "CASE WHEN NOT is_idle THEN DATE '2026-01-01' END", "observed_days": str(days)}),
  "vpc_endpoint_cost": ("e", {"zones_billed": f"CASE WHEN {live} THEN zones ELSE 0 END", "hourly_rate": "0.01", "hours_cost": "7.3 * zones", "monthly_gigabytes": f"CASE WHEN {live} THEN 14.0 END", "bytes_cost": "0.14", "monthly_cost": "7.3 * zones + 0.14", "cost_basis": "'list_price'"}),
}

tables = []
for table in manifest["tables"]:
    name = table["name"]
    if name in ("finding", "rule_outcome", "waiver_outcome"):
        continue
    source = f"read_parquet('{like}/{table['key']}', hive_partitioning = false)"
    columns = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    rows, given = TABLES.get(name, (f"(SELECT 1 AS nothing WHERE false)", {}))
    if name == "snapshot":
        rows, given = source, {column: column for column, *_ in columns} | {"id": f"'{snapshot}'", "window_days": str(days)}
    if name == "price":
        rows, given = source, {column: column for column, *_ in columns}
    known = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    empty = {"VARCHAR": "''", "BIGINT": "0", "BOOLEAN": "false", "DOUBLE": "0.0"}
    nullable = json.loads(sys.argv[6])[name]
    parts = []
    for column, kind, *_ in columns:
        value = given.get(column) or (column if column in known else "NULL" if nullable[column] else empty.get(kind, "NULL"))
        parts.append(f'CAST({value} AS {kind}) AS "{column}"')
    key = f"{name}/snapshot_id={snapshot}/part-0.parquet"
    path = pathlib.Path(store, key)
    path.parent.mkdir(parents=True)
    con.execute(f"COPY (SELECT {', '.join(parts)} FROM {rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)")
    count = con.execute(f"SELECT COUNT(*) FROM read_parquet('{path}', hive_partitioning = false)").fetchone()[0]
    tables.append({"name": name, "key": key, "rows": count, "bytes": path.stat().st_size})
manifest |= {"id": snapshot, "taken_at": "2026-01-01T00:00:00Z", "tables": sorted(tables, key=lambda one: one["name"])}
folder = pathlib.Path(store, "_snapshots")
folder.mkdir()
(folder / f"{snapshot}.json").write_text(json.dumps(manifest, indent=2))
"""


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options).stdout


def make(binary, interpreter, like, store, endpoints):
    schema = json.loads(run([binary, "schema", "--format", "json"]))
    nullable = {one["name"]: {column["name"]: column["nullable"] for column in one["columns"]} for one in schema}
    run([interpreter, "-c", MAKE, like, store, endpoints, SNAPSHOT, DAYS, json.dumps(nullable)])


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
            ours, counted = by_plaudit(binary, store, everything)
            theirs, counts = by_duckdb(interpreter, statements, folder)
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
                ours, _ = by_plaudit(binary, store, only)
                theirs, _ = by_duckdb(interpreter, {rule: statements[rule]}, folder)
                each.append(
                    f"{endpoints:>9,}  {rule:<40} plaudit {ours.wall:6.1f} s, CPU {ours.cpu:6.1f} s {mebibytes(ours.peak):>10}"
                    f"   DuckDB {theirs.wall:6.1f} s, CPU {theirs.cpu:6.1f} s {mebibytes(theirs.peak):>10}"
                    f"   CPU ratio {ours.cpu / theirs.cpu:.2f}"
                )
            subprocess.run(["rm", "-r", store], check=True)
    print("\n".join(each))
    publish("rules", [f"{len(rules)} rules, three zones and {DAYS} days of metrics for each endpoint. Ratios below 1 mean that plaudit is quicker.", "", *lines])


main()
