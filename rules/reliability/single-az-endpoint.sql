/*---
title = "Interface endpoint stands in a single Availability Zone"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
operations_of_views = ["ec2:DescribeVpcEndpointServices"]
message = "stands in {zones} alone; its VPC has consumers or subnets in {vpc_zones}"
rationale = """
An interface endpoint is as available as its zones. With one zone, a fault of that zone takes the
service away from every client in the VPC, also from those in zones that are well."""
recommended_action = """
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --add-subnet-ids {another_subnet}`
adds {another_zone}. Each zone is billed by the hour."""
exceptions = [
  "no other zone can be added: it takes an Availability Zone with a subnet of the VPC, in which the service is offered if AWS says where that is; Local Zones and Wavelength Zones do not count",
  "the VPC has consumers in the endpoint's zone alone, which go down with it anyway",
  "another endpoint of the same service stands in another zone of the VPC",
  "nothing passes through it: orphaned-endpoint says so",
  "Gateway Load Balancer endpoints, which stand in one zone by design",
  "an AWS service made it and manages it: where it stands is that service's choice",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
  "https://docs.aws.amazon.com/awssupport/latest/user/fault-tolerance-checks.html",
]

[messages]
elsewhere = "stands in {zones} alone; the consumers in its VPC are in {vpc_zones}, and lose the service with a zone in which none of them stands"
---*/
WITH live AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.vpc_id, e.service_name, e.service_region, u.usage, c.hourly_rate, c.cost_basis,
    s.zone_count, s.unknown_zones, s.zones
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN endpoint_zones AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.vpc_endpoint_type = 'Interface' AND NOT e.requester_managed AND e.vpc_endpoint_id <> ''
),
-- All endpoints of a service in a VPC together. Those of them that stand in one zone stand in the same one where the
-- first and the last of their zones are one.
together AS (
  SELECT
    account_id, region, vpc_id, service_name,
    CASE WHEN MAX(zone_count) > 1 OR MIN(zones) <> MAX(zones) THEN 1 ELSE 0 END AS is_spread
  FROM live
  GROUP BY account_id, region, vpc_id, service_name
),
spread AS (
  SELECT account_id, region, vpc_id, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM vpc_zone
  WHERE endpoint_subnet_id IS NOT NULL AND availability_zone_id <> ''
  GROUP BY account_id, region, vpc_id
),
known_vpc AS (
  SELECT DISTINCT account_id, region, vpc_id FROM vpc_zone
),
consumers AS (
  SELECT account_id, region, vpc_id, COUNT(*) AS zone_count, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM consumer_zone
  WHERE network_interfaces > 0
  GROUP BY account_id, region, vpc_id
),
-- The zone that could be added: one in which the service is offered and the VPC has a subnet, rather one with consumers.
another AS (
  SELECT
    l.account_id, l.region, l.vpc_endpoint_id,
    MIN(CONCAT(CASE WHEN c.network_interfaces > 0 THEN '0 ' ELSE '1 ' END, z.availability_zone_id, ' ', z.endpoint_subnet_id)) AS zone_and_subnet
  FROM live AS l
  JOIN vpc_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_id = l.vpc_id
  LEFT JOIN offered_zones AS o
    ON o.account_id = l.account_id AND o.region = l.region AND o.service_name = l.service_name
  LEFT JOIN consumer_zone AS c
    ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_id = l.vpc_id
    AND c.availability_zone_id = z.availability_zone_id
  WHERE l.zone_count = 1 AND l.unknown_zones = 0 AND z.availability_zone_id <> l.zones
    AND z.endpoint_subnet_id IS NOT NULL AND z.availability_zone_id <> ''
    AND (o.zones IS NULL OR POSITION(CONCAT(' ', z.availability_zone_id, ',') IN CONCAT(' ', o.zones, ',')) > 0)
  GROUP BY l.account_id, l.region, l.vpc_endpoint_id
)
SELECT
  l.vpc_endpoint_id AS resource_id,
  l.account_id,
  l.region,
  CASE
    WHEN l.zone_count + l.unknown_zones > 1 OR l.usage = 'idle' THEN 'ok'
    WHEN l.zone_count = 0 THEN 'skip'
    WHEN t.is_spread = 1 OR o.zone_count = 1 THEN 'ok'
    WHEN c.zone_count = 1 AND c.zones = l.zones THEN 'ok'
    WHEN k.vpc_id IS NULL THEN 'skip'
    WHEN n.zone_and_subnet IS NULL THEN 'ok'
    ELSE 'alarm'
  END AS status,
  CASE WHEN c.zone_count >= 1 AND POSITION(CONCAT(' ', l.zones, ',') IN CONCAT(' ', c.zones, ',')) = 0 THEN 'elsewhere' END AS variant,
  CASE WHEN o.zone_count IS NULL THEN 'medium' ELSE 'high' END AS confidence,
  CASE
    WHEN l.zone_count = 0 THEN 'its zone is not known'
    WHEN k.vpc_id IS NULL THEN 'the subnets of its VPC are not known'
  END AS reason,
  l.zones,
  COALESCE(c.zones, v.zones) AS vpc_zones,
  o.zone_count AS zones_offered,
  SPLIT_PART(n.zone_and_subnet, ' ', 2) AS another_zone,
  SPLIT_PART(n.zone_and_subnet, ' ', 3) AS another_subnet,
  l.hourly_rate * 730 AS price_of_another_zone,
  l.service_name,
  l.vpc_id,
  l.usage
FROM live AS l
LEFT JOIN together AS t
  ON t.account_id = l.account_id AND t.region = l.region AND t.vpc_id = l.vpc_id AND t.service_name = l.service_name
LEFT JOIN offered_zones AS o
  ON o.account_id = l.account_id AND o.region = l.region AND o.service_name = l.service_name
LEFT JOIN spread AS v
  ON v.account_id = l.account_id AND v.region = l.region AND v.vpc_id = l.vpc_id
LEFT JOIN consumers AS c
  ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_id = l.vpc_id
LEFT JOIN known_vpc AS k
  ON k.account_id = l.account_id AND k.region = l.region AND k.vpc_id = l.vpc_id
LEFT JOIN another AS n
  ON n.account_id = l.account_id AND n.region = l.region AND n.vpc_endpoint_id = l.vpc_endpoint_id
