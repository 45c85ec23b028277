"""Reads a store with DuckDB.

counts STORE    rows of every table, by the documented paths, as JSON
rules FILE      runs the statements of a JSON object; the rows of each, as JSON
"""

import datetime
import decimal
import json
import sys
from pathlib import Path

import duckdb


def counts(store):
    tables = sorted(path.name for path in Path(store).iterdir() if path.is_dir() and not path.name.startswith("_"))
    found = {}
    for table in tables:
        # Table first, partitioned by snapshot: the partition is a column.
        query = f"SELECT COUNT(*), COUNT(DISTINCT snapshot_id) FROM read_parquet('{store}/{table}/*/*.parquet', hive_partitioning = true)"
        rows, snapshots = duckdb.sql(query).fetchall()[0]
        assert snapshots == (1 if rows else 0), table
        found[table] = rows
    return found


def rules(path):
    found = {}
    for rule, statement in json.loads(Path(path).read_text()).items():
        answer = duckdb.sql(statement)
        found[rule] = [dict(zip(answer.columns, map(plain, row))) for row in answer.fetchall()]
    return found


def plain(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, datetime.date) else value


if __name__ == "__main__":
    json.dump({"counts": counts, "rules": rules}[sys.argv[1]](sys.argv[2]), sys.stdout)
