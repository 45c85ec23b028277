/*---
title = "Cost of the audit"
description = "What was asked of AWS for the snapshot, and what AWS charges for that: one row per operation."
terminal = ["operation", "requests", "rows", "charge", "cost_basis"]

[columns]
charge = "money"
---*/
WITH total AS (
  SELECT operation, SUM(requests) AS requests, SUM(rows) AS rows, SUM(charge) AS charge
  FROM coverage
  GROUP BY operation
)
SELECT operation, requests, rows, charge, 'list_price' AS cost_basis
FROM total
WHERE requests > 0
ORDER BY charge DESC, requests DESC, operation
