"""Runs the statements of a JSON object with Spark's SQL, all in one session; the rows of each, as JSON.

    spark_store.py spark FILE
    spark_store.py sail FILE
"""

import datetime
import decimal
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["TZ"] = "UTC"
# Loopback will do, whatever this machine is called.
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"

from pyspark.sql import SparkSession  # noqa: E402


def plain(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, datetime.date) else value


def spark_session(warehouse):
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        # So few rows are interpreted sooner than code for them is compiled.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", warehouse)
        .getOrCreate()
    )


def sail_session():
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer()
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session, server


def main():
    engine, file = sys.argv[1:]
    with tempfile.TemporaryDirectory() as warehouse:
        server = None
        if engine == "sail":
            spark, server = sail_session()
        else:
            spark = spark_session(warehouse)
        found = {}
        for rule, statement in json.loads(Path(file).read_text()).items():
            try:
                rows = spark.sql(statement).collect()
            except Exception as error:
                sys.exit(f"{rule}: {error}"[:3000])
            found[rule] = [{name: plain(value) for name, value in row.asDict().items()} for row in rows]
        spark.stop()
        if server is not None:
            server.stop()
    json.dump(found, sys.stdout)


main()
