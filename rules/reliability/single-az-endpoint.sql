/*---
title = "Interface endpoint stands in a single Availability Zone"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "stands in {zones} alone; its VPC has consumers or subnets in {vpc_zones}"
rationale = """
An interface endpoint is as available as its zones. With one zone, a fault of that zone takes the
service away from every client in the VPC, also from those in zones that are well."""
recommended_action = """
aws ec2 modify-vpc-endpoint --region REGION --vpc-endpoint-id ID --add-subnet-ids SUBNET, with a subnet
in another zone of the VPC in which the service is offered. Each zone is billed by the hour."""
exceptions = [
  "the VPC has subnets, or consumers, in one zone only",
  "the service is offered in one zone only",
  "another endpoint of the same service stands in another zone of the VPC",
  "nothing passes through it: orphaned-endpoint says so",
  "Gateway Load Balancer endpoints, which stand in one zone by design",
  "an AWS service made it and manages it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
  "https://docs.aws.amazon.com/awssupport/latest/user/fault-tolerance-checks.html",
]
---*/
WITH live AS (
  SELECT e.account_id, e.region, e.vpc_endpoint_id, e.vpc_id, e.service_name, e.service_region, u.usage, c.hourly_rate, c.cost_basis
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.vpc_endpoint_type = 'Interface' AND NOT e.requester_managed
),
placed AS (
  SELECT DISTINCT l.account_id, l.region, l.vpc_endpoint_id, l.vpc_id, l.service_name, s.availability_zone_id
  FROM live AS l
  JOIN vpc_endpoint_subnet AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
),
stands AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COUNT(availability_zone_id) AS zone_count,
    SUM(CASE WHEN availability_zone_id IS NULL THEN 1 ELSE 0 END) AS unknown_zones,
    STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM placed
  GROUP BY account_id, region, vpc_endpoint_id
),
-- All endpoints of a service in a VPC together.
service_zone AS (
  SELECT DISTINCT account_id, region, vpc_id, service_name, availability_zone_id
  FROM placed
  WHERE availability_zone_id IS NOT NULL
),
together AS (
  SELECT account_id, region, vpc_id, service_name, COUNT(*) AS zone_count
  FROM service_zone
  GROUP BY account_id, region, vpc_id, service_name
),
offered AS (
  SELECT account_id, region, service_name, COUNT(*) AS zone_count
  FROM service_detail_zone
  GROUP BY account_id, region, service_name
),
subnet_zone AS (
  SELECT DISTINCT account_id, region, vpc_id, availability_zone_id FROM subnet
),
spread AS (
  SELECT account_id, region, vpc_id, COUNT(*) AS zone_count, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM subnet_zone
  GROUP BY account_id, region, vpc_id
),
consumers AS (
  SELECT account_id, region, vpc_id, COUNT(*) AS zone_count, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM consumer_zone
  WHERE network_interfaces > 0
  GROUP BY account_id, region, vpc_id
)
SELECT
  l.vpc_endpoint_id AS resource_id,
  l.account_id,
  l.region,
  CASE
    WHEN s.zone_count + s.unknown_zones > 1 OR l.usage = 'idle' THEN 'ok'
    WHEN s.zone_count = 0 THEN 'skip'
    WHEN t.zone_count > 1 OR o.zone_count = 1 OR c.zone_count = 1 THEN 'ok'
    WHEN v.zone_count IS NULL THEN 'skip'
    WHEN v.zone_count = 1 THEN 'ok'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN s.zone_count = 0 THEN 'its zone is not known'
    WHEN v.zone_count IS NULL THEN 'the subnets of its VPC are not known'
  END AS reason,
  s.zones,
  COALESCE(c.zones, v.zones) AS vpc_zones,
  o.zone_count AS zones_offered,
  l.hourly_rate * 730 AS price_of_another_zone,
  l.service_name,
  l.vpc_id,
  l.usage
FROM live AS l
JOIN stands AS s
  ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN together AS t
  ON t.account_id = l.account_id AND t.region = l.region AND t.vpc_id = l.vpc_id AND t.service_name = l.service_name
LEFT JOIN offered AS o
  ON o.account_id = l.account_id AND o.region = l.region AND o.service_name = l.service_name
LEFT JOIN spread AS v
  ON v.account_id = l.account_id AND v.region = l.region AND v.vpc_id = l.vpc_id
LEFT JOIN consumers AS c
  ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_id = l.vpc_id
