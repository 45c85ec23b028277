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
WITH live AS (
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
  LEFT JOIN endpoint_security_groups AS g
    ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.vpc_endpoint_id <> '' AND e.vpc_id <> '' AND e.state = 'available' AND e.vpc_endpoint_type <> 'Gateway'
),
-- One of a kind in its VPC has nothing beside it, wherever it leads.
kind AS (
  SELECT account_id, region, vpc_id, vpc_endpoint_type, COUNT(*) AS endpoints
  FROM vpc_endpoint
  WHERE vpc_endpoint_id <> '' AND vpc_id <> '' AND state = 'available' AND vpc_endpoint_type <> 'Gateway'
  GROUP BY account_id, region, vpc_id, vpc_endpoint_type
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
-- A row for each zone of the one, and whether the other stands there too.
matched AS (
  SELECT
    q.account_id, q.region, q.vpc_endpoint_id, q.kept_id, q.is_ageless, q.is_same, q.is_unmeasured,
    k.availability_zone_id AS shared_zone_id,
    CASE WHEN q.is_same = 1 THEN k.availability_zone_id END AS same_zone_id,
    CASE WHEN z.availability_zone_id IS NOT NULL AND k.availability_zone_id IS NULL THEN z.subnet_id END AS uncovered_subnet_id,
    CASE WHEN y.unknown_zones > 0 OR (z.subnets IS NOT NULL AND z.availability_zone_id IS NULL) THEN 1 ELSE 0 END AS is_unsure
  FROM pair AS q
  LEFT JOIN endpoint_zone AS z
    ON z.account_id = q.account_id AND z.region = q.region AND z.vpc_endpoint_id = q.vpc_endpoint_id
  LEFT JOIN endpoint_zone AS k
    ON k.account_id = q.account_id AND k.region = q.region AND k.vpc_endpoint_id = q.kept_id
    AND k.availability_zone_id = z.availability_zone_id
  LEFT JOIN endpoint_zones AS y
    ON y.account_id = q.account_id AND y.region = q.region AND y.vpc_endpoint_id = q.kept_id
),
counted AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COUNT(DISTINCT shared_zone_id) AS shared_zones,
    COUNT(DISTINCT same_zone_id) AS same_zones,
    MIN(CASE WHEN shared_zone_id IS NOT NULL THEN is_ageless END) AS is_ageless,
    MAX(CASE WHEN shared_zone_id IS NOT NULL THEN is_unmeasured END) AS is_unmeasured,
    -- Beside one, but the zones of one of the two are not known.
    MAX(is_unsure) AS is_unsure
  FROM matched
  GROUP BY account_id, region, vpc_endpoint_id
),
by_kept AS (
  SELECT
    account_id, region, vpc_endpoint_id, kept_id,
    MAX(is_same) AS is_same,
    COUNT(shared_zone_id) AS shared_zones,
    COUNT(uncovered_subnet_id) AS uncovered_zones,
    STRING_AGG(uncovered_subnet_id, '","' ORDER BY uncovered_subnet_id) AS subnet_ids
  FROM matched
  GROUP BY account_id, region, vpc_endpoint_id, kept_id
),
-- The one to move to is rather one that differs in nothing, and comes with the zones that it lacks.
beside AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    STRING_AGG(kept_id, ', ' ORDER BY kept_id) AS kept,
    MIN(CONCAT(CASE WHEN is_same = 1 THEN 'same' ELSE 'unlike' END, ' ', kept_id, ' ', CAST(uncovered_zones AS VARCHAR), ' ', COALESCE(subnet_ids, ''))) AS nearest
  FROM by_kept
  WHERE shared_zones > 0
  GROUP BY account_id, region, vpc_endpoint_id
),
judged AS (
  SELECT
    l.account_id, l.region, l.vpc_endpoint_id, l.vpc_endpoint_type, l.vpc_id, l.leads_to, l.requester_managed,
    l.gigabytes, l.age_days, l.hourly_rate, l.hours_cost, l.cost_basis,
    q.endpoints, s.kept, z.same_zones, z.is_ageless, z.is_unmeasured, z.is_unsure,
    CASE WHEN z.shared_zones > 0 THEN z.shared_zones END AS shared_zones,
    SPLIT_PART(s.nearest, ' ', 2) AS kept_id,
    SPLIT_PART(s.nearest, ' ', 3) AS uncovered_zones,
    SPLIT_PART(s.nearest, ' ', 4) AS subnet_ids,
    -- At the rate that the endpoint is charged, which is null where nothing was; and never more than all of it.
    CASE WHEN z.shared_zones = 0 THEN NULL WHEN z.shared_zones * l.hourly_rate * 730 > l.monthly_cost THEN l.monthly_cost ELSE z.shared_zones * l.hourly_rate * 730 END AS shared_cost,
    CASE WHEN z.same_zones * l.hourly_rate * 730 > l.monthly_cost THEN l.monthly_cost ELSE z.same_zones * l.hourly_rate * 730 END AS same_cost
  FROM live AS l
  JOIN kind AS q
    ON q.account_id = l.account_id AND q.region = l.region AND q.vpc_id = l.vpc_id AND q.vpc_endpoint_type = l.vpc_endpoint_type
  LEFT JOIN counted AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN beside AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
)
SELECT
  vpc_endpoint_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN leads_to IS NULL AND endpoints > 1 THEN 'skip'
    WHEN hourly_rate = 0 OR hours_cost = 0 THEN 'ok'
    WHEN shared_zones IS NULL AND is_unsure = 1 THEN 'skip'
    WHEN shared_zones IS NULL THEN 'ok'
    WHEN is_ageless = 1 THEN 'skip'
    WHEN requester_managed OR same_zones = 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN requester_managed THEN 'managed'
    WHEN same_zones = 0 THEN 'differs'
    WHEN vpc_endpoint_type = 'GatewayLoadBalancer' THEN 'routed'
    WHEN uncovered_zones > '0' THEN 'more_zones'
  END AS variant,
  -- Which of the two is the busier one is not known where one could not be measured.
  CASE WHEN is_unmeasured = 1 THEN 'low' ELSE 'medium' END AS confidence,
  CASE
    WHEN leads_to IS NULL AND endpoints > 1 THEN 'what it leads to is not known'
    WHEN shared_zones IS NULL AND is_unsure = 1 THEN 'in which zones it, or the other endpoint of its service, stands is not known'
    WHEN is_ageless = 1 THEN 'the age of one of the two endpoints is not known'
  END AS reason,
  shared_cost AS monthly_cost,
  CASE WHEN same_zones > 0 AND NOT requester_managed THEN same_cost END AS monthly_saving,
  CASE WHEN shared_cost IS NULL THEN 'unknown_rate' ELSE cost_basis END AS cost_basis,
  kept,
  kept_id,
  CASE WHEN uncovered_zones = '1' THEN subnet_ids WHEN uncovered_zones > '1' THEN CONCAT('["', subnet_ids, '"]') END AS subnet_ids_to_add,
  shared_zones,
  leads_to,
  vpc_endpoint_type,
  vpc_id,
  gigabytes AS monthly_gigabytes,
  age_days
FROM judged
