/*---
title = "Unit cost"
description = "What an endpoint costs for each gigabyte that it really carried, dearest first: one row per endpoint. Without traffic, or where it could not be measured, there is no unit cost."
terminal = ["vpc_endpoint_id", "account_name", "region", "cost_per_gigabyte", "monthly_cost", "service_name"]
terminal_wide = ["monthly_gigabytes", "cost_basis", "usage"]

[columns]
monthly_cost = "money"
---*/
SELECT
  c.account_id,
  a.account_name,
  c.region,
  c.vpc_endpoint_id,
  e.vpc_endpoint_type,
  e.service_name,
  u.usage,
  c.monthly_gigabytes,
  c.monthly_cost,
  CASE WHEN c.monthly_gigabytes > 0 THEN c.monthly_cost / c.monthly_gigabytes END AS cost_per_gigabyte,
  c.cost_basis,
  c.note
FROM vpc_endpoint_cost AS c
JOIN vpc_endpoint AS e
  ON e.account_id = c.account_id AND e.region = c.region AND e.vpc_endpoint_id = c.vpc_endpoint_id
LEFT JOIN vpc_endpoint_usage AS u
  ON u.account_id = c.account_id AND u.region = c.region AND u.vpc_endpoint_id = c.vpc_endpoint_id
LEFT JOIN account AS a ON a.account_id = c.account_id
WHERE e.vpc_endpoint_type <> 'Gateway'
ORDER BY COALESCE(c.monthly_cost / CASE WHEN c.monthly_gigabytes > 0 THEN c.monthly_gigabytes END, 0) DESC,
  c.account_id, c.region, c.vpc_endpoint_id
