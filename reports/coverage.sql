/*---
title = "Coverage"
description = "What was asked of AWS and what came of it: one row per account, Region and outcome, what went wrong first. The table `coverage` holds every operation."
terminal = ["outcome", "account_name", "region", "operations", "error_code", "message", "operation_names"]
terminal_wide = ["requests", "rows", "account_id"]

[columns]
outcome = "status"
---*/
WITH grouped AS (
  SELECT
    account_id,
    region,
    outcome,
    error_code,
    CASE WHEN outcome = 'ok' THEN NULL ELSE message END AS message,
    COUNT(*) AS operations,
    STRING_AGG(operation, ', ' ORDER BY operation) AS operation_names,
    SUM(requests) AS requests,
    SUM(rows) AS rows
  FROM coverage
  GROUP BY account_id, region, outcome, error_code, CASE WHEN outcome = 'ok' THEN NULL ELSE message END
)
SELECT
  g.account_id,
  a.account_name,
  g.region,
  g.outcome,
  g.error_code,
  g.message,
  g.operations,
  CASE WHEN g.outcome = 'ok' THEN NULL ELSE g.operation_names END AS operation_names,
  g.requests,
  g.rows
FROM grouped AS g
LEFT JOIN account AS a ON a.account_id = g.account_id
ORDER BY
  CASE g.outcome WHEN 'ok' THEN 1 ELSE 0 END,
  g.account_id,
  g.region,
  g.outcome,
  g.error_code,
  g.message
