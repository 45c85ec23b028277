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
  SELECT e.account_id, e.region, e.vpc_endpoint_id, e.vpc_id, e.service_name, e.service_region, u.usage, c.hourly_rate, c.cost_basis
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.vpc_endpoint_type = 'Interface' AND NOT e.requester_managed AND e.vpc_endpoint_id <> ''
),
placed AS (
  SELECT l.account_id, l.region, l.vpc_endpoint_id, l.vpc_id, l.service_name, s.availability_zone_id
  FROM live AS l
  JOIN endpoint_zone AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
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
offered_zone AS (
  SELECT DISTINCT account_id, region, service_name, availability_zone_id FROM service_detail_zone
),
offered AS (
  SELECT account_id, region, service_name, COUNT(*) AS zone_count
  FROM offered_zone
  GROUP BY account_id, region, service_name
),
-- Zones in which an endpoint can stand at all.
subnet_zone AS (
  SELECT account_id, region, vpc_id, availability_zone_id, MIN(subnet_id) AS subnet_id
  FROM subnet
  WHERE COALESCE(zone_type, 'availability-zone') = 'availability-zone' AND availability_zone_id <> ''
  GROUP BY account_id, region, vpc_id, availability_zone_id
),
spread AS (
  SELECT account_id, region, vpc_id, COUNT(*) AS zone_count, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM subnet_zone
  GROUP BY account_id, region, vpc_id
),
known_vpc AS (
  SELECT DISTINCT account_id, region, vpc_id FROM subnet
),
own AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, availability_zone_id
  FROM placed
  WHERE availability_zone_id IS NOT NULL
),
-- Zones that could be added, those with consumers first.
candidate AS (
  SELECT
    l.account_id, l.region, l.vpc_endpoint_id, z.availability_zone_id, z.subnet_id,
    CASE WHEN c.network_interfaces > 0 THEN CONCAT('0', z.availability_zone_id) ELSE CONCAT('1', z.availability_zone_id) END AS preference
  FROM live AS l
  JOIN subnet_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_id = l.vpc_id
  LEFT JOIN offered AS o
    ON o.account_id = l.account_id AND o.region = l.region AND o.service_name = l.service_name
  LEFT JOIN offered_zone AS f
    ON f.account_id = l.account_id AND f.region = l.region AND f.service_name = l.service_name
    AND f.availability_zone_id = z.availability_zone_id
  LEFT JOIN own AS w
    ON w.account_id = l.account_id AND w.region = l.region AND w.vpc_endpoint_id = l.vpc_endpoint_id
    AND w.availability_zone_id = z.availability_zone_id
  LEFT JOIN consumer_zone AS c
    ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_id = l.vpc_id
    AND c.availability_zone_id = z.availability_zone_id
  WHERE w.availability_zone_id IS NULL AND (o.zone_count IS NULL OR f.availability_zone_id IS NOT NULL)
),
first_candidate AS (
  SELECT account_id, region, vpc_endpoint_id, MIN(preference) AS preference
  FROM candidate
  GROUP BY account_id, region, vpc_endpoint_id
),
another AS (
  SELECT c.account_id, c.region, c.vpc_endpoint_id, c.availability_zone_id, c.subnet_id
  FROM candidate AS c
  JOIN first_candidate AS f
    ON f.account_id = c.account_id AND f.region = c.region AND f.vpc_endpoint_id = c.vpc_endpoint_id AND f.preference = c.preference
),
inhabited AS (
  SELECT account_id, region, vpc_id, availability_zone_id
  FROM consumer_zone
  WHERE network_interfaces > 0
),
consumers AS (
  SELECT account_id, region, vpc_id, COUNT(*) AS zone_count, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM inhabited
  GROUP BY account_id, region, vpc_id
)
SELECT
  l.vpc_endpoint_id AS resource_id,
  l.account_id,
  l.region,
  CASE
    WHEN s.zone_count + s.unknown_zones > 1 OR l.usage = 'idle' THEN 'ok'
    WHEN s.zone_count = 0 THEN 'skip'
    WHEN t.zone_count > 1 OR o.zone_count = 1 THEN 'ok'
    WHEN c.zone_count = 1 AND c.zones = s.zones THEN 'ok'
    WHEN k.vpc_id IS NULL THEN 'skip'
    WHEN n.subnet_id IS NULL THEN 'ok'
    ELSE 'alarm'
  END AS status,
  CASE WHEN c.zone_count >= 1 AND h.availability_zone_id IS NULL THEN 'elsewhere' END AS variant,
  CASE WHEN o.zone_count IS NULL THEN 'medium' ELSE 'high' END AS confidence,
  CASE
    WHEN s.zone_count = 0 THEN 'its zone is not known'
    WHEN k.vpc_id IS NULL THEN 'the subnets of its VPC are not known'
  END AS reason,
  s.zones,
  COALESCE(c.zones, v.zones) AS vpc_zones,
  o.zone_count AS zones_offered,
  n.availability_zone_id AS another_zone,
  n.subnet_id AS another_subnet,
  l.hourly_rate * 730 AS price_of_another_zone,
  l.service_name,
  l.vpc_id,
  l.usage
FROM live AS l
JOIN endpoint_zones AS s
  ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN together AS t
  ON t.account_id = l.account_id AND t.region = l.region AND t.vpc_id = l.vpc_id AND t.service_name = l.service_name
LEFT JOIN offered AS o
  ON o.account_id = l.account_id AND o.region = l.region AND o.service_name = l.service_name
LEFT JOIN spread AS v
  ON v.account_id = l.account_id AND v.region = l.region AND v.vpc_id = l.vpc_id
LEFT JOIN consumers AS c
  ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_id = l.vpc_id
LEFT JOIN known_vpc AS k
  ON k.account_id = l.account_id AND k.region = l.region AND k.vpc_id = l.vpc_id
LEFT JOIN another AS n
  ON n.account_id = l.account_id AND n.region = l.region AND n.vpc_endpoint_id = l.vpc_endpoint_id
LEFT JOIN inhabited AS h
  ON h.account_id = l.account_id AND h.region = l.region AND h.vpc_id = l.vpc_id AND h.availability_zone_id = s.zones
