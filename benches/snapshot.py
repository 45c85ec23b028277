"""Makes the snapshot that the bench of the rules runs over: every table that a rule reads.

    python benches/snapshot.py LIKE STORE ENDPOINTS SNAPSHOT DAYS NULLABLE

LIKE is a small store to take the tables' columns from, STORE the one to make, SNAPSHOT its id, DAYS
those of metrics, NULLABLE which columns may be null, as JSON. Needs the `duckdb` module.
"""

import json
import pathlib
import sys

import duckdb

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
    i // 10 AS v,
    -- Ten services to a VPC, and in every tenth one of them twice.
    CASE WHEN i % 100 = 12 THEN 'service3' WHEN i % 10 = 7 THEN 's3' ELSE 'service' || CAST(i % 10 AS VARCHAR) END AS aws_service,
    CASE WHEN i % 40 = 7 THEN 1 ELSE 3 END AS zones
  FROM range({endpoints}) AS r(i)''')
con.execute('''ALTER TABLE e ADD COLUMN service_name VARCHAR''')
con.execute('''UPDATE e SET service_name = CASE
    WHEN is_customer THEN 'com.amazonaws.vpce.' || region || '.vpce-svc-' || lpad(CAST(service AS VARCHAR), 17, '0')
    WHEN vpc_endpoint_type = 'Gateway' THEN 'com.amazonaws.' || region || '.s3'
    ELSE 'com.amazonaws.' || region || '.' || aws_service END''')
con.execute(f'''CREATE TABLE s AS SELECT i AS service,
    lpad(CAST(100000000000 + (i * 97) % greatest({endpoints} // 200, 1) AS VARCHAR), 12, '0') AS account_id,
    CASE WHEN i % 2 = 0 THEN 'us-east-1' ELSE 'eu-west-1' END AS region,
    CASE WHEN i % 2 = 0 THEN 'use1' ELSE 'euw1' END AS zone,
    'vpce-svc-' || lpad(CAST(i AS VARCHAR), 17, '0') AS service_id
  FROM range({services}) AS r(i)''')
con.execute("CREATE TABLE z AS SELECT unnest([1, 2, 3]) AS z")
con.execute("CREATE TABLE vpc AS SELECT DISTINCT account_id, region, zone, vpc_id, v FROM e")
# The metrics of an endpoint, by their column in `vpc_endpoint_daily`.
DAILY = {"bytes_processed": "BytesProcessed", "new_connections": "NewConnections", "packets_dropped": "PacketsDropped", "rst_packets_received": "RstPacketsReceived"}
con.execute("CREATE TABLE metric AS SELECT unnest(?) AS metric_name", [list(DAILY.values())])


def published(metric):
    """What endpoint `i` published on day `d`: here and there packets are dropped, or connections reset."""
    return {
        "BytesProcessed": "CAST((i * 7919 + d * 104729) % 1000003 AS DOUBLE) * 1000",
        "NewConnections": "CAST(2000 + (i * 31 + d * 17) % 5000 AS DOUBLE)",
        "PacketsDropped": "CASE WHEN i % 80 = 2 THEN 5000.0 ELSE 0.0 END",
        "RstPacketsReceived": "CASE WHEN i % 70 = 4 THEN 90000.0 ELSE CAST((i * 13 + d * 7) % 400 AS DOUBLE) END",
    }[metric]



lb = "'arn:aws:elasticloadbalancing:' || region || ':' || account_id || ':loadbalancer/net/lb' || service || '/1'"
tg = "'arn:aws:elasticloadbalancing:' || region || ':' || account_id || ':targetgroup/tg' || service || '/2'"
zone = "zone || '-az' || z"
subnet = "'subnet-' || vpc_id || z"
interface = "'eni-' || i || z"
day = "CAST(DATE '2025-10-04' + CAST(d AS INTEGER) AS DATE)"
dns_name = "aws_service || '.' || region || '.amazonaws.com'"
live = "vpc_endpoint_type <> 'Gateway'"
regional = con.execute(f'''SELECT list(DISTINCT operation) FROM read_parquet('{like}/coverage/*/*.parquet')
    WHERE operation IN (SELECT operation FROM read_parquet('{like}/coverage/*/*.parquet')
      GROUP BY operation HAVING COUNT(DISTINCT account_id || region) > 2)''').fetchone()[0]
con.execute("CREATE TABLE o AS SELECT unnest(?) AS operation", [regional])

# From where the rows of a table come, and its columns; the others are null, or empty where null may
# not stand. A table that is not named here stays empty: no rule reads it.
TABLES = {
  "account": ("(SELECT DISTINCT account_id FROM e)", {"account_name": "'account-' || account_id", "state": "'ACTIVE'"}),
  "coverage": ("(SELECT DISTINCT account_id, region FROM e) CROSS JOIN o", {"outcome": "'ok'", "requests": "1"}),
  "vpc_endpoint": ("e", {"service_region": "CASE WHEN i % 97 = 2 THEN 'ap-southeast-2' ELSE region END", "state": "CASE WHEN i % 61 = 4 THEN 'pendingAcceptance' ELSE 'available' END",
     "owner_id": "account_id", "creation_timestamp": "TIMESTAMPTZ '2025-01-01 00:00:00+00'", "age_days": "CASE WHEN i % 30 = 0 THEN 20 ELSE 400 END", "network_interfaces": f"CASE WHEN {live} THEN zones ELSE 0 END",
     "private_dns_enabled": "vpc_endpoint_type = 'Interface' AND i % 35 <> 6", "ip_address_type": "'ipv4'", "tags": "'{}'", "policy_document": "'{\"Statement\":[{\"Action\":\"*\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*\"}]}'"}),
  "vpc_endpoint_subnet": (f"(SELECT * FROM e CROSS JOIN z WHERE {live} AND z <= zones)", {"subnet_id": subnet, "availability_zone_id": zone, "network_interface_id": interface}),
  "vpc_endpoint_security_group": ("(SELECT * FROM e WHERE vpc_endpoint_type = 'Interface')", {"group_id": "'sg-' || vpc_id"}),
  "vpc_endpoint_route_table": ("(SELECT * FROM e WHERE vpc_endpoint_type = 'Gateway')", {"route_table_id": "'rtb-' || vpc_id"}),
  "vpc": ("vpc", {"owner_id": "account_id", "cidr_block": "'10.0.0.0/16'"}),
  "vpc_attribute": ("vpc", {"enable_dns_support": "true", "enable_dns_hostnames": "v % 90 <> 5"}),
  "subnet": ("vpc CROSS JOIN z", {"subnet_id": subnet, "owner_id": "account_id", "availability_zone_id": zone, "cidr_block": "'10.0.' || z || '.0/24'"}),
  "route": ("(SELECT * FROM e CROSS JOIN z WHERE vpc_endpoint_type = 'GatewayLoadBalancer')", {"route_table_id": "'rtb-' || vpc_id || z", "subnet_id": subnet, "availability_zone_id": zone, "destination": "'0.0.0.0/0'", "state": "'active'"}),
  # One table for a VPC, but in every fourth the last subnet has its own; a NAT gateway in every third.
  "route_table": ("vpc CROSS JOIN z", {"route_table_id": "'rtb-' || vpc_id || CASE WHEN z = 3 AND v % 4 = 0 THEN '3' ELSE '' END", "subnet_id": subnet, "is_main": "NOT (z = 3 AND v % 4 = 0)", "nat_gateway_id": "CASE WHEN v % 3 = 0 THEN 'nat-' || vpc_id END"}),
  "nat_gateway": ("(SELECT * FROM vpc WHERE v % 3 = 0)", {"nat_gateway_id": "'nat-' || vpc_id", "state": "'available'", "connectivity_type": "'public'"}),
  "network_interface": (f"""(SELECT account_id, region, vpc_id, {interface} AS network_interface_id, {subnet} AS subnet_id, false AS is_consumer, '10.0.' || z || '.' || (10 + i % 10) AS private_ip_address FROM e CROSS JOIN z WHERE {live} AND z <= zones
     UNION ALL SELECT account_id, region, vpc_id, 'eni-c' || vpc_id || z || k, {subnet}, true, '10.0.' || z || '.' || (100 + k) FROM vpc CROSS JOIN z CROSS JOIN range(4) AS interfaces(k))""", {}),
  "security_group_rule": ("vpc CROSS JOIN range(4) AS rules(k)", {"security_group_rule_id": "'sgr-' || vpc_id || k", "group_id": "'sg-' || vpc_id", "is_egress": "k = 0", "ip_protocol": "CASE WHEN k = 0 THEN '-1' ELSE 'tcp' END", "from_port": "CASE WHEN k = 0 THEN -1 ELSE 443 END", "to_port": "CASE WHEN k = 0 THEN -1 ELSE 443 END",
     "cidr_ipv4": "CASE WHEN k = 0 OR v % 50 = 9 AND k = 3 THEN '0.0.0.0/0' ELSE '10.0.' || k || '.0/24' END"}),
  "consumer_zone": ("vpc CROSS JOIN z", {"availability_zone_id": zone, "network_interfaces": "4"}),
  "service_detail": (f"(SELECT DISTINCT account_id, region, service_name, CASE WHEN vpc_endpoint_type = 'Interface' AND NOT is_customer THEN {dns_name} END AS private_dns_name FROM e)", {"owner": "'amazon'", "vpc_endpoint_policy_supported": "true"}),
  "service_detail_zone": ("(SELECT DISTINCT account_id, region, zone, service_name, z FROM e CROSS JOIN z)", {"availability_zone_id": zone}),
  "service_detail_private_dns_name": (f"(SELECT DISTINCT account_id, region, service_name, CASE WHEN aws_service = 's3' THEN '*.' ELSE '' END || {dns_name} AS private_dns_name FROM e WHERE vpc_endpoint_type = 'Interface' AND NOT is_customer)", {}),
  # The zones that AWS makes for endpoints, one of the customer for each VPC, and here and there one that shadows a service.
  "hosted_zone": (f"""(SELECT account_id, region, vpc_id, 'Z' || i AS hosted_zone_id, {dns_name} AS name, NULL AS owning_account, 'vpce.amazonaws.com' AS owning_service FROM e WHERE vpc_endpoint_type = 'Interface' AND NOT is_customer
     UNION ALL SELECT account_id, region, vpc_id, 'ZV' || v, CASE WHEN v % 40 = 2 THEN 'service2.' || region || '.amazonaws.com' ELSE 'corp.example' END, account_id, NULL FROM vpc)""", {}),
  "resolver_rule": ("(SELECT DISTINCT account_id, region FROM e) CROSS JOIN range(3) AS rules(k)", {"resolver_rule_id": "CASE WHEN k = 0 THEN 'rslvr-autodefined-rr-internet-resolver' ELSE 'rslvr-rr-' || k END", "domain_name": "CASE WHEN k = 0 THEN '.' ELSE 'net' || k || '.example' END",
     "rule_type": "CASE WHEN k = 0 THEN 'RECURSIVE' ELSE 'FORWARD' END", "status": "'COMPLETE'", "owner_id": "account_id"}),
  "resolver_rule_association": ("vpc CROSS JOIN range(3) AS rules(k)", {"resolver_rule_association_id": "'rslvr-assoc-' || vpc_id || k", "resolver_rule_id": "CASE WHEN k = 0 THEN 'rslvr-autodefined-rr-internet-resolver' ELSE 'rslvr-rr-' || k END", "status": "'COMPLETE'"}),
  "vpc_endpoint_service": ("s", {"service_name": "'com.amazonaws.vpce.' || region || '.' || service_id", "service_type": "'Interface'", "service_state": "'Available'", "acceptance_required": "true", "tags": "'{}'"}),
  "vpc_endpoint_service_zone": ("s CROSS JOIN z", {"availability_zone_id": zone}),
  "vpc_endpoint_service_load_balancer": ("s", {"load_balancer_arn": lb}),
  "vpc_endpoint_service_principal": ("s", {"service_permission_id": "'vpce-svc-perm-' || service", "principal_type": "'Account'", "principal": "'arn:aws:iam::' || account_id || ':root'"}),
  "vpc_endpoint_connection": ("(SELECT s.account_id, s.region, s.service_id, e.vpc_endpoint_id, e.account_id AS owner, i FROM e JOIN s USING (service) WHERE is_customer)",
     {"vpc_endpoint_owner": "owner", "vpc_endpoint_state": "CASE WHEN i % 61 = 4 THEN 'pendingAcceptance' ELSE 'available' END", "age_days": "400"}),
  "vpc_endpoint_notification": ("(SELECT * FROM s WHERE service % 8 < 6)", {"connection_notification_id": "'vpce-nfn-' || service", "connection_events": "'Accept, Connect, Delete, Reject'", "connection_notification_state": "'Enabled'"}),
  "load_balancer": ("s", {"load_balancer_arn": lb, "load_balancer_name": "'lb' || service", "load_balancer_type": "'network'", "state": "'active'", "cross_zone_enabled": "service % 3 = 0"}),
  "load_balancer_zone": ("s CROSS JOIN z", {"load_balancer_arn": lb, "availability_zone_id": zone}),
  "listener": ("s", {"listener_arn": "'arn:listener/' || service", "load_balancer_arn": lb, "port": "443", "protocol": "'TCP'", "target_group_arns": tg}),
  "target_group": ("s", {"target_group_arn": tg, "target_group_name": "'tg' || service", "load_balancer_arn": lb, "protocol": "'TCP'", "port": "443", "target_type": "'instance'", "health_check_enabled": "true", "cross_zone": "'use_load_balancer_configuration'"}),
  "target_health": ("s CROSS JOIN z", {"target_group_arn": tg, "target_id": "'i-' || service || z", "port": "443", "availability_zone_id": zone, "state": "CASE WHEN service % 20 = 0 AND z = 1 THEN 'unhealthy' ELSE 'healthy' END"}),
  # Three tags for each endpoint and one for each of its interfaces, but for those that lack one.
  "tag": (f"""(SELECT account_id, region, vpc_endpoint_id AS resource_id, k AS key FROM e CROSS JOIN (SELECT unnest(['Name', 'owner', 'service']) AS k) WHERE NOT (k = 'service' AND i % 25 = 0)
     UNION ALL SELECT account_id, region, {interface}, 'service' FROM e CROSS JOIN z WHERE {live} AND z <= zones AND i % 33 <> 0)""", {"value": "'value-' || key"}),
  "metric_query": (f"""(SELECT account_id, region, vpc_endpoint_id AS resource_id, 'AWS/PrivateLinkEndpoints' AS namespace, metric_name, is_idle FROM e CROSS JOIN metric WHERE {live}
     UNION ALL SELECT account_id, region, service_id, 'AWS/PrivateLinkServices', 'BytesProcessed', false FROM s)""", {"status_code": "'Complete'", "datapoints": f"CASE WHEN is_idle THEN 0 ELSE {days} END", "dimensions_listed": "NOT is_idle"}),
  "metric_daily": (f"""(SELECT account_id, region, vpc_endpoint_id AS resource_id, 'AWS/PrivateLinkEndpoints' AS namespace, metric_name, i, d FROM e CROSS JOIN metric CROSS JOIN range({days}) AS days(d) WHERE {live} AND NOT is_idle
     UNION ALL SELECT account_id, region, service_id, 'AWS/PrivateLinkServices', 'BytesProcessed', service, d FROM s CROSS JOIN range({days}) AS days(d))""", {"statistic": "'Sum'", "date": day,
     "value": "CASE metric_name " + " ".join(f"WHEN '{metric}' THEN {published(metric)}" for metric in DAILY.values()) + " END"}),
  "vpc_endpoint_daily": (f"(SELECT * FROM e CROSS JOIN range({days}) AS days(d) WHERE {live} AND NOT is_idle)", {"date": day} | {column: published(metric) for column, metric in DAILY.items()}),
  "vpc_endpoint_usage": ("e", {"usage": f"CASE WHEN NOT ({live}) THEN 'unmeasurable' WHEN is_idle THEN 'idle' ELSE 'active' END", "confidence": f"CASE WHEN {live} THEN 'high' END", "reason": "'it published traffic in the window'",
     "bytes_processed": f"CASE WHEN NOT ({live}) THEN NULL WHEN is_idle THEN 0.0 ELSE 4.5e10 END", "active_days": f"CASE WHEN NOT ({live}) THEN NULL WHEN is_idle THEN 0 ELSE {days} END", "last_active_date": "CASE WHEN NOT is_idle THEN DATE '2026-01-01' END", "observed_days": str(days)}),
  # Each endpoint from each subnet of its VPC; here a group and there an ACL lets nobody in.
  "vpc_endpoint_reachability": ("(SELECT * FROM e CROSS JOIN z WHERE vpc_endpoint_type = 'Interface')", {"subnet_id": subnet, "port": "443", "consumers": "4", "security_group": "CASE WHEN i % 45 = 8 THEN 'blocked' ELSE 'allowed' END", "security_group_rule_id": "'sgr-' || vpc_id || '1'",
     "admits_outside": "i % 20 = 17", "network_acl": "CASE WHEN i % 55 = 9 AND z = 2 THEN 'blocked' ELSE 'allowed' END", "network_acl_id": "'acl-' || vpc_id", "network_acl_entry": "CASE WHEN i % 55 = 9 AND z = 2 THEN 'ingress 100' END"}),
  # The default policy, one with a condition, or two statements.
  "vpc_endpoint_policy": ("(SELECT * FROM e CROSS JOIN z WHERE vpc_endpoint_type <> 'GatewayLoadBalancer' AND (z = 1 OR z = 2 AND i % 3 = 0))", {"statement": "z", "service": "CASE WHEN NOT is_customer THEN aws_service END", "is_default": "i % 3 = 1", "effect": "'Allow'", "principal": "'every'",
     "action": "CASE WHEN i % 3 = 0 THEN 'named' ELSE 'every' END", "resource": "'every'", "condition": "CASE WHEN i % 3 = 2 THEN 'StringEquals aws:PrincipalOrgID' END"}),
  "vpc_endpoint_subnet_usage": (f"(SELECT * FROM e CROSS JOIN z WHERE {live} AND z <= zones)", {"subnet_id": subnet, "status_code": "'Complete'", "bytes_processed": "CASE WHEN is_idle OR i % 25 = 4 AND z = 2 THEN 0.0 ELSE 1.5e10 END", "active_days": f"CASE WHEN is_idle OR i % 25 = 4 AND z = 2 THEN 0 ELSE {days} END"}),
  "vpc_endpoint_cost": ("e", {"zones_billed": f"CASE WHEN {live} THEN zones ELSE 0 END", "hourly_rate": "0.01", "hours_cost": "7.3 * zones", "monthly_gigabytes": f"CASE WHEN {live} THEN 14.0 END", "bytes_cost": "0.14", "monthly_cost": "7.3 * zones + 0.14", "cost_basis": "'list_price'"}),
  # Three months, hours and bytes.
  "vpc_endpoint_charge": (f"(SELECT * FROM e CROSS JOIN range(3) AS months(m) CROSS JOIN (SELECT unnest(['VpcEndpoint-Hours', 'VpcEndpoint-Bytes']) AS usage_type) WHERE {live})", {"billing_period_start": "CAST(DATE '2025-10-01' + to_months(CAST(m AS INTEGER)) AS DATE)", "consumed_quantity": "744.0 * zones", "billed_cost": "7.3 * zones", "effective_cost": "7.3 * zones",
     "cost_basis": "'billed'", "crawled": "i % 500 <> 44", "last_date": "CAST(DATE '2025-10-31' + to_months(CAST(m AS INTEGER)) AS DATE)", "bill_last_date": "CAST(DATE '2025-10-31' + to_months(CAST(m AS INTEGER)) AS DATE)", "scope_crawled": "true"}),
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
