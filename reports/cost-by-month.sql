/*---
title = "Cost by month"
description = "What was billed for PrivateLink: one row per month, usage type and source of the bill, with what came back apart."
terminal = ["month", "usage_type", "billed_cost", "credit_cost", "tax_cost", "source"]
terminal_wide = ["effective_cost", "consumed_quantity", "consumed_unit", "accounts"]

[columns]
billed_cost = "money"
effective_cost = "money"
credit_cost = "money"
tax_cost = "money"
---*/
SELECT
  billing_period_start AS month,
  usage_type,
  x_source AS source,
  COUNT(DISTINCT sub_account_id) AS accounts,
  SUM(consumed_quantity) AS consumed_quantity,
  MAX(consumed_unit) AS consumed_unit,
  SUM(CASE WHEN charge_category = 'Usage' THEN billed_cost ELSE 0 END) AS billed_cost,
  SUM(CASE WHEN charge_category = 'Usage' THEN effective_cost ELSE 0 END) AS effective_cost,
  SUM(CASE WHEN charge_category IN ('Credit', 'Adjustment') THEN billed_cost ELSE 0 END) AS credit_cost,
  SUM(CASE WHEN charge_category = 'Tax' THEN billed_cost ELSE 0 END) AS tax_cost
FROM charge
WHERE usage_type LIKE 'Vpc%'
GROUP BY billing_period_start, usage_type, x_source
ORDER BY month DESC, usage_type, source
