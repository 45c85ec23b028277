/*---
title = "Findings"
description = "One row per finding: alarms, infos and skips, the worst first, and after `check --include-ok` what is in order. With the account's organizational unit, the resource's tags, and what to do in steps. Waived ones are listed too."
terminal = ["severity", "status", "rule_id", "account_name", "region", "monthly_saving", "resource_id", "message", "waived_until"]
terminal_wide = ["monthly_cost", "cost_basis", "confidence", "account_id", "category", "resource_type"]

[columns]
severity = "severity"
status = "status"
monthly_cost = "money"
monthly_saving = "money"
evidence = "json"
steps = "json"
tags = "json"
---*/
WITH tagged AS (
  SELECT account_id, region, vpc_endpoint_id AS resource_id, tags FROM vpc_endpoint
  UNION ALL
  SELECT account_id, region, service_id AS resource_id, tags FROM vpc_endpoint_service
)
SELECT
  f.snapshot_id,
  f.rule_id,
  f.category,
  f.severity,
  f.confidence,
  f.status,
  f.account_id,
  f.account_name,
  f.region,
  f.resource_type,
  f.resource_id,
  f.message,
  f.monthly_cost,
  f.monthly_saving,
  f.cost_basis,
  f.recommended_action,
  f.waived_until,
  f.evidence,
  f.steps,
  -- A path ends with the account: o-.../r-.../ou-.../111122223333/
  SUBSTR(a.organizational_unit_path, 1, LENGTH(a.organizational_unit_path) - 13) AS organizational_unit_path,
  t.tags
FROM finding AS f
LEFT JOIN account AS a ON a.account_id = f.account_id
LEFT JOIN tagged AS t
  ON t.account_id = f.account_id AND t.region = f.region AND t.resource_id = f.resource_id
ORDER BY
  CASE f.status WHEN 'alarm' THEN 0 WHEN 'info' THEN 1 WHEN 'skip' THEN 2 ELSE 3 END,
  CASE f.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
  COALESCE(f.monthly_saving, 0) DESC,
  f.rule_id,
  f.account_id,
  f.region,
  f.resource_id
