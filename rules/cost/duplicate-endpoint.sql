/*---
title = "Endpoint stands beside another one of the same service in the same VPC"
category = "cost"
severity = "medium"
confidence = "medium"
resource = "vpc_endpoint"
message = "the same service is reached through {kept} in {shared_zones:count zone} of this VPC"
rationale = """
Two endpoints of one service in the same VPC and zone are both billed by the hour, and one of them is
enough: each carries up to 100 Gbps in a zone. The second is most often left over from a migration or
from two stacks that did not know of each other. Of each pair the one with private DNS, else the
busier one, is the one to keep."""
recommended_action = """
Move the clients to the endpoint that stays (its DNS name, or private DNS), add to it any zone that
only this one covers: aws ec2 modify-vpc-endpoint --vpc-endpoint-id KEPT --add-subnet-ids SUBNET; then
aws ec2 delete-vpc-endpoints --region REGION --vpc-endpoint-ids ID."""
exceptions = [
  "they stand in different zones: one Gateway Load Balancer endpoint per zone is how it is meant",
  "one of them is younger than min_age_days: a migration may be under way",
  "they differ in security groups or policy, as for two kinds of clients: reported as info",
  "both carry more than scale_out_gigabytes a month: they may share a load that one cannot carry",
  "an AWS service made it and manages it: reported as info",
  "gateway endpoints, which are free",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
differs = "the same service is reached through {kept} in {shared_zones:count zone} of this VPC, under other security groups or another policy"
managed = "the same service is reached through {kept}, but an AWS service manages this one: look at that service, do not delete the endpoint"

[params]
min_age_days = 14
scale_out_gigabytes = 500000
---*/
WITH endpoint_groups AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(group_id, ', ' ORDER BY group_id) AS group_ids
  FROM vpc_endpoint_security_group
  GROUP BY account_id, region, vpc_endpoint_id
),
live AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.vpc_endpoint_type, e.vpc_id, e.service_region, e.age_days,
    e.requester_managed,
    -- A resource or a service network is known by its ARN.
    COALESCE(e.service_name, e.resource_configuration_arn, e.service_network_arn) AS leads_to,
    CASE WHEN e.private_dns_enabled THEN 1 ELSE 0 END AS private_dns,
    COALESCE(e.policy_document, '') AS policy_document,
    COALESCE(g.group_ids, '') AS group_ids,
    COALESCE(c.monthly_gigabytes, 0) AS gigabytes,
    c.hourly_rate, c.cost_basis
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN endpoint_groups AS g
    ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.vpc_endpoint_type <> 'Gateway'
),
placed AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, availability_zone_id
  FROM vpc_endpoint_subnet
  WHERE availability_zone_id IS NOT NULL
),
-- Each endpoint beside one that is rather to be kept.
pair AS (
  SELECT
    a.account_id, a.region, a.vpc_endpoint_id, b.vpc_endpoint_id AS kept_id,
    CASE WHEN a.age_days IS NULL OR b.age_days IS NULL THEN 1 ELSE 0 END AS is_ageless,
    CASE WHEN a.group_ids = b.group_ids AND a.policy_document = b.policy_document THEN 1 ELSE 0 END AS is_same
  FROM live AS a
  JOIN live AS b
    ON b.account_id = a.account_id AND b.region = a.region AND b.vpc_id = a.vpc_id AND b.leads_to = a.leads_to
    AND b.vpc_endpoint_type = a.vpc_endpoint_type AND b.service_region = a.service_region
  CROSS JOIN param AS p
  WHERE a.vpc_endpoint_id <> b.vpc_endpoint_id
    AND (
      b.private_dns > a.private_dns
      OR (b.private_dns = a.private_dns AND b.gigabytes > a.gigabytes)
      OR (b.private_dns = a.private_dns AND b.gigabytes = a.gigabytes AND b.vpc_endpoint_id < a.vpc_endpoint_id)
    )
    AND (a.age_days IS NULL OR a.age_days >= p.min_age_days)
    AND (b.age_days IS NULL OR b.age_days >= p.min_age_days)
    AND (a.gigabytes <= p.scale_out_gigabytes OR b.gigabytes <= p.scale_out_gigabytes)
),
shared AS (
  SELECT q.account_id, q.region, q.vpc_endpoint_id, q.kept_id, q.is_ageless, q.is_same, z.availability_zone_id
  FROM pair AS q
  JOIN placed AS z
    ON z.account_id = q.account_id AND z.region = q.region AND z.vpc_endpoint_id = q.vpc_endpoint_id
  JOIN placed AS k
    ON k.account_id = q.account_id AND k.region = q.region AND k.vpc_endpoint_id = q.kept_id
    AND k.availability_zone_id = z.availability_zone_id
),
by_zone AS (
  SELECT account_id, region, vpc_endpoint_id, availability_zone_id, MAX(is_same) AS is_same
  FROM shared
  GROUP BY account_id, region, vpc_endpoint_id, availability_zone_id
),
zones AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS shared_zones, SUM(is_same) AS same_zones
  FROM by_zone
  GROUP BY account_id, region, vpc_endpoint_id
),
by_kept AS (
  SELECT account_id, region, vpc_endpoint_id, kept_id, MIN(is_ageless) AS is_ageless
  FROM shared
  GROUP BY account_id, region, vpc_endpoint_id, kept_id
),
beside AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    STRING_AGG(kept_id, ', ' ORDER BY kept_id) AS kept,
    MIN(is_ageless) AS is_ageless
  FROM by_kept
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  l.vpc_endpoint_id AS resource_id,
  l.account_id,
  l.region,
  CASE
    WHEN z.shared_zones IS NULL THEN 'ok'
    WHEN s.is_ageless = 1 THEN 'skip'
    WHEN l.requester_managed OR z.same_zones = 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN l.requester_managed THEN 'managed'
    WHEN z.same_zones = 0 THEN 'differs'
  END AS variant,
  CASE WHEN s.is_ageless = 1 THEN 'the age of one of the two endpoints is not known' END AS reason,
  z.shared_zones * l.hourly_rate * 730 AS monthly_cost,
  CASE WHEN z.same_zones > 0 AND NOT l.requester_managed THEN z.same_zones * l.hourly_rate * 730 END AS monthly_saving,
  l.cost_basis,
  s.kept,
  z.shared_zones,
  l.leads_to,
  l.vpc_endpoint_type,
  l.vpc_id,
  l.gigabytes AS monthly_gigabytes,
  l.age_days
FROM live AS l
LEFT JOIN zones AS z
  ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN beside AS s
  ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
