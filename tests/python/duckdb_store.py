"""Reads a store with DuckDB.

counts STORE    rows of every table, by the documented paths, as JSON
rule FILE       runs a statement; account, Region, resource and status of each row, as JSON
"""

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


def rule(path):
    answer = duckdb.sql(Path(path).read_text())
    columns = [answer.columns.index(name) for name in ("account_id", "region", "resource_id", "status")]
    return [[row[column] for column in columns] for row in answer.fetchall()]


json.dump({"counts": counts, "rule": rule}[sys.argv[1]](sys.argv[2]), sys.stdout)
