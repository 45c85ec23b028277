/*---
title = "The bill charges for an endpoint that the crawl did not see"
category = "cost"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "billed to {last_date}, {billed_cost:money} in the month of {month}, and not in the crawl"
rationale = """
An endpoint that is charged for to the last day of the bill exists, and nothing was audited of it: not
its traffic, not its policy, not its tags. It is a hole in the audit, and it costs money that nobody
answers for."""
recommended_action = """
aws ec2 describe-vpc-endpoints --region REGION --vpc-endpoint-ids ID, with credentials of the account.
If it is there, find out what hides it from the audit's role (`plaudit report coverage`); if it is not,
ask AWS Support what is charged."""
exceptions = [
  "the bill ends with it before it ends for the account: it was deleted",
  "the account and Region were not crawled: skip, with what they are billed",
  "the bill does not tell resources apart: what no endpoint explains stands in the report reconciliation",
]
references = [
  "https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-billing-usage-reports.html",
]

[params]
min_cost = 0.01
---*/
WITH latest AS (
  SELECT account_id, MAX(billing_period_start) AS month
  FROM vpc_endpoint_charge
  GROUP BY account_id
),
billed AS (
  SELECT
    c.account_id,
    c.region,
    c.vpc_endpoint_id,
    l.month,
    MAX(CASE WHEN c.scope_crawled THEN 1 ELSE 0 END) AS scope_crawled,
    MAX(CASE WHEN c.crawled THEN 1 ELSE 0 END) AS crawled,
    MAX(c.last_date) AS last_date,
    MAX(c.bill_last_date) AS bill_last_date,
    SUM(c.billed_cost) AS billed_cost
  FROM vpc_endpoint_charge AS c
  JOIN latest AS l ON l.account_id = c.account_id AND l.month = c.billing_period_start
  WHERE c.vpc_endpoint_id IS NOT NULL AND c.cost_basis = 'billed'
  GROUP BY c.account_id, c.region, c.vpc_endpoint_id, l.month
),
unseen AS (
  SELECT
    c.account_id,
    c.region,
    l.month,
    COUNT(DISTINCT c.vpc_endpoint_id) AS endpoints,
    MAX(c.last_date) AS last_date,
    SUM(c.billed_cost) AS billed_cost
  FROM vpc_endpoint_charge AS c
  JOIN latest AS l ON l.account_id = c.account_id AND l.month = c.billing_period_start
  WHERE NOT c.scope_crawled
  GROUP BY c.account_id, c.region, l.month
)
SELECT
  b.vpc_endpoint_id AS resource_id,
  b.account_id,
  b.region,
  'vpc_endpoint' AS resource_type,
  CASE WHEN b.crawled = 0 AND b.last_date >= b.bill_last_date AND b.billed_cost >= p.min_cost THEN 'alarm' ELSE 'ok' END AS status,
  CAST(NULL AS VARCHAR) AS reason,
  b.billed_cost AS monthly_cost,
  'billed' AS cost_basis,
  b.billed_cost,
  b.month,
  b.last_date,
  CAST(1 AS BIGINT) AS endpoints
FROM billed AS b
CROSS JOIN param AS p
WHERE b.scope_crawled = 1
UNION ALL
SELECT
  u.account_id AS resource_id,
  u.account_id,
  u.region,
  'account' AS resource_type,
  'skip' AS status,
  'the account and Region are on the bill and were not crawled' AS reason,
  u.billed_cost AS monthly_cost,
  'billed' AS cost_basis,
  u.billed_cost,
  u.month,
  u.last_date,
  CAST(u.endpoints AS BIGINT) AS endpoints
FROM unseen AS u
CROSS JOIN param AS p
WHERE u.billed_cost >= p.min_cost
