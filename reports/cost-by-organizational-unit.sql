/*---
title = "Cost by organizational unit"
description = "Endpoints and what they cost per month: one row per organizational unit and cost basis, without the units below it. Bases are never added up."
terminal = ["organizational_unit_path", "monthly_cost", "cost_basis", "accounts", "endpoints"]
terminal_wide = ["hours_cost", "bytes_cost"]

[columns]
hours_cost = "money"
bytes_cost = "money"
monthly_cost = "money"
---*/
WITH placed AS (
  SELECT
    c.account_id, c.cost_basis, c.hours_cost, c.bytes_cost, c.monthly_cost,
    -- A path ends with the account: o-.../r-.../ou-.../111122223333/
    SUBSTR(a.organizational_unit_path, 1, LENGTH(a.organizational_unit_path) - 13) AS organizational_unit_path
  FROM vpc_endpoint_cost AS c
  LEFT JOIN account AS a ON a.account_id = c.account_id
),
total AS (
  SELECT
    organizational_unit_path,
    cost_basis,
    COUNT(DISTINCT account_id) AS accounts,
    COUNT(*) AS endpoints,
    SUM(hours_cost) AS hours_cost,
    SUM(bytes_cost) AS bytes_cost,
    SUM(monthly_cost) AS monthly_cost
  FROM placed
  GROUP BY organizational_unit_path, cost_basis
)
SELECT
  organizational_unit_path,
  cost_basis,
  accounts,
  endpoints,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE hours_cost END AS hours_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE bytes_cost END AS bytes_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE monthly_cost END AS monthly_cost
FROM total
ORDER BY COALESCE(monthly_cost, 0) DESC, organizational_unit_path, cost_basis
