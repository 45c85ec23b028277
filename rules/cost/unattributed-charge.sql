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
Look for it with credentials of the account:
`aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`. If it is there, find
out what hides it from the audit's role: `plaudit report coverage`. If it is not, ask AWS Support what is
charged."""
exceptions = [
  "the bill ends with it before it ends for the account: it was deleted",
  "another account or Region of the crawl holds it: its service's owner pays for it",
  "it belongs to an account outside the crawl and leads to a service of this account, which pays for it: reported as info",
  "the account and Region were not crawled: skip, with what they are billed",
  "the bill does not tell resources apart: what no endpoint explains stands in the report reconciliation",
]
references = [
  "https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-billing-usage-reports.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePayerResponsibility.html",
]

[messages]
service_pays = "billed to {last_date}, {billed_cost:money} in the month of {month}: an endpoint of account {vpc_endpoint_owner}, which {service_id} of this account pays for"

[actions]
service_pays = """
AWS does not let a service hand the charges back to the owners of the endpoints. Where this consumer is not wanted any
more, cut it off:
`aws ec2 reject-vpc-endpoint-connections --region {region} --service-id {service_id} --vpc-endpoint-ids {resource_id}`."""

[params]
min_cost = 0.01
---*/
WITH latest AS (
  SELECT account_id, MAX(billing_period_start) AS month
  FROM vpc_endpoint_charge
  GROUP BY account_id
),
-- The owner of a service may pay for the endpoints that lead to it, which stand in any account.
crawled AS (
  SELECT DISTINCT vpc_endpoint_id FROM vpc_endpoint
),
served AS (
  SELECT account_id, vpc_endpoint_id, MIN(service_id) AS service_id, MIN(vpc_endpoint_owner) AS vpc_endpoint_owner
  FROM vpc_endpoint_connection
  WHERE vpc_endpoint_id <> '' AND vpc_endpoint_owner <> account_id
  GROUP BY account_id, vpc_endpoint_id
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
  WHERE c.vpc_endpoint_id <> '' AND c.cost_basis = 'billed'
  GROUP BY c.account_id, c.region, c.vpc_endpoint_id, l.month
),
-- Where AWS refused, the rule is skipped as any other.
refused AS (
  SELECT DISTINCT account_id, region
  FROM coverage
  WHERE outcome <> 'ok'
    AND operation IN ('ec2:DescribeVpcEndpoints', 'ec2:DescribeVpcEndpointServiceConfigurations', 'ec2:DescribeVpcEndpointConnections')
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
  LEFT JOIN refused AS r ON r.account_id = c.account_id AND r.region = c.region
  WHERE NOT c.scope_crawled AND r.account_id IS NULL
  GROUP BY c.account_id, c.region, l.month
)
SELECT
  b.vpc_endpoint_id AS resource_id,
  b.account_id,
  b.region,
  'vpc_endpoint' AS resource_type,
  CASE
    WHEN b.crawled = 1 OR k.vpc_endpoint_id IS NOT NULL THEN 'ok'
    WHEN b.last_date < b.bill_last_date OR b.billed_cost < p.min_cost THEN 'ok'
    WHEN s.service_id IS NOT NULL THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE WHEN s.service_id IS NOT NULL THEN 'service_pays' END AS variant,
  CAST(NULL AS VARCHAR) AS reason,
  b.billed_cost AS monthly_cost,
  'billed' AS cost_basis,
  b.billed_cost,
  b.month,
  b.last_date,
  CAST(1 AS BIGINT) AS endpoints,
  s.service_id,
  s.vpc_endpoint_owner
FROM billed AS b
LEFT JOIN crawled AS k ON k.vpc_endpoint_id = b.vpc_endpoint_id
LEFT JOIN served AS s ON s.account_id = b.account_id AND s.vpc_endpoint_id = b.vpc_endpoint_id
CROSS JOIN param AS p
WHERE b.scope_crawled = 1
UNION ALL
SELECT
  u.account_id AS resource_id,
  u.account_id,
  u.region,
  'account' AS resource_type,
  'skip' AS status,
  CAST(NULL AS VARCHAR) AS variant,
  'the account and Region are on the bill and were not crawled' AS reason,
  u.billed_cost AS monthly_cost,
  'billed' AS cost_basis,
  u.billed_cost,
  u.month,
  u.last_date,
  CAST(u.endpoints AS BIGINT) AS endpoints,
  CAST(NULL AS VARCHAR) AS service_id,
  CAST(NULL AS VARCHAR) AS vpc_endpoint_owner
FROM unseen AS u
CROSS JOIN param AS p
WHERE u.billed_cost >= p.min_cost
