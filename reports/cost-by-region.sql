/*---
title = "Cost by Region"
description = "Endpoints and what they cost per month: one row per Region and cost basis. Bases are never added up."
terminal = ["region", "monthly_cost", "cost_basis", "endpoints"]
terminal_wide = ["hours_cost", "bytes_cost", "zones", "accounts"]

[columns]
hours_cost = "money"
bytes_cost = "money"
monthly_cost = "money"
---*/
WITH total AS (
  SELECT
    region,
    cost_basis,
    COUNT(*) AS endpoints,
    COUNT(DISTINCT account_id) AS accounts,
    SUM(zones_billed) AS zones,
    SUM(hours_cost) AS hours_cost,
    SUM(bytes_cost) AS bytes_cost,
    SUM(monthly_cost) AS monthly_cost
  FROM vpc_endpoint_cost
  GROUP BY region, cost_basis
)
SELECT
  region,
  cost_basis,
  endpoints,
  accounts,
  zones,
  -- Where no rate is known there is no amount, and a sum of nothing is not zero.
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE hours_cost END AS hours_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE bytes_cost END AS bytes_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE monthly_cost END AS monthly_cost
FROM total
ORDER BY COALESCE(monthly_cost, 0) DESC, region, cost_basis
