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
Move the clients to {kept_id} (its DNS name, or private DNS), which stands in every zone of this one. Then delete
this one: `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "they stand in different zones: one Gateway Load Balancer endpoint per zone is how it is meant",
  "one of them is younger than min_age_days: a migration may be under way",
  "they differ in security groups, in policy, in private DNS for on-premises networks only, or in who manages them, as for two kinds of clients: reported as info",
  "both carry more than scale_out_gigabytes a month: they may share a load that one cannot carry",
  "its hours are charged to nobody or to somebody else, as where the provider pays",
  "an AWS service made it and manages it, or a tag such as GuardDutyManaged says so: reported as info",
  "the zones of one of the two, or what it leads to, are not known: not judged",
  "gateway endpoints, which are free",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
differs = "the same service is reached through {kept} in {shared_zones:count zone} of this VPC, under other security groups, another policy, other private DNS or another manager"
managed = "the same service is reached through {kept}, but an AWS service manages this one: look at that service, do not delete the endpoint"

[actions]
more_zones = """
Add to {kept_id} the zones that only this one covers:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {kept_id} --add-subnet-ids {subnet_ids_to_add}`.
Move the clients to it (its DNS name, or private DNS). Then delete this one:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
routed = """
Point the routes that lead to this one at {kept_id};
`aws ec2 describe-route-tables --region {region} --filters Name=vpc-id,Values={vpc_id}` lists them. Then delete this
one: `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
differs = """
Compare the two: `aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id} {kept_id}`.
Where one set of groups and one policy would do for both kinds of clients, keep one endpoint."""
managed = "Find the resource of the AWS service that made it. The endpoint goes with it, and where it does not, AWS Support deletes it."

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
    COALESCE(CASE WHEN e.service_name <> '' THEN e.service_name END, e.resource_configuration_arn, e.service_network_arn) AS leads_to,
    CASE WHEN e.private_dns_enabled THEN 1 ELSE 0 END AS private_dns,
    -- White space and the order of keys mean nothing in a policy, so texts are not compared
    -- (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
    COALESCE(e.policy_digest, '') AS policy,
    COALESCE(g.group_ids, '') AS group_ids,
    CASE WHEN e.private_dns_only_for_inbound_resolver_endpoint THEN 1 ELSE 0 END AS inbound_only,
    COALESCE(c.monthly_gigabytes, 0) AS gigabytes,
    CASE WHEN c.monthly_gigabytes IS NULL THEN 1 ELSE 0 END AS is_unmeasured,
    c.hourly_rate, c.hours_cost, c.monthly_cost, c.cost_basis
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN endpoint_groups AS g
    ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.vpc_endpoint_id <> '' AND e.vpc_id <> '' AND e.state = 'available' AND e.vpc_endpoint_type <> 'Gateway'
),
-- One of a kind in its VPC has nothing beside it, wherever it leads.
kind AS (
  SELECT account_id, region, vpc_id, vpc_endpoint_type, COUNT(*) AS endpoints
  FROM live
  GROUP BY account_id, region, vpc_id, vpc_endpoint_type
),
placed AS (
  SELECT account_id, region, vpc_endpoint_id, availability_zone_id, subnet_id
  FROM endpoint_zone
  WHERE availability_zone_id IS NOT NULL
),
unplaced AS (
  SELECT account_id, region, vpc_endpoint_id
  FROM endpoint_zone
  WHERE availability_zone_id IS NULL
),
-- Each endpoint beside one that is rather to be kept.
pair AS (
  SELECT
    a.account_id, a.region, a.vpc_endpoint_id, b.vpc_endpoint_id AS kept_id,
    CASE WHEN a.age_days IS NULL OR b.age_days IS NULL THEN 1 ELSE 0 END AS is_ageless,
    CASE
      WHEN a.group_ids = b.group_ids AND a.policy = b.policy AND a.inbound_only = b.inbound_only
        AND NOT b.requester_managed THEN 1
      ELSE 0
    END AS is_same,
    CASE WHEN a.is_unmeasured = 1 OR b.is_unmeasured = 1 THEN 1 ELSE 0 END AS is_unmeasured
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
  SELECT q.account_id, q.region, q.vpc_endpoint_id, q.kept_id, q.is_ageless, q.is_same, q.is_unmeasured, z.availability_zone_id
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
  SELECT account_id, region, vpc_endpoint_id, kept_id, MIN(is_ageless) AS is_ageless, MAX(is_unmeasured) AS is_unmeasured
  FROM shared
  GROUP BY account_id, region, vpc_endpoint_id, kept_id
),
beside AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    STRING_AGG(kept_id, ', ' ORDER BY kept_id) AS kept,
    MIN(is_ageless) AS is_ageless,
    MAX(is_unmeasured) AS is_unmeasured
  FROM by_kept
  GROUP BY account_id, region, vpc_endpoint_id
),
-- The one to move to: rather one that differs in nothing.
keeping AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COALESCE(MIN(CASE WHEN is_same = 1 THEN kept_id END), MIN(kept_id)) AS kept_id
  FROM shared
  GROUP BY account_id, region, vpc_endpoint_id
),
uncovered AS (
  SELECT
    k.account_id, k.region, k.vpc_endpoint_id,
    COUNT(*) AS zones,
    STRING_AGG(z.subnet_id, '","' ORDER BY z.subnet_id) AS subnet_ids
  FROM keeping AS k
  JOIN placed AS z
    ON z.account_id = k.account_id AND z.region = k.region AND z.vpc_endpoint_id = k.vpc_endpoint_id
  LEFT JOIN placed AS o
    ON o.account_id = k.account_id AND o.region = k.region AND o.vpc_endpoint_id = k.kept_id
    AND o.availability_zone_id = z.availability_zone_id
  WHERE o.vpc_endpoint_id IS NULL AND z.subnet_id IS NOT NULL
  GROUP BY k.account_id, k.region, k.vpc_endpoint_id
),
-- Beside one, but the zones of one of the two are not known.
unsure AS (
  SELECT DISTINCT q.account_id, q.region, q.vpc_endpoint_id
  FROM pair AS q
  LEFT JOIN unplaced AS u
    ON u.account_id = q.account_id AND u.region = q.region AND u.vpc_endpoint_id = q.vpc_endpoint_id
  LEFT JOIN unplaced AS v
    ON v.account_id = q.account_id AND v.region = q.region AND v.vpc_endpoint_id = q.kept_id
  WHERE u.vpc_endpoint_id IS NOT NULL OR v.vpc_endpoint_id IS NOT NULL
),
-- At the rate that the endpoint is charged, which is null where nothing was; and never more than all of it.
priced AS (
  SELECT
    l.account_id, l.region, l.vpc_endpoint_id,
    CASE WHEN z.shared_zones * l.hourly_rate * 730 > l.monthly_cost THEN l.monthly_cost ELSE z.shared_zones * l.hourly_rate * 730 END AS shared_cost,
    CASE WHEN z.same_zones * l.hourly_rate * 730 > l.monthly_cost THEN l.monthly_cost ELSE z.same_zones * l.hourly_rate * 730 END AS same_cost
  FROM live AS l
  JOIN zones AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_endpoint_id = l.vpc_endpoint_id
)
SELECT
  l.vpc_endpoint_id AS resource_id,
  l.account_id,
  l.region,
  CASE
    WHEN l.leads_to IS NULL AND q.endpoints > 1 THEN 'skip'
    WHEN l.hourly_rate = 0 OR l.hours_cost = 0 THEN 'ok'
    WHEN z.shared_zones IS NULL AND n.vpc_endpoint_id IS NOT NULL THEN 'skip'
    WHEN z.shared_zones IS NULL THEN 'ok'
    WHEN s.is_ageless = 1 THEN 'skip'
    WHEN l.requester_managed OR z.same_zones = 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN l.requester_managed THEN 'managed'
    WHEN z.same_zones = 0 THEN 'differs'
    WHEN l.vpc_endpoint_type = 'GatewayLoadBalancer' THEN 'routed'
    WHEN m.zones > 0 THEN 'more_zones'
  END AS variant,
  -- Which of the two is the busier one is not known where one could not be measured.
  CASE WHEN s.is_unmeasured = 1 THEN 'low' ELSE 'medium' END AS confidence,
  CASE
    WHEN l.leads_to IS NULL AND q.endpoints > 1 THEN 'what it leads to is not known'
    WHEN z.shared_zones IS NULL AND n.vpc_endpoint_id IS NOT NULL THEN 'in which zones it, or the other endpoint of its service, stands is not known'
    WHEN s.is_ageless = 1 THEN 'the age of one of the two endpoints is not known'
  END AS reason,
  c.shared_cost AS monthly_cost,
  CASE WHEN z.same_zones > 0 AND NOT l.requester_managed THEN c.same_cost END AS monthly_saving,
  CASE WHEN c.shared_cost IS NULL THEN 'unknown_rate' ELSE l.cost_basis END AS cost_basis,
  s.kept,
  k.kept_id,
  CASE WHEN m.zones = 1 THEN m.subnet_ids WHEN m.zones > 1 THEN CONCAT('["', m.subnet_ids, '"]') END AS subnet_ids_to_add,
  z.shared_zones,
  l.leads_to,
  l.vpc_endpoint_type,
  l.vpc_id,
  l.gigabytes AS monthly_gigabytes,
  l.age_days
FROM live AS l
JOIN kind AS q
  ON q.account_id = l.account_id AND q.region = l.region AND q.vpc_id = l.vpc_id AND q.vpc_endpoint_type = l.vpc_endpoint_type
LEFT JOIN zones AS z
  ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN beside AS s
  ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN keeping AS k
  ON k.account_id = l.account_id AND k.region = l.region AND k.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN uncovered AS m
  ON m.account_id = l.account_id AND m.region = l.region AND m.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN unsure AS n
  ON n.account_id = l.account_id AND n.region = l.region AND n.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN priced AS c
  ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_endpoint_id = l.vpc_endpoint_id
