/*---
title = "Traffic to an endpoint or service crosses Availability Zones"
category = "cost"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint"
operations_of_views = ["ec2:DescribeVpcEndpointServices", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth"]
message = "consumers in {crossing_zones} reach it through {zones}: free since April 2022, at the price of latency and of a zone that all depend on"
rationale = """
Not every crossing costs money. From a client to an interface endpoint in another zone nothing has
been charged since 2022-04-01: such a crossing costs latency, and takes the consumers of one zone
down with another. Subnets that are routed to a firewall's endpoint in another zone share that zone's fate too,
and a firewall that sees one direction of a flow drops it; whether this path is charged is not established. What a
provider's load balancer sends to targets in other zones is charged in both directions."""
recommended_action = """
If latency or independence of zones is worth the hourly price, let the endpoint stand in {crossing_zones} too:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --add-subnet-ids {subnet_ids_to_add}`."""
exceptions = [
  "the service is not offered in the consumer's zone, or the VPC has no subnet there",
  "another endpoint of the same service stands in that zone of the VPC",
  "the endpoint carries no traffic, or it cannot be measured: not judged",
  "private DNS of the endpoint answers on-premises networks only",
  "an AWS service made the endpoint and manages it, or a tag such as GuardDutyManaged says so; routes to a firewall's endpoint are the customer's own all the same",
  "load balancers whose crossing costs less than min_monthly_cost a month; the other two paths have no price, so the threshold does not hold for them",
  "load balancers whose zones lack healthy targets of their own: cross-zone keeps them up (info)",
  "targets, subnets or endpoints whose zone is not known, and load balancers that do not say whether they cross: not judged",
]
references = [
  "https://aws.amazon.com/about-aws/whats-new/2022/04/aws-data-transfer-price-reduction-privatelink-transit-gateway-client-vpn-services/",
  "https://docs.aws.amazon.com/awssupport/latest/user/fault-tolerance-checks.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html",
]

[messages]
gateway_load_balancer = "subnets in {crossing_zones} are routed to it in {zones}: a fault of {zones} takes them down too, and a flow whose answers take another endpoint is dropped"
gateway_load_balancer_beside = "subnets in {crossing_zones} are routed to it in {zones}, though an endpoint of the service stands in their zone: a fault of {zones} takes them down too, and a flow whose answers take another endpoint is dropped"
load_balancer = "cross-zone load balancing sends about {crossing_gigabytes} GB a month to targets in other zones, which the provider pays for"
target_group = "cross-zone load balancing of a target group sends about {crossing_gigabytes} GB a month to targets in other zones, which the provider pays for"
load_balancer_needed = "cross-zone load balancing sends about {crossing_gigabytes} GB a month to targets in other zones, and is what keeps {zones} up: not every zone has healthy targets of its own"

[actions]
gateway_load_balancer = """
Make an endpoint in each of {crossing_zones}, in a subnet of its own; where AWS Network Firewall made this one, give the
firewall a subnet there. Then route each zone's subnets, in both directions, to the endpoint of their zone. The routes:
`aws ec2 describe-route-tables --region {region} --filters Name=vpc-id,Values={vpc_id}`."""
gateway_load_balancer_beside = """
Route each zone's subnets, in both directions, to the endpoint of their zone. The first:
`aws ec2 replace-route --region {region} --route-table-id {route_table_id} --destination-cidr-block {destination} --vpc-endpoint-id {near_endpoint_id}`.
Flows that are open at that moment break."""
load_balancer = """
Switch cross-zone load balancing off while every zone has healthy targets of its own, on each load balancer of the service:
`aws elbv2 modify-load-balancer-attributes --region {region} --load-balancer-arn {load_balancer_arn} --attributes Key=load_balancing.cross_zone.enabled,Value=false`.
A target group with a setting of its own goes by that."""
target_group = """
The target group's own setting comes before that of its load balancer. Switch it off while every zone has healthy targets of
its own:
`aws elbv2 modify-target-group-attributes --region {region} --target-group-arn {target_group_arn} --attributes Key=load_balancing.cross_zone.enabled,Value=false`."""
load_balancer_needed = "Leave it on until every zone has healthy targets of its own. Then weigh what it costs against what it is worth."

[params]
min_monthly_cost = 1.0
---*/
WITH endpoint AS (
  SELECT
    account_id, region, vpc_endpoint_id, vpc_endpoint_type, vpc_id,
    -- An endpoint whose service is not named stands for itself.
    COALESCE(CASE WHEN service_name <> '' THEN service_name END, vpc_endpoint_id) AS service_name,
    CASE WHEN private_dns_only_for_inbound_resolver_endpoint THEN 1 ELSE 0 END AS is_inbound_only
  FROM vpc_endpoint
  WHERE vpc_endpoint_id <> '' AND state = 'available'
    AND (vpc_endpoint_type = 'GatewayLoadBalancer' OR (vpc_endpoint_type = 'Interface' AND NOT requester_managed))
),
-- All endpoints of a service in a VPC together, by zone.
standing AS (
  SELECT e.account_id, e.region, e.vpc_endpoint_type, e.vpc_id, e.service_name, s.availability_zone_id, MIN(e.vpc_endpoint_id) AS vpc_endpoint_id
  FROM endpoint AS e
  JOIN endpoint_zone AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE s.availability_zone_id IS NOT NULL
  GROUP BY e.account_id, e.region, e.vpc_endpoint_type, e.vpc_id, e.service_name, s.availability_zone_id
),

-- Path 1: from a client to an interface endpoint in another zone. Free. Another zone is one in which the service is
-- offered and the VPC has a subnet. Where the service's zones are not listed at all, they are not known, and the gap
-- is shown.
crossing AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id,
    COUNT(*) AS zones,
    STRING_AGG(z.availability_zone_id, ', ' ORDER BY z.availability_zone_id) AS crossing_zones,
    STRING_AGG(v.subnet_id, '","' ORDER BY z.availability_zone_id) AS subnet_ids
  FROM endpoint AS e
  JOIN consumer_zone AS z
    ON z.account_id = e.account_id AND z.region = e.region AND z.vpc_id = e.vpc_id
  JOIN vpc_zone AS v
    ON v.account_id = z.account_id AND v.region = z.region AND v.vpc_id = z.vpc_id AND v.availability_zone_id = z.availability_zone_id
  LEFT JOIN standing AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_type = e.vpc_endpoint_type AND c.vpc_id = e.vpc_id
    AND c.service_name = e.service_name AND c.availability_zone_id = z.availability_zone_id
  LEFT JOIN offered_zones AS o
    ON o.account_id = e.account_id AND o.region = e.region AND o.service_name = e.service_name
  WHERE e.vpc_endpoint_type = 'Interface' AND z.network_interfaces > 0 AND c.vpc_endpoint_id IS NULL
    AND (o.zones IS NULL OR POSITION(CONCAT(' ', z.availability_zone_id, ',') IN CONCAT(' ', o.zones, ',')) > 0)
  GROUP BY e.account_id, e.region, e.vpc_endpoint_id
),

-- Path 2: from a subnet to a Gateway Load Balancer endpoint in another zone, by a route. The routes are the
-- customer's, whoever made the endpoint.
routed AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.vpc_endpoint_type, e.vpc_id, e.service_name, r.route_table_id, r.destination, r.availability_zone_id,
    CASE WHEN r.state = 'active' AND r.availability_zone_id IS NOT NULL THEN 0 ELSE 1 END AS is_unclear
  FROM endpoint AS e
  JOIN route AS r
    ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.vpc_endpoint_type = 'GatewayLoadBalancer' AND r.subnet_id IS NOT NULL
    AND (r.state IS NULL OR r.state NOT IN ('blackhole', 'filtered'))
),
routed_table AS (
  SELECT
    account_id, region, vpc_endpoint_id, route_table_id,
    COUNT(DISTINCT availability_zone_id) AS zones, SUM(is_unclear) AS unclear_routes,
    MIN(availability_zone_id) AS availability_zone_id, MIN(destination) AS destination
  FROM routed
  WHERE destination LIKE '%.%/%'
  GROUP BY account_id, region, vpc_endpoint_id, route_table_id
),
-- A route table that subnets of several zones follow has to be split by hand.
rerouted AS (
  SELECT account_id, region, vpc_endpoint_id, availability_zone_id, MIN(CONCAT(route_table_id, ' ', destination)) AS first_route
  FROM routed_table
  WHERE zones = 1 AND unclear_routes = 0
  GROUP BY account_id, region, vpc_endpoint_id, availability_zone_id
),
-- Zones from which a route leads to the endpoint, which strays where the endpoint does not stand in them; and the
-- endpoint of the same service that does.
routed_zone AS (
  SELECT
    r.account_id, r.region, r.vpc_endpoint_id, r.availability_zone_id,
    SUM(r.is_unclear) AS unclear_routes,
    MIN(n.vpc_endpoint_id) AS near_endpoint_id,
    MAX(CASE
      WHEN r.is_unclear = 0 AND POSITION(CONCAT(' ', r.availability_zone_id, ',') IN CONCAT(' ', COALESCE(s.zones, ''), ',')) = 0
        AND (o.zones IS NULL OR POSITION(CONCAT(' ', r.availability_zone_id, ',') IN CONCAT(' ', o.zones, ',')) > 0) THEN 1
      ELSE 0
    END) AS is_stray
  FROM routed AS r
  LEFT JOIN endpoint_zones AS s
    ON s.account_id = r.account_id AND s.region = r.region AND s.vpc_endpoint_id = r.vpc_endpoint_id
  LEFT JOIN offered_zones AS o
    ON o.account_id = r.account_id AND o.region = r.region AND o.service_name = r.service_name
  LEFT JOIN standing AS n
    ON n.account_id = r.account_id AND n.region = r.region AND n.vpc_endpoint_type = r.vpc_endpoint_type AND n.vpc_id = r.vpc_id
    AND n.service_name = r.service_name AND n.availability_zone_id = r.availability_zone_id
  GROUP BY r.account_id, r.region, r.vpc_endpoint_id, r.availability_zone_id
),
-- The first route to change, as one text: its route table, its destination and the endpoint that is nearer.
misrouted AS (
  SELECT
    z.account_id, z.region, z.vpc_endpoint_id,
    SUM(z.unclear_routes) AS unclear_routes,
    MAX(z.is_stray) AS is_stray,
    STRING_AGG(CASE WHEN z.is_stray = 1 THEN z.availability_zone_id END, ', ' ORDER BY z.availability_zone_id) AS crossing_zones,
    MIN(CASE WHEN z.is_stray = 1 AND z.near_endpoint_id IS NOT NULL AND t.first_route IS NOT NULL THEN CONCAT(t.first_route, ' ', z.near_endpoint_id) END) AS reroute
  FROM routed_zone AS z
  LEFT JOIN rerouted AS t
    ON t.account_id = z.account_id AND t.region = z.region AND t.vpc_endpoint_id = z.vpc_endpoint_id
    AND t.availability_zone_id = z.availability_zone_id
  GROUP BY z.account_id, z.region, z.vpc_endpoint_id
),
endpoint_path AS (
  SELECT
    e.vpc_endpoint_id AS resource_id,
    e.account_id,
    e.region,
    'vpc_endpoint' AS resource_type,
    CASE
      WHEN u.usage = 'idle' THEN 'ok'
      WHEN e.vpc_endpoint_type = 'Interface' AND (x.zones IS NULL OR e.is_inbound_only = 1) THEN 'ok'
      WHEN e.vpc_endpoint_type = 'GatewayLoadBalancer' AND m.unclear_routes IS NULL THEN 'ok'
      WHEN s.zones IS NULL OR s.unknown_zones > 0 THEN 'skip'
      WHEN m.is_stray = 0 AND m.unclear_routes > 0 THEN 'skip'
      WHEN m.is_stray = 0 THEN 'ok'
      WHEN u.usage <> 'active' THEN 'skip'
      ELSE 'alarm'
    END AS status,
    CASE WHEN e.vpc_endpoint_type = 'Interface' THEN 'high' ELSE 'medium' END AS confidence,
    CASE
      WHEN e.vpc_endpoint_type = 'GatewayLoadBalancer' AND m.reroute IS NULL THEN 'gateway_load_balancer'
      WHEN e.vpc_endpoint_type = 'GatewayLoadBalancer' THEN 'gateway_load_balancer_beside'
    END AS variant,
    CASE
      WHEN s.zones IS NULL OR s.unknown_zones > 0 THEN 'in which zones it stands is not known'
      WHEN m.is_stray = 0 AND m.unclear_routes > 0 THEN 'the zone of a subnet, or the state of a route, that leads to it is not known'
      ELSE u.reason
    END AS reason,
    CASE WHEN e.vpc_endpoint_type = 'Interface' THEN 'client to interface endpoint' ELSE 'subnet to Gateway Load Balancer endpoint' END AS path,
    s.zones,
    CASE WHEN m.is_stray = 1 THEN m.crossing_zones ELSE x.crossing_zones END AS crossing_zones,
    CAST(NULL AS DOUBLE) AS crossing_gigabytes,
    -- Whether the second path is charged is not established.
    CASE WHEN e.vpc_endpoint_type = 'Interface' THEN CAST(0.0 AS DOUBLE) END AS rate_per_gigabyte,
    CASE WHEN e.vpc_endpoint_type = 'Interface' THEN CAST(0.0 AS DOUBLE) END AS monthly_cost,
    CASE WHEN e.vpc_endpoint_type = 'Interface' THEN CAST(0.0 AS DOUBLE) END AS monthly_saving,
    CASE WHEN e.vpc_endpoint_type = 'Interface' THEN 'list_price' END AS cost_basis,
    e.vpc_id,
    CASE WHEN x.zones = 1 THEN x.subnet_ids WHEN x.zones > 1 THEN CONCAT('["', x.subnet_ids, '"]') END AS subnet_ids_to_add,
    SPLIT_PART(m.reroute, ' ', 1) AS route_table_id,
    SPLIT_PART(m.reroute, ' ', 2) AS destination,
    SPLIT_PART(m.reroute, ' ', 3) AS near_endpoint_id,
    CAST(NULL AS VARCHAR) AS load_balancer_arn,
    CAST(NULL AS VARCHAR) AS target_group_arn
  FROM endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN endpoint_zones AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN crossing AS x
    ON x.account_id = e.account_id AND x.region = e.region AND x.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN misrouted AS m
    ON m.account_id = e.account_id AND m.region = e.region AND m.vpc_endpoint_id = e.vpc_endpoint_id
),

-- Path 3: from a provider's load balancer to targets in other zones. What crossing costs per gigabyte and direction:
transfer AS (
  SELECT region, rate FROM price WHERE usage_type = 'DataTransfer-Regional-Bytes' AND tier_start = 0
),
-- The zones of a service's load balancers beside those of its healthy targets. Instances are registered without a zone
-- (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html), and so is
-- an Application Load Balancer, which is in all of its own.
behind AS (
  SELECT
    l.account_id, l.region, l.service_id, z.availability_zone_id,
    1 AS is_node, 0 AS is_group, 0 AS is_crossing, 0 AS is_unsaid, 0 AS targets, 0 AS unplaced_targets,
    CAST(NULL AS VARCHAR) AS load_balancer_arn,
    CAST(NULL AS VARCHAR) AS target_group_arn
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN load_balancer_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.load_balancer_arn = l.load_balancer_arn
  UNION ALL
  SELECT
    g.account_id, g.region, g.service_id, t.availability_zone_id,
    0 AS is_node, 1 AS is_group,
    CASE WHEN g.cross_zone = 'on' THEN 1 ELSE 0 END AS is_crossing,
    CASE WHEN g.cross_zone = 'unknown' THEN 1 ELSE 0 END AS is_unsaid,
    CASE WHEN g.cross_zone = 'on' THEN COALESCE(t.healthy, 0) ELSE 0 END AS targets,
    CASE WHEN g.cross_zone = 'on' AND t.availability_zone_id IS NULL AND COALESCE(g.target_type, '') <> 'alb' THEN COALESCE(t.healthy, 0) ELSE 0 END AS unplaced_targets,
    CASE WHEN g.cross_zone = 'on' AND g.is_own_setting = 0 THEN g.load_balancer_arn END AS load_balancer_arn,
    CASE WHEN g.is_own_setting = 1 THEN g.target_group_arn END AS target_group_arn
  FROM service_target_group AS g
  LEFT JOIN target_group_zone AS t
    ON t.account_id = g.account_id AND t.region = g.region AND t.target_group_arn = g.target_group_arn
  WHERE g.is_described = 1
),
behind_zone AS (
  SELECT
    account_id, region, service_id, availability_zone_id,
    MAX(is_node) AS is_node, MAX(is_group) AS is_group, MAX(is_crossing) AS is_crossing, MAX(is_unsaid) AS is_unsaid,
    SUM(targets) AS targets, SUM(unplaced_targets) AS unplaced_targets,
    MIN(load_balancer_arn) AS load_balancer_arn, MIN(target_group_arn) AS target_group_arn
  FROM behind
  GROUP BY account_id, region, service_id, availability_zone_id
),
spread AS (
  SELECT
    account_id, region, service_id,
    SUM(is_node) AS zones,
    STRING_AGG(CASE WHEN is_node = 1 THEN availability_zone_id END, ', ' ORDER BY availability_zone_id) AS zone_list,
    SUM(CASE WHEN is_node = 1 AND targets = 0 THEN 1 ELSE 0 END) AS empty_zones,
    SUM(CASE WHEN is_node = 1 THEN targets ELSE 0 END) AS targets,
    SUM(unplaced_targets) AS unplaced_targets,
    MAX(is_group) AS is_group, MAX(is_crossing) AS is_crossing, MAX(is_unsaid) AS is_unsaid,
    MIN(load_balancer_arn) AS load_balancer_arn, MIN(target_group_arn) AS target_group_arn
  FROM behind_zone
  GROUP BY account_id, region, service_id
),
-- How long somebody has been connected; not known where one of the connections has no age.
connected AS (
  SELECT
    account_id, region, service_id,
    MAX(age_days) AS age_days,
    SUM(CASE WHEN age_days IS NULL THEN 1 ELSE 0 END) AS ageless
  FROM vpc_endpoint_connection
  WHERE vpc_endpoint_state NOT IN ('pendingAcceptance', 'rejected', 'failed', 'expired')
  GROUP BY account_id, region, service_id
),
-- Traffic is spread over the days on which there was a connection. More days with traffic than the oldest connection
-- has seen are those of one that is gone, and then the window has to do.
paced AS (
  SELECT
    v.account_id, v.region, v.service_id,
    v.gigabytes / CASE
      WHEN c.age_days IS NULL OR c.ageless > 0 OR c.age_days >= w.window_days OR v.days > c.age_days + 1 THEN w.window_days
      WHEN c.age_days < 1 THEN 1
      ELSE c.age_days
    END * (730 / 24.0) AS monthly_gigabytes
  FROM service_traffic AS v
  LEFT JOIN connected AS c
    ON c.account_id = v.account_id AND c.region = v.region AND c.service_id = v.service_id
  CROSS JOIN snapshot AS w
),
-- Each node gets its zone's share and spreads it over the targets of all zones.
provider_traffic AS (
  SELECT
    s.account_id, s.region, s.service_id, d.is_crossing, d.is_unsaid, d.load_balancer_arn, d.target_group_arn,
    d.zones, d.empty_zones, d.targets, d.unplaced_targets,
    CASE WHEN d.zones > 0 THEN d.zone_list END AS zone_list,
    CASE WHEN d.zones > 0 THEN v.monthly_gigabytes * (1 - 1.0 / d.zones) END AS crossing_gigabytes,
    2 * t.rate AS rate_per_gigabyte
  FROM vpc_endpoint_service AS s
  JOIN spread AS d
    ON d.account_id = s.account_id AND d.region = s.region AND d.service_id = s.service_id
  LEFT JOIN paced AS v
    ON v.account_id = s.account_id AND v.region = s.region AND v.service_id = s.service_id
  LEFT JOIN transfer AS t ON t.region = s.region
  WHERE s.service_id <> '' AND s.service_state = 'Available' AND d.is_group = 1
),
provider_priced AS (
  SELECT *, crossing_gigabytes * rate_per_gigabyte AS monthly_cost FROM provider_traffic
),
provider_path AS (
  SELECT
    s.service_id AS resource_id,
    s.account_id,
    s.region,
    'vpc_endpoint_service' AS resource_type,
    CASE
      WHEN (s.is_crossing = 0 AND s.is_unsaid = 0) OR s.zones = 1 THEN 'ok'
      WHEN s.zones = 0 OR s.is_crossing = 0 OR s.unplaced_targets > 0 THEN 'skip'
      WHEN s.targets = 0 THEN 'ok'
      WHEN s.crossing_gigabytes IS NULL THEN 'skip'
      WHEN s.monthly_cost < p.min_monthly_cost THEN 'ok'
      WHEN s.empty_zones > 0 THEN 'info'
      ELSE 'alarm'
    END AS status,
    'medium' AS confidence,
    CASE
      WHEN s.empty_zones > 0 THEN 'load_balancer_needed'
      WHEN s.load_balancer_arn IS NOT NULL THEN 'load_balancer'
      ELSE 'target_group'
    END AS variant,
    CASE
      WHEN s.zones = 0 THEN 'in which zones its load balancers are is not known'
      WHEN s.is_crossing = 0 THEN 'AWS does not say whether its load balancer crosses zones'
      WHEN s.unplaced_targets > 0 THEN 'in which zones its targets are is not known'
      WHEN s.crossing_gigabytes IS NULL THEN 'cross-zone load balancing is on, and CloudWatch shows no traffic of the service'
    END AS reason,
    'load balancer to target' AS path,
    s.zone_list AS zones,
    s.zone_list AS crossing_zones,
    s.crossing_gigabytes,
    s.rate_per_gigabyte,
    s.monthly_cost,
    CASE WHEN s.empty_zones = 0 THEN s.monthly_cost END AS monthly_saving,
    CASE WHEN s.rate_per_gigabyte IS NULL THEN 'unknown_rate' ELSE 'list_price' END AS cost_basis,
    CAST(NULL AS VARCHAR) AS vpc_id,
    CAST(NULL AS VARCHAR) AS subnet_ids_to_add,
    CAST(NULL AS VARCHAR) AS route_table_id,
    CAST(NULL AS VARCHAR) AS destination,
    CAST(NULL AS VARCHAR) AS near_endpoint_id,
    s.load_balancer_arn,
    s.target_group_arn
  FROM provider_priced AS s
  CROSS JOIN param AS p
)
SELECT * FROM endpoint_path
UNION ALL
SELECT * FROM provider_path
