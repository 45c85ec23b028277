/*---
title = "Reconciliation"
description = "The bill beside what the crawl explains: one row per account, Region, usage type and month, the largest difference first."
terminal = ["account_name", "region", "month", "difference", "usage_type", "billed_cost", "modelled_cost", "explanation"]
terminal_wide = ["attributed_cost", "credit_cost"]

[columns]
billed_cost = "money"
credit_cost = "money"
tax_cost = "money"
attributed_cost = "money"
modelled_cost = "money"
difference = "money"
---*/
SELECT
  r.account_id,
  a.account_name,
  r.region,
  r.usage_type,
  r.billing_period_start AS month,
  r.billed_quantity,
  r.billed_cost,
  r.modelled_quantity,
  r.modelled_cost,
  r.difference,
  r.explanation,
  r.attributed_cost,
  r.credit_cost,
  r.tax_cost
FROM bill_reconciliation AS r
LEFT JOIN account AS a ON a.account_id = r.account_id
ORDER BY ABS(COALESCE(r.difference, r.billed_cost)) DESC, r.billing_period_start DESC, r.account_id, r.region, r.usage_type
