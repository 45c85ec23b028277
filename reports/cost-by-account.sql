/*---
title = "Cost by account"
description = "Endpoints and what they cost per month: one row per account and cost basis. Bases are never added up."
terminal = ["account_name", "monthly_cost", "cost_basis", "monthly_saving", "endpoints", "idle_endpoints"]
terminal_wide = ["account_id", "hours_cost", "bytes_cost", "zones"]

[columns]
hours_cost = "money"
bytes_cost = "money"
monthly_cost = "money"
monthly_saving = "money"
---*/
WITH saving AS (
  SELECT account_id, region, resource_id, MAX(monthly_saving) AS monthly_saving
  FROM finding
  WHERE status = 'alarm' AND waived_until IS NULL AND resource_type = 'vpc_endpoint'
  GROUP BY account_id, region, resource_id
),
endpoint AS (
  SELECT
    c.account_id, c.cost_basis, c.zones_billed, c.hours_cost, c.bytes_cost, c.monthly_cost, s.monthly_saving,
    CASE WHEN u.usage = 'idle' THEN 1 ELSE 0 END AS idle
  FROM vpc_endpoint_cost AS c
  LEFT JOIN vpc_endpoint_usage AS u
    ON u.account_id = c.account_id AND u.region = c.region AND u.vpc_endpoint_id = c.vpc_endpoint_id
  LEFT JOIN saving AS s
    ON s.account_id = c.account_id AND s.region = c.region AND s.resource_id = c.vpc_endpoint_id
),
total AS (
  SELECT
    account_id,
    cost_basis,
    COUNT(*) AS endpoints,
    SUM(idle) AS idle_endpoints,
    SUM(zones_billed) AS zones,
    SUM(hours_cost) AS hours_cost,
    SUM(bytes_cost) AS bytes_cost,
    SUM(monthly_cost) AS monthly_cost,
    SUM(monthly_saving) AS monthly_saving
  FROM endpoint
  GROUP BY account_id, cost_basis
)
SELECT
  t.account_id,
  a.account_name,
  t.cost_basis,
  t.endpoints,
  t.idle_endpoints,
  t.zones,
  -- Where no rate is known there is no amount, and a sum of nothing is not zero.
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.hours_cost END AS hours_cost,
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.bytes_cost END AS bytes_cost,
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.monthly_cost END AS monthly_cost,
  CASE WHEN t.cost_basis = 'unknown_rate' THEN NULL ELSE t.monthly_saving END AS monthly_saving
FROM total AS t
LEFT JOIN account AS a ON a.account_id = t.account_id
ORDER BY COALESCE(t.monthly_cost, 0) DESC, t.account_id, t.cost_basis
