/*---
title = "Findings"
description = "One row per finding: alarms, infos and skips, the worst first. Waived ones are listed too."
terminal = ["severity", "status", "rule_id", "account_name", "region", "monthly_saving", "resource_id", "message", "waived_until"]
terminal_wide = ["monthly_cost", "cost_basis", "confidence", "account_id", "category", "resource_type"]

[columns]
severity = "severity"
status = "status"
monthly_cost = "money"
monthly_saving = "money"
evidence = "json"
---*/
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
  f.evidence
FROM finding AS f
ORDER BY
  CASE f.status WHEN 'alarm' THEN 0 WHEN 'info' THEN 1 ELSE 2 END,
  CASE f.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
  COALESCE(f.monthly_saving, 0) DESC,
  f.rule_id,
  f.account_id,
  f.region,
  f.resource_id
