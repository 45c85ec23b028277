"""Writes a report of some megabytes, most of which nobody reads, into a folder and into a bucket."""

import sys
from pathlib import Path

import boto3
import duckdb

url, folder = sys.argv[1], Path(sys.argv[2])
folder.mkdir()
file = folder / "report-00001.snappy.parquet"
duckdb.execute(
    f"""
COPY (
  SELECT
    '999999999999' AS bill_payer_account_id,
    TIMESTAMP '2026-10-01' AS bill_billing_period_start_date,
    '123456789012' AS line_item_usage_account_id,
    'Usage' AS line_item_line_item_type,
    TIMESTAMP '2026-10-01' + to_hours((i % 744)::INT) AS line_item_usage_start_date,
    md5(i::VARCHAR) || md5((i * 7)::VARCHAR) AS line_item_line_item_description,
    CASE WHEN i % 10 = 0 THEN 'EU-VpcEndpoint-Hours' ELSE 'EU-Requests-Tier1' END AS line_item_usage_type,
    'VpcEndpoint' AS line_item_operation,
    'arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/vpce-' || printf('%017x', i % 30) AS line_item_resource_id,
    1.0 AS line_item_usage_amount,
    'USD' AS line_item_currency_code,
    0.011 AS line_item_unblended_cost,
    'eu-west-1' AS product_region_code
  FROM range(60000) AS t(i)
) TO '{file}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20000)
"""
)
client = boto3.client(
    "s3", endpoint_url=url, region_name="us-east-1",
    aws_access_key_id="management", aws_secret_access_key="simulated",
)
client.create_bucket(Bucket="bills")
client.upload_file(str(file), "bills", f"cur/BILLING_PERIOD=2026-10/{file.name}")
print(file.stat().st_size)
