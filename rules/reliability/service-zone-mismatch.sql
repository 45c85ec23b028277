/*---
title = "Endpoint stands in a zone in which its service no longer is"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "stands in {zones}, and {service_name} of {provider} is in {service_zones} only: {lost_zones} leads nowhere"
rationale = """
An endpoint's interface in a zone hands its traffic to the service in that zone. Where the provider
has taken the zone out of its load balancer, the interface stays, is billed, and leads nowhere.
Clients that resolve the endpoint's zonal name, or are pinned to that interface, fail."""
recommended_action = """
Consumer: aws ec2 modify-vpc-endpoint --region REGION --vpc-endpoint-id ID --add-subnet-ids SUBNET in a
zone of the service, then --remove-subnet-ids the subnet in the zone that is lost. Provider: aws elbv2
set-subnets brings the zone back."""
exceptions = [
  "services of partners and of AWS, whose zones the provider alone can state",
  "endpoints that reach over Regions",
  "a zone that has the service but no healthy target: uneven-targets and unhealthy-targets say so",
  "an AWS service made the endpoint and manages it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
]

[messages]
all_lost = "stands in {zones}, and {service_name} of {provider} is in {service_zones}: no zone is shared"
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
stands AS (
  SELECT DISTINCT e.account_id, e.region, e.vpc_endpoint_id, e.service_name, s.availability_zone_id
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_subnet AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND NOT e.requester_managed AND e.service_region = e.region
    AND e.vpc_endpoint_type IN ('Interface', 'GatewayLoadBalancer')
),
compared AS (
  SELECT t.account_id, t.region, t.vpc_endpoint_id, t.service_name, t.availability_zone_id,
    CASE WHEN z.availability_zone_id IS NULL THEN t.availability_zone_id END AS lost_zone_id
  FROM stands AS t
  LEFT JOIN provider_zone AS z
    ON z.region = t.region AND z.service_name = t.service_name AND z.availability_zone_id = t.availability_zone_id
),
summed AS (
  SELECT
    account_id, region, vpc_endpoint_id, service_name,
    COUNT(*) AS zone_count,
    COUNT(availability_zone_id) AS known_zones,
    COUNT(lost_zone_id) AS lost,
    STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones,
    STRING_AGG(lost_zone_id, ', ' ORDER BY lost_zone_id) AS lost_zones
  FROM compared
  GROUP BY account_id, region, vpc_endpoint_id, service_name
)
SELECT
  m.vpc_endpoint_id AS resource_id,
  m.account_id,
  m.region,
  CASE
    WHEN m.lost > 0 THEN 'alarm'
    WHEN m.known_zones < m.zone_count THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE WHEN m.lost = m.zone_count THEN 'all_lost' END AS variant,
  CASE WHEN m.lost = m.zone_count THEN 'critical' ELSE 'medium' END AS severity,
  CASE WHEN m.known_zones < m.zone_count THEN 'a zone of the endpoint is not known' END AS reason,
  m.zones,
  m.lost_zones,
  p.service_zones,
  m.service_name,
  COALESCE(a.account_name, p.account_id) AS provider,
  p.account_id AS provider_id
FROM summed AS m
JOIN provider AS p ON p.region = m.region AND p.service_name = m.service_name
LEFT JOIN account AS a ON a.account_id = p.account_id
