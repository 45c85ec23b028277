"""Stages of every rule's statement on a running Trino: EXPLAIN over the tables of a store.

    python3 benches/stages.py STORE [RULE...]

Trino, and Athena with it, writes a common table expression out each time that it is named, and refuses a query of
more than 150 stages. The server listens on 127.0.0.1:8080 (TRINO_PORT), with a catalog `hive` whose file system
is local and begins at the folder of STORE (`local.location`). `pip install trino` gives the client.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import trino.dbapi

from measure import plaudit

TYPES = {
    "text": "varchar", "boolean": "boolean", "integer": "bigint", "float": "double", "date": "date",
    "timestamp": "timestamp(6)",
}
MOST = 80


def main():
    store, binary = Path(sys.argv[1]).resolve(), plaudit()

    def run(*arguments):
        return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True).stdout

    port = int(os.environ.get("TRINO_PORT", "8080"))
    cursor = trino.dbapi.connect(host="127.0.0.1", port=port, user="plaudit", catalog="hive", timezone="UTC").cursor()

    def ask(sql):
        cursor.execute(sql)
        return cursor.fetchall()

    ask("CREATE SCHEMA IF NOT EXISTS plaudit")
    for table in json.loads(run("schema", "--format", "json")):
        name = table["name"]
        if table["kind"] != "table" or not (store / name).is_dir():
            continue
        columns = ", ".join(f'"{column["name"]}" {TYPES[column["type"]]}' for column in table["columns"])
        ask(f'DROP TABLE IF EXISTS plaudit."{name}"')
        ask(
            f'CREATE TABLE plaudit."{name}" ({columns}, "snapshot_id" varchar) WITH (format = \'PARQUET\', '
            f"partitioned_by = ARRAY['snapshot_id'], external_location = 'local:///{store.name}/{name}')"
        )
        ask(f"CALL system.sync_partition_metadata('plaudit', '{name}', 'FULL')")
    snapshot = sorted((store / "_snapshots").glob("*.json"))[-1].stem
    rules = sys.argv[2:] or [rule["id"] for rule in json.loads(run("rules", "list", "--format", "json"))]
    found = []
    for rule in rules:
        sql = run("rules", "sql", rule, "--dialect", "trino", "--store", store, "--snapshot", snapshot)
        begun = time.time()
        plan = "\n".join(row[0] for row in ask(f"EXPLAIN (TYPE DISTRIBUTED) {sql}"))
        found.append((len(re.findall(r"^Fragment \d+", plan, re.M)), time.time() - begun, rule))
    for stages, seconds, rule in sorted(found, reverse=True):
        print(f"{stages:4} stages, planned in {seconds:4.1f} s  {rule}")
    sys.exit(max(found)[0] > MOST)


main()
