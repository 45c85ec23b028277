/*---
title = "Endpoint inventory"
description = "One row per endpoint, with its zones, usage, cost, tags, and the rules that raise an alarm about it."
terminal = ["vpc_endpoint_id", "account_name", "region", "usage", "monthly_cost", "service_name", "findings"]
terminal_wide = ["state", "zones", "bytes_processed", "cost_basis", "age_days", "last_active_date", "vpc_endpoint_type", "vpc_id", "availability_zone_ids", "private_dns_enabled", "account_id", "tags"]

[columns]
bytes_processed = "bytes"
monthly_cost = "money"
tags = "json"
---*/
WITH placed AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, availability_zone_id
  FROM vpc_endpoint_subnet
  WHERE availability_zone_id IS NOT NULL
),
stands AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COUNT(*) AS zones,
    STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS availability_zone_ids
  FROM placed
  GROUP BY account_id, region, vpc_endpoint_id
),
accused AS (
  SELECT account_id, region, resource_id, STRING_AGG(rule_id, ', ' ORDER BY rule_id) AS findings
  FROM finding
  WHERE status = 'alarm' AND resource_type = 'vpc_endpoint'
  GROUP BY account_id, region, resource_id
)
SELECT
  e.account_id,
  a.account_name,
  e.region,
  e.vpc_id,
  e.vpc_endpoint_id,
  e.vpc_endpoint_type,
  e.service_name,
  e.state,
  COALESCE(s.zones, 0) AS zones,
  s.availability_zone_ids,
  e.private_dns_enabled,
  e.age_days,
  u.usage,
  u.bytes_processed,
  u.last_active_date,
  c.monthly_cost,
  c.cost_basis,
  e.tags,
  f.findings
FROM vpc_endpoint AS e
LEFT JOIN account AS a ON a.account_id = e.account_id
LEFT JOIN stands AS s
  ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN accused AS f
  ON f.account_id = e.account_id AND f.region = e.region AND f.resource_id = e.vpc_endpoint_id
ORDER BY e.account_id, e.region, e.vpc_id, e.vpc_endpoint_id
