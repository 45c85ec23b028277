"""Bench of reading a bill: a generated Cost and Usage Report, 1 line in 500 of which is PrivateLink, to
charges per endpoint and month. DuckDB runs the same query over the same files in the same run.

    python3 benches/bills.py [LINES ...]        5000000 and 50000000 unless said otherwise

`--write` puts the figures into README.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Measured, Simulator, mebibytes, plaudit, publish, python

# The columns that a report has at the least, and some of those that nobody needs here. 2,000 endpoints,
# each in one account and Region, have lines for hours and for bytes, as many as the size of the report
# gives them.
GENERATE = """
import duckdb, sys
folder, lines, file = sys.argv[1], int(sys.argv[2]), 2_500_000
connection = duckdb.connect()
connection.execute("SET memory_limit = '4GB'; SET preserve_insertion_order = true")
for index, begin in enumerate(range(0, lines, file)):
    end = min(begin + file, lines)
    connection.execute(f\"\"\"
COPY (
  SELECT
    '999999999999' AS bill_payer_account_id,
    TIMESTAMP '2026-10-01' AS bill_billing_period_start_date,
    (100000000000 + (e % 997) * 7919)::VARCHAR AS line_item_usage_account_id,
    'Usage' AS line_item_line_item_type,
    TIMESTAMP '2026-10-01' + to_hours((i % 744)::INT) AS line_item_usage_start_date,
    CASE WHEN p THEN 'AmazonVPC' WHEN h % 3 = 0 THEN 'AmazonEC2' ELSE 'AmazonS3' END AS line_item_product_code,
    CASE WHEN NOT p THEN (['USE1-BoxUsage:m5.large', 'EU-Requests-Tier1', 'USW2-EBS:VolumeUsage.gp3', 'TimedStorage-ByteHrs', 'USE1-Lambda-GB-Second', 'APS1-LCUUsage', 'EUC1-DataTransfer-Out-Bytes'])[1 + h % 7]
         WHEN h % 2 = 0 THEN (['', 'EU-', 'APS2-'])[1 + e % 3] || 'VpcEndpoint-Hours'
         ELSE (['', 'EU-', 'APS2-'])[1 + e % 3] || 'VpcEndpoint-Bytes' END AS line_item_usage_type,
    CASE WHEN p THEN 'VpcEndpoint' ELSE 'Operation' || (h % 50) END AS line_item_operation,
    CASE WHEN p THEN 'arn:aws:ec2:us-east-1:111111111111:vpc-endpoint/vpce-' || printf('%017x', e)
         ELSE 'arn:aws:ec2:us-east-1:111111111111:instance/i-' || printf('%017x', h % 300000) END AS line_item_resource_id,
    (h % 1000) / 10.0 AS line_item_usage_amount,
    'USD' AS line_item_currency_code,
    (h % 1000) / 1000.0 AS line_item_unblended_cost,
    (h % 1000) / 1100.0 AS line_item_net_unblended_cost,
    CASE WHEN h % 2 = 0 THEN 'Hrs' ELSE 'GB' END AS pricing_unit,
    (h % 1000) / 1000.0 AS pricing_public_on_demand_cost,
    (['us-east-1', 'eu-west-1', 'ap-southeast-2'])[1 + e % 3] AS product_region_code,
    'a description of the line that nobody reads, number ' || (h % 4000) AS line_item_line_item_description
  FROM (SELECT i, (hash(i) % 1000000007)::BIGINT AS h, ((hash(i) // 7) % 2000)::BIGINT AS e, i % 500 = 0 AS p FROM range({begin}, {end}) AS t(i))
) TO '{folder}/part-{index:03d}.snappy.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 250000)
\"\"\")
"""

# What somebody would write who has DuckDB and the same files.
QUERY = """
import duckdb, sys
connection = duckdb.connect()
names = '(VpcEndpoint-Hours|VpcEndpoint-Bytes|VpcEndpoint-GWLBE-Hours|VpcEndpoint-GWLBE-Bytes|VpcEndpoint-Resource-Hours|VpcEndpoint-Service-Hours|VpcResource-Consumer-Bytes|VpcResource-Provider-Bytes|VpcLattice-Service-Network-Resource-Hours|NatGateway-Hours|NatGateway-Bytes|TransitGateway-Hours|TransitGateway-Bytes|DataTransfer-Regional-Bytes)'
ends = ' OR '.join(f"suffix(line_item_usage_type, '{name}')" for name in names.strip('()').split('|'))
connection.execute(f\"\"\"
COPY (
  SELECT line_item_usage_account_id, bill_payer_account_id, bill_billing_period_start_date, line_item_resource_id,
    line_item_usage_type, line_item_operation, product_region_code, line_item_line_item_type, pricing_unit, line_item_currency_code,
    SUM(line_item_usage_amount) AS quantity, SUM(line_item_unblended_cost) AS billed, SUM(line_item_net_unblended_cost) AS net,
    SUM(pricing_public_on_demand_cost) AS list, MIN(line_item_usage_start_date::DATE) AS first, MAX(line_item_usage_start_date::DATE) AS last, COUNT(*) AS lines
  FROM read_parquet('{sys.argv[1]}/*.parquet')
  WHERE {ends}
  GROUP BY ALL
) TO '{sys.argv[2]}' (FORMAT parquet)
\"\"\")
print(connection.execute(f"SELECT SUM(billed), SUM(lines) FROM '{sys.argv[2]}'").fetchone())
"""


def main():
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or [5_000_000, 50_000_000]
    binary = plaudit()
    interpreter = python() / "python"
    lines = [
        "| lines of the report | plaudit | DuckDB | ratio | CPU of plaudit | CPU of DuckDB | memory of plaudit | memory of DuckDB |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            bill = folder / "bill"
            bill.mkdir()
            subprocess.run([interpreter, "-c", GENERATE, bill, str(size)], check=True)
            best = {}
            # In turns, and the better of two: what else the machine does then hits both.
            for turn in range(2):
                with Simulator(binary, "--accounts", 1, "--regions", 1) as simulator:
                    measured = Measured(
                        [binary, "crawl", "--quiet", "--regions", "ca-central-1", "--charges", "cur", "--bill", bill, "--store", folder / f"store-{turn}"],
                        env=simulator.environment(), stderr=subprocess.DEVNULL,
                    )
                    # The crawl itself is empty: the Region is not enabled, which is status 3.
                    assert measured.status == 3, measured.status
                ours = best.get("plaudit")
                best["plaudit"] = measured if ours is None or measured.wall < ours.wall else ours
                out = folder / f"duckdb-{turn}.parquet"
                theirs = Measured([interpreter, "-c", QUERY, bill, out], stdout=subprocess.DEVNULL)
                assert theirs.status == 0
                known = best.get("duckdb")
                best["duckdb"] = theirs if known is None or theirs.wall < known.wall else known
            sql = "SELECT SUM(billed_cost) AS billed, SUM(x_lines) AS lines FROM charge"
            told = subprocess.run(
                [binary, "query", "--store", folder / "store-1", "--format", "json", sql], check=True, capture_output=True, text=True
            ).stdout
            told = json.loads(told)[0]
            billed, counted = map(float, subprocess.run(
                [interpreter, "-c", f"import duckdb; print(*duckdb.sql(\"SELECT SUM(billed), SUM(lines) FROM '{out}'\").fetchall()[0])"],
                check=True, capture_output=True, text=True,
            ).stdout.split())
            assert abs(told["billed"] - billed) < 0.01 and told["lines"] == counted, (told, billed, counted)
            ours, theirs = best["plaudit"], best["duckdb"]
            lines.append(
                f"| {size:,} | {ours.wall:.1f} s | {theirs.wall:.1f} s | {ours.wall / theirs.wall:.2f} | {ours.cpu:.1f} s | {theirs.cpu:.1f} s "
                f"| {mebibytes(ours.peak)} | {mebibytes(theirs.peak)} |"
            )
    publish("bills", lines)


main()
