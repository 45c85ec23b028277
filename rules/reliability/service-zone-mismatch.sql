/*---
title = "Endpoint stands in a zone in which its service no longer is"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "stands in {zones}, and {service_name} of {provider} is in {service_zones} only: {lost_zones} leads nowhere"
rationale = """
An endpoint's interface in a zone hands its traffic to the service in that zone. AWS does not let a zone
be taken out of a load balancer to which endpoints are connected, but the provider can put other load
balancers behind the service, or take one of several away. The interface then stays, is billed, and
leads nowhere. Clients that resolve the endpoint's zonal name, or are pinned to that interface, fail."""
recommended_action = """
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --remove-subnet-ids {lost_subnet}`
takes the endpoint out of {lost_zone}. Or ask the provider, account {provider_id}, to add the zone to a load
balancer of the service."""
exceptions = [
  "services of partners and of AWS, whose zones the provider alone can state",
  "endpoints that reach over Regions",
  "a zone that has the service but no healthy target: uneven-targets and unhealthy-targets say so",
  "no zone is shared and traffic was measured all the same: the service may have moved a short time ago (info)",
  "some zones are lost and traffic was measured: it may pass by the others (confidence medium)",
  "an AWS service made the endpoint and manages it: where it stands is that service's choice",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html",
]

[messages]
all_lost = "stands in {zones}, and {service_name} of {provider} is in {service_zones}: no zone is shared"
all_lost_nowhere = "stands in {zones}, and {service_name} of {provider} is in {service_zones}: no zone is shared, and the VPC has no subnet in one of the service's"
all_lost_gateway = "stands in {zones}, and {service_name} of {provider} is in {service_zones}: no zone is shared"
used = "stands in {zones}, and {service_name} of {provider} is in {service_zones}, yet {monthly_gigabytes} GB a month pass: the service may have left the zone a short time ago"

[actions]
some_unplaced = """
Take the endpoint out of {lost_zones}, under Actions, Manage subnets in the VPC console. Or ask the provider,
account {provider_id}, to add the zone to a load balancer of the service."""
all_lost = """
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --add-subnet-ids {another_subnet}`
adds {another_zone}, in which the service is. Afterwards take the endpoint out of {lost_zones}, under Actions,
Manage subnets in the VPC console."""
all_lost_nowhere = """
Create a subnet of the VPC in one of {service_zones} and add it to the endpoint, or ask the provider, account
{provider_id}, to add the zone to a load balancer of the service."""
all_lost_gateway = """
The subnet of a Gateway Load Balancer endpoint cannot be changed. Create a new endpoint in one of
{service_zones}, change the routes that lead to this one, then
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
used = """
Ask the provider, account {provider_id}, what became of the service in {lost_zones}."""
---*/
WITH provider_zone AS (
  SELECT DISTINCT s.account_id, s.region, s.service_name, z.availability_zone_id
  FROM vpc_endpoint_service AS s
  JOIN vpc_endpoint_service_zone AS z
    ON z.account_id = s.account_id AND z.region = s.region AND z.service_id = s.service_id
  WHERE s.service_state = 'Available'
),
provider AS (
  SELECT account_id, region, service_name, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS service_zones
  FROM provider_zone
  GROUP BY account_id, region, service_name
),
-- Endpoints of services whose provider is in the crawl; others are not judged.
served AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.vpc_id, e.vpc_endpoint_type, e.service_name,
    p.account_id AS provider_id, p.service_zones
  FROM vpc_endpoint AS e
  JOIN provider AS p ON p.region = e.region AND p.service_name = e.service_name
  WHERE e.state = 'available' AND NOT e.requester_managed AND e.service_region = e.region
    AND e.vpc_endpoint_type IN ('Interface', 'GatewayLoadBalancer') AND e.vpc_endpoint_id <> ''
),
compared AS (
  SELECT
    t.account_id, t.region, t.vpc_endpoint_id, t.vpc_id, t.vpc_endpoint_type, t.service_name, t.provider_id, t.service_zones,
    s.availability_zone_id,
    CASE
      WHEN POSITION(CONCAT(' ', s.availability_zone_id, ',') IN CONCAT(' ', t.service_zones, ',')) = 0 THEN s.availability_zone_id
    END AS lost_zone_id
  FROM served AS t
  JOIN endpoint_zone AS s
    ON s.account_id = t.account_id AND s.region = t.region AND s.vpc_endpoint_id = t.vpc_endpoint_id
),
summed AS (
  SELECT
    account_id, region, vpc_endpoint_id, vpc_id, vpc_endpoint_type, service_name, provider_id, service_zones,
    COUNT(*) AS zone_count,
    COUNT(availability_zone_id) AS known_zones,
    COUNT(lost_zone_id) AS lost,
    STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones,
    MIN(lost_zone_id) AS lost_zone,
    STRING_AGG(lost_zone_id, ', ' ORDER BY lost_zone_id) AS lost_zones
  FROM compared
  GROUP BY account_id, region, vpc_endpoint_id, vpc_id, vpc_endpoint_type, service_name, provider_id, service_zones
),
-- Where the endpoint could stand: an Availability Zone of the service in which its VPC has a subnet. The first of
-- them, and in it the first subnet.
another AS (
  SELECT
    t.account_id, t.region, t.vpc_endpoint_id,
    MIN(CONCAT(n.availability_zone_id, ' ', n.subnet_id)) AS zone_and_subnet
  FROM served AS t
  JOIN subnet AS n ON n.account_id = t.account_id AND n.region = t.region AND n.vpc_id = t.vpc_id
  WHERE COALESCE(n.zone_type, 'availability-zone') = 'availability-zone' AND n.availability_zone_id IS NOT NULL
    AND POSITION(CONCAT(' ', n.availability_zone_id, ',') IN CONCAT(' ', t.service_zones, ',')) > 0
  GROUP BY t.account_id, t.region, t.vpc_endpoint_id
)
SELECT
  m.vpc_endpoint_id AS resource_id,
  m.account_id,
  m.region,
  CASE
    WHEN m.lost = m.zone_count AND g.monthly_gigabytes > 0 THEN 'info'
    WHEN m.lost > 0 THEN 'alarm'
    WHEN m.known_zones < m.zone_count THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN m.lost = m.zone_count AND g.monthly_gigabytes > 0 THEN 'used'
    WHEN m.lost = m.zone_count AND m.vpc_endpoint_type = 'GatewayLoadBalancer' THEN 'all_lost_gateway'
    WHEN m.lost = m.zone_count AND n.zone_and_subnet IS NULL THEN 'all_lost_nowhere'
    WHEN m.lost = m.zone_count THEN 'all_lost'
    WHEN m.lost > 0 AND (w.subnet_id IS NULL OR m.vpc_endpoint_type = 'GatewayLoadBalancer') THEN 'some_unplaced'
  END AS variant,
  CASE WHEN m.lost = m.zone_count THEN 'critical' ELSE 'medium' END AS severity,
  CASE
    WHEN m.lost = m.zone_count AND g.monthly_gigabytes > 0 THEN 'low'
    WHEN g.monthly_gigabytes > 0 THEN 'medium'
    ELSE 'high'
  END AS confidence,
  CASE WHEN m.known_zones < m.zone_count THEN 'a zone of the endpoint is not known' END AS reason,
  m.zones,
  m.lost_zone,
  m.lost_zones,
  w.subnet_id AS lost_subnet,
  SPLIT_PART(n.zone_and_subnet, ' ', 1) AS another_zone,
  SPLIT_PART(n.zone_and_subnet, ' ', 2) AS another_subnet,
  CASE WHEN g.monthly_gigabytes < 1 THEN ROUND(g.monthly_gigabytes, 4) ELSE ROUND(g.monthly_gigabytes, 1) END AS monthly_gigabytes,
  m.service_zones,
  m.service_name,
  COALESCE(a.account_name, m.provider_id) AS provider,
  m.provider_id
FROM summed AS m
LEFT JOIN account AS a ON a.account_id = m.provider_id
LEFT JOIN endpoint_zone AS w
  ON w.account_id = m.account_id AND w.region = m.region AND w.vpc_endpoint_id = m.vpc_endpoint_id
  AND w.availability_zone_id = m.lost_zone
LEFT JOIN another AS n
  ON n.account_id = m.account_id AND n.region = m.region AND n.vpc_endpoint_id = m.vpc_endpoint_id
LEFT JOIN vpc_endpoint_cost AS g
  ON g.account_id = m.account_id AND g.region = m.region AND g.vpc_endpoint_id = m.vpc_endpoint_id
