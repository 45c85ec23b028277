/*---
title = "Cost by tag"
description = "Endpoints and what they cost per month: one row per tag key, value and cost basis; endpoints that lack the key stand under an empty value. Every key covers all endpoints, so keys are not added up."
terminal = ["tag_key", "tag_value", "monthly_cost", "cost_basis", "endpoints"]
terminal_wide = ["hours_cost", "bytes_cost"]

[columns]
hours_cost = "money"
bytes_cost = "money"
monthly_cost = "money"
---*/
WITH endpoint_tag AS (
  SELECT t.account_id, t.region, t.resource_id, t.key AS tag_key, t.value AS tag_value
  FROM tag AS t
  JOIN vpc_endpoint AS e
    ON e.account_id = t.account_id AND e.region = t.region AND e.vpc_endpoint_id = t.resource_id
),
known_key AS (
  SELECT DISTINCT tag_key FROM endpoint_tag
),
tagged AS (
  SELECT
    k.tag_key, t.tag_value, c.cost_basis, c.hours_cost, c.bytes_cost, c.monthly_cost
  FROM vpc_endpoint_cost AS c
  CROSS JOIN known_key AS k
  LEFT JOIN endpoint_tag AS t
    ON t.account_id = c.account_id AND t.region = c.region AND t.resource_id = c.vpc_endpoint_id AND t.tag_key = k.tag_key
),
total AS (
  SELECT
    tag_key,
    tag_value,
    cost_basis,
    COUNT(*) AS endpoints,
    SUM(hours_cost) AS hours_cost,
    SUM(bytes_cost) AS bytes_cost,
    SUM(monthly_cost) AS monthly_cost
  FROM tagged
  GROUP BY tag_key, tag_value, cost_basis
)
SELECT
  tag_key,
  tag_value,
  cost_basis,
  endpoints,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE hours_cost END AS hours_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE bytes_cost END AS bytes_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE monthly_cost END AS monthly_cost
FROM total
ORDER BY tag_key, COALESCE(monthly_cost, 0) DESC, tag_value, cost_basis
