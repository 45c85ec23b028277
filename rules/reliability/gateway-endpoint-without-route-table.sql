/*---
title = "No route leads to a gateway endpoint"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "it is tied to no route table, so nothing reaches it"
rationale = """
A gateway endpoint works by routes in the route tables that it is tied to. Without one it is there for
nothing: what it is meant to carry goes through a NAT gateway, over the internet, or nowhere."""
recommended_action = """
Tie it to the route tables whose subnets use the service, under Actions, Manage route tables in the VPC console,
or delete it: `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "it is younger than min_age_days: route tables may follow",
  "it is tied to route tables in which no active route to it was seen: reported as info",
  "an AWS service made the endpoint and manages it (info)",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
]

[messages]
unseen = "it is tied to {route_tables:count route table}, and no active route to it was seen"

[actions]
tie = """
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --add-route-table-ids {route_table_id}`
sends what follows that route table through it; do the same for the others whose subnets use the service. If
nobody does, `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
unseen = """
`aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}` shows its route tables. Look
at the routes in them: one to the service's prefix list that leads to the endpoint has to be active."""

[params]
min_age_days = 7
---*/
WITH tied AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS route_tables
  FROM vpc_endpoint_route_table
  GROUP BY account_id, region, vpc_endpoint_id
),
routed AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS routes
  FROM route
  WHERE state = 'active'
  GROUP BY account_id, region, vpc_endpoint_id
),
-- Where there is most to save: a route table with a NAT gateway, or else the main one.
ranked AS (
  SELECT
    account_id, region, vpc_id,
    MIN(CASE WHEN nat_gateway_id IS NOT NULL THEN route_table_id END) AS with_nat,
    MIN(CASE WHEN is_main THEN route_table_id END) AS main
  FROM route_table
  GROUP BY account_id, region, vpc_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN r.routes IS NOT NULL THEN 'ok'
    WHEN t.route_tables IS NOT NULL THEN 'info'
    WHEN e.age_days IS NULL THEN 'skip'
    WHEN e.age_days < p.min_age_days THEN 'ok'
    WHEN e.requester_managed THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN t.route_tables IS NOT NULL THEN 'unseen'
    WHEN k.with_nat IS NOT NULL OR k.main IS NOT NULL THEN 'tie'
  END AS variant,
  CASE WHEN e.age_days IS NULL THEN 'its age is not known' END AS reason,
  e.service_name,
  e.vpc_id,
  e.age_days,
  COALESCE(t.route_tables, 0) AS route_tables,
  COALESCE(k.with_nat, k.main) AS route_table_id
FROM vpc_endpoint AS e
LEFT JOIN tied AS t
  ON t.account_id = e.account_id AND t.region = e.region AND t.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN routed AS r
  ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN ranked AS k
  ON k.account_id = e.account_id AND k.region = e.region AND k.vpc_id = e.vpc_id
CROSS JOIN param AS p
WHERE e.state = 'available' AND e.vpc_endpoint_id <> '' AND e.vpc_endpoint_type = 'Gateway'
