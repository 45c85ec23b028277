/*---
title = "Bills"
description = "What was read of bills, and what could not be: one row per source, payer and month."
terminal = ["source", "month", "billed_cost", "complete", "outcome", "message"]
terminal_wide = ["first_date", "last_date", "charges", "lines", "files", "place"]

[columns]
billed_cost = "money"
---*/
SELECT
  x_source AS source,
  place,
  billing_account_id,
  billing_period_start AS month,
  first_date,
  last_date,
  complete,
  files,
  lines,
  charges,
  billed_cost,
  outcome,
  message
FROM bill
ORDER BY source, place, month DESC, billing_account_id
