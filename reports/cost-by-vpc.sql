/*---
title = "Cost by VPC"
description = "Endpoints and what they cost per month: one row per VPC and cost basis. Bases are never added up."
terminal = ["vpc_id", "account_name", "region", "monthly_cost", "cost_basis"]
terminal_wide = ["endpoints", "idle_endpoints", "hours_cost", "bytes_cost"]

[columns]
hours_cost = "money"
bytes_cost = "money"
monthly_cost = "money"
---*/
WITH total AS (
  SELECT
    e.account_id,
    e.region,
    e.vpc_id,
    c.cost_basis,
    COUNT(*) AS endpoints,
    SUM(CASE WHEN u.usage = 'idle' THEN 1 ELSE 0 END) AS idle_endpoints,
    SUM(c.hours_cost) AS hours_cost,
    SUM(c.bytes_cost) AS bytes_cost,
    SUM(c.monthly_cost) AS monthly_cost
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  GROUP BY e.account_id, e.region, e.vpc_id, c.cost_basis
)
SELECT
  t.account_id,
  a.account_name,
  t.region,
  t.vpc_id,
  t.cost_basis,
  t.endpoints,
  t.idle_endpoints,
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.hours_cost END AS hours_cost,
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.bytes_cost END AS bytes_cost,
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.monthly_cost END AS monthly_cost
FROM total AS t
LEFT JOIN account AS a ON a.account_id = t.account_id
ORDER BY COALESCE(t.monthly_cost, 0) DESC, t.account_id, t.region, t.vpc_id, t.cost_basis
