"""Writes bills in the forms that AWS exports, and what they come to.

    make_bill.py FOLDER SEED ACCOUNTS

Below FOLDER there is a folder for each form. The expected totals are computed by DuckDB straight from
those files, with SQL of its own, and printed as JSON: form -> rows of account, month, usage type,
category, billed, effective, quantity.
"""

import gzip
import json
import random
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

MONTHS = [date(2026, 9, 1), date(2026, 10, 1)]
PREFIXES = {"us-east-1": ["", "USE1-"], "eu-west-1": ["EU-"], "ap-southeast-2": ["APS2-"]}
NAMES = (
    "VpcEndpoint-GWLBE-Hours|VpcEndpoint-GWLBE-Bytes|VpcEndpoint-Resource-Hours|VpcEndpoint-Service-Hours"
    "|VpcEndpoint-Hours|VpcEndpoint-Bytes|RegionalNatGateway-Hours|NatGateway-Hours|NatGateway-Bytes"
)


def lines(seed, accounts):
    """Lines of a Cost and Usage Report 2.0, as dictionaries."""
    rng = random.Random(seed)
    payer = "999999999999"
    found = []
    for index in range(accounts):
        account = f"{100000000000 + index * 7919:012d}"
        for region, prefixes in PREFIXES.items():
            for _ in range(rng.randrange(3)):
                endpoint = f"vpce-{rng.getrandbits(68):017x}"
                arn = f"arn:aws:ec2:{region}:{account}:vpc-endpoint/{endpoint}"
                kind = rng.choice(["VpcEndpoint-", "VpcEndpoint-", "VpcEndpoint-GWLBE-"])
                zones = rng.randrange(1, 4)
                # Now and then the resource is not told.
                resource = arn if rng.random() < 0.8 else ""
                for month in MONTHS:
                    day = month
                    while day.month == month.month:
                        prefix = rng.choice(prefixes)
                        base = dict(payer=payer, month=month, account=account, day=day, region=region, resource=resource)
                        hours = dict(base, usage=f"{prefix}{kind}Hours", amount=24.0 * zones, unit="Hrs", rate=0.01)
                        found.append(usage(hours, rng))
                        if rng.random() < 0.7:
                            gigabytes = round(rng.random() * 40, 6)
                            found.append(usage(dict(base, usage=f"{prefix}{kind}Bytes", amount=gigabytes, unit="GB", rate=0.01), rng))
                        day += timedelta(days=1)
                    total = 24.0 * zones * 30 * 0.01
                    other = dict(base, usage=f"{prefixes[0]}{kind}Hours", amount=0.0, unit="", rate=0.0)
                    found.append(dict(usage(other, rng), kind="Tax", cost=round(total * 0.2, 10), net=round(total * 0.2, 10)))
                    found.append(dict(usage(other, rng), kind="EdpDiscount", cost=-round(total * 0.05, 10), net=0.0))
                    found.append(dict(usage(other, rng), kind="Credit", cost=-1.5, net=-1.5))
                    found.append(dict(usage(other, rng), kind="Refund", cost=-0.25, net=-0.25))
            # What is not PrivateLink, and what stands beside it.
            for month in MONTHS:
                base = dict(payer=payer, month=month, account=account, day=month, region=region, resource="i-0abc")
                found.append(usage(dict(base, usage="BoxUsage:m5.large", amount=24.0, unit="Hrs", rate=0.096), rng))
                found.append(usage(dict(base, usage="USE1-MyVpcEndpoint-Hours", amount=1.0, unit="Hrs", rate=5.0), rng))
                found.append(usage(dict(base, usage=f"{prefixes[0]}NatGateway-Hours", amount=24.0, unit="Hrs", rate=0.045), rng))
    return found


def usage(line, rng):
    cost = round(line["amount"] * line["rate"], 10)
    return dict(line, kind="Usage", cost=cost, net=round(cost * 0.95, 10), list=cost)


def table(connection, found):
    connection.execute("CREATE OR REPLACE TABLE line (payer VARCHAR, month DATE, account VARCHAR, day DATE, region VARCHAR,"
                       " resource VARCHAR, usage VARCHAR, amount DOUBLE, unit VARCHAR, kind VARCHAR, cost DOUBLE, net DOUBLE, list DOUBLE)")
    connection.executemany(
        "INSERT INTO line VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [
            (l["payer"], l["month"], l["account"], l["day"], l["region"], l["resource"] or None, l["usage"], l["amount"],
             l["unit"] or None, l["kind"], l["cost"], l["net"], l["list"])
            for l in found
        ],
    )


CUR = """
  payer AS bill_payer_account_id, {month} AS bill_billing_period_start_date, account AS line_item_usage_account_id,
  kind AS line_item_line_item_type, {day} AS line_item_usage_start_date, 'AmazonVPC' AS line_item_product_code,
  usage AS line_item_usage_type, 'VpcEndpoint' AS line_item_operation, resource AS line_item_resource_id,
  amount AS line_item_usage_amount, 'USD' AS line_item_currency_code, cost AS line_item_unblended_cost,
  net AS line_item_net_unblended_cost, unit AS pricing_unit, list AS pricing_public_on_demand_cost,
  {sku} AS product_sku, {price} AS pricing_rate_code
"""

FOCUS = """
  payer AS "BillingAccountId", account AS "SubAccountId", resource AS "ResourceId",
  CASE kind WHEN 'EdpDiscount' THEN 'Adjustment' WHEN 'Refund' THEN 'Credit' ELSE kind END AS "ChargeCategory",
  month::TIMESTAMP AS "BillingPeriodStart", (month + INTERVAL 1 MONTH)::TIMESTAMP AS "BillingPeriodEnd",
  day::TIMESTAMP AS "ChargePeriodStart", (day + INTERVAL 1 DAY)::TIMESTAMP AS "ChargePeriodEnd",
  amount::DECIMAL(30, 10) AS "ConsumedQuantity", unit AS "ConsumedUnit", net::DECIMAL(30, 10) AS "BilledCost",
  net::DECIMAL(30, 10) AS "EffectiveCost", list::DECIMAL(30, 10) AS "ListCost", 'USD' AS "BillingCurrency", region AS "RegionId",
  CASE WHEN usage LIKE '%VpcEndpoint%' AND usage NOT LIKE '%MyVpc%' THEN 'VpcEndpoint' ELSE 'RunInstances' END AS "x_Operation",
  {sku} AS "SkuId", {price} AS "SkuPriceId", map {{'team': 'shop'}} AS "Tags"
"""

# A SKU for each Region and usage type, and a price of it for each tier: bytes reach the second one in the
# middle of the month. Other lines than usage have none.
SKU = "CASE kind WHEN 'Usage' THEN upper(md5(region || usage)[:16]) END"
PRICE = f"{SKU} || '.JRTCKXETXF.' || CASE WHEN unit = 'GB' AND day(day) > 15 THEN 'PGHJ3S3EYE' ELSE '6YS6EN2CT7' END"


def write(connection, folder):
    """All forms; gives, for each, what DuckDB reads back, under common names."""
    moment = dict(month="month::TIMESTAMP", day="day::TIMESTAMP", sku=SKU, price=PRICE)
    text = dict(month="strftime(month, '%Y-%m-%dT00:00:00.000Z')", day="strftime(day, '%Y-%m-%dT00:00:00Z')", sku=SKU, price=PRICE)
    cur = "line_item_usage_account_id AS account, strftime({}, '%Y-%m-01') AS month, line_item_usage_type AS usage, line_item_line_item_type AS kind, line_item_unblended_cost AS cost, line_item_net_unblended_cost AS net, line_item_usage_amount AS amount"
    reading = {}
    for month in MONTHS:
        end = (month + timedelta(days=32)).replace(day=1)
        where = f"FROM line WHERE month = DATE '{month}'"
        period = f"{month:%Y%m%d}-{end:%Y%m%d}"

        # The legacy report, CSV, with slashes in its names, in a folder per version, one of which is outdated.
        place = folder / "legacy-csv" / "report" / period / "0a1b"
        place.mkdir(parents=True)
        names = [("bill", "PayerAccountId", "payer"), ("bill", "BillingPeriodStartDate", text["month"]), ("lineItem", "UsageAccountId", "account"),
                 ("lineItem", "LineItemType", "kind"), ("lineItem", "UsageStartDate", text["day"]), ("lineItem", "ProductCode", "'AmazonVPC'"),
                 ("lineItem", "UsageType", "usage"), ("lineItem", "Operation", "'VpcEndpoint'"), ("lineItem", "ResourceId", "resource"),
                 ("lineItem", "UsageAmount", "amount"), ("lineItem", "CurrencyCode", "'USD'"), ("lineItem", "UnblendedCost", "cost"),
                 ("lineItem", "NetUnblendedCost", "net"), ("pricing", "unit", "unit"), ("product", "region", "region"),
                 ("product", "sku", SKU), ("pricing", "RateCode", PRICE)]
        columns = ", ".join(f'{value} AS "{group}/{name}"' for group, name, value in names)
        connection.execute(f"COPY (SELECT {columns} {where}) TO '{place / 'report-1.csv.gz'}' (HEADER, COMPRESSION gzip)")
        old = place.parent / "outdated"
        old.mkdir()
        with gzip.open(old / "report-1.csv.gz", "wt") as file:
            file.write("this version does not count\n")
        manifest = {"assemblyId": "0a1b", "reportKeys": [f"report/{period}/0a1b/report-1.csv.gz"],
                    "billingPeriod": {"start": f"{month:%Y%m%d}T000000.000Z", "end": f"{end:%Y%m%d}T000000.000Z"}}
        (place.parent / "report-Manifest.json").write_text(json.dumps(manifest))

        # The legacy report as Parquet.
        place = folder / "legacy-parquet" / "report" / f"year={month.year}" / f"month={month.month}"
        place.mkdir(parents=True)
        connection.execute(f"COPY (SELECT {CUR.format(**moment)}, region AS product_region {where}) TO '{place / 'report-00001.snappy.parquet'}' (FORMAT parquet)")

        # CUR 2.0, in two files, with its maps.
        place = folder / "cur2" / "data" / f"BILLING_PERIOD={month:%Y-%m}"
        place.mkdir(parents=True)
        keys = []
        for part in (0, 1):
            name = f"cur2-{part:05d}.snappy.parquet"
            keys.append(f"s3://bucket/prefix/cur2/data/BILLING_PERIOD={month:%Y-%m}/{name}")
            connection.execute(
                f"COPY (SELECT {CUR.format(**moment)}, region AS product_region_code, map {{'usagetype': usage}} AS product, map {{}} AS resource_tags"
                f" {where} AND hash(usage, day, account) % 2 = {part}) TO '{place / name}' (FORMAT parquet)")
        place = folder / "cur2" / "metadata" / f"BILLING_PERIOD={month:%Y-%m}"
        place.mkdir(parents=True)
        (place / "cur2-Manifest.json").write_text(json.dumps({"dataFiles": keys}))

        # CUR 2.0 as CSV, without the net column that only customers with discounts have.
        place = folder / "cur2-csv" / "data" / f"BILLING_PERIOD={month:%Y-%m}"
        place.mkdir(parents=True)
        bare = CUR.format(**text).replace("  net AS line_item_net_unblended_cost,", "")
        connection.execute(f"COPY (SELECT {bare}, region AS product_region_code {where}) TO '{place / 'cur2.csv.gz'}' (HEADER, COMPRESSION gzip)")

        # FOCUS 1.0 has the usage type as a column of its own; 1.2 has it in SkuMeter, or nowhere.
        for version, column in (("focus-1.0", 'usage AS "x_UsageType"'),
                                ("focus-1.2", "NULL::VARCHAR AS \"SkuMeter\", CASE WHEN usage LIKE '%GWLBE%' THEN 'per Gateway Load Balancer Endpoint' ELSE 'per VPC Endpoint' END AS \"ChargeDescription\"")):
            place = folder / version / "data" / f"billing_period={month:%Y-%m}"
            place.mkdir(parents=True)
            connection.execute(f"COPY (SELECT {FOCUS.format(sku=SKU, price=PRICE)}, {column} {where}) TO '{place / 'focus.parquet'}' (FORMAT parquet)")
    reading["legacy-csv"] = (
        """SELECT "lineItem/UsageAccountId"::VARCHAR AS account, ("bill/BillingPeriodStartDate"::VARCHAR)[:7] || '-01' AS month, "lineItem/UsageType" AS usage,
           "lineItem/LineItemType" AS kind, "lineItem/UnblendedCost" AS cost, "lineItem/NetUnblendedCost" AS net, "lineItem/UsageAmount" AS amount
           FROM read_csv('{}/legacy-csv/report/*/0a1b/*.csv.gz', all_varchar = false, types = {{'lineItem/UsageAccountId': 'VARCHAR'}})""")
    reading["legacy-parquet"] = "SELECT " + cur.format("bill_billing_period_start_date") + " FROM read_parquet('{}/legacy-parquet/**/*.parquet', hive_partitioning = false)"
    reading["cur2"] = "SELECT " + cur.format("bill_billing_period_start_date") + " FROM read_parquet('{}/cur2/data/**/*.parquet', hive_partitioning = false)"
    reading["cur2-csv"] = (
        "SELECT line_item_usage_account_id AS account, (bill_billing_period_start_date::VARCHAR)[:7] || '-01' AS month, line_item_usage_type AS usage,"
        " line_item_line_item_type AS kind, line_item_unblended_cost AS cost, line_item_unblended_cost AS net, line_item_usage_amount AS amount"
        " FROM read_csv('{}/cur2-csv/data/**/*.csv.gz', hive_partitioning = false, types = {{'line_item_usage_account_id': 'VARCHAR'}})")
    focus = "\"SubAccountId\" AS account, strftime(\"BillingPeriodStart\", '%Y-%m-01') AS month, {} AS usage, \"ChargeCategory\" AS kind, \"BilledCost\"::DOUBLE AS cost, \"EffectiveCost\"::DOUBLE AS net, \"ConsumedQuantity\"::DOUBLE AS amount"
    reading["focus-1.0"] = "SELECT " + focus.format('"x_UsageType"') + " FROM read_parquet('{}/focus-1.0/**/*.parquet', hive_partitioning = false)"
    told = "CASE WHEN \"x_Operation\" <> 'VpcEndpoint' THEN '' ELSE 'VpcEndpoint-' || CASE WHEN \"ChargeDescription\" LIKE '%Gateway%' THEN 'GWLBE-' ELSE '' END || CASE WHEN \"ConsumedUnit\" = 'GB' THEN 'Bytes' ELSE 'Hours' END END"
    reading["focus-1.2"] = "SELECT " + focus.format(told) + " FROM read_parquet('{}/focus-1.2/**/*.parquet', hive_partitioning = false)"
    return reading


def totals(connection, folder, reading):
    answers = {}
    for form, sql in reading.items():
        answers[form] = connection.execute(f"""
            SELECT account, month, regexp_extract(usage, '(^|-)({NAMES})$', 2) AS usage_type,
              CASE WHEN kind IN ('Credit', 'Refund') THEN 'Credit' WHEN kind LIKE '%Discount' THEN 'Adjustment' ELSE kind END AS category,
              SUM(net) AS billed, SUM(net) AS effective, SUM(CASE WHEN kind = 'Usage' THEN amount ELSE 0 END) AS quantity
            FROM ({sql.format(folder)}) WHERE regexp_matches(usage, '(^|-)({NAMES})$')
            GROUP BY ALL ORDER BY ALL""").fetchall()
    return answers


def main():
    folder, seed, accounts = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    connection = duckdb.connect()
    table(connection, lines(seed, accounts))
    reading = write(connection, folder)
    json.dump(totals(connection, folder, reading), sys.stdout)


main()
