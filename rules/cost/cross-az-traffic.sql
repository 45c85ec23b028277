/*---
title = "Traffic to an endpoint or service crosses Availability Zones"
category = "cost"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint"
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
WITH live AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.vpc_endpoint_type, e.vpc_id,
    -- An endpoint whose service is not named stands for itself.
    COALESCE(CASE WHEN e.service_name <> '' THEN e.service_name END, e.vpc_endpoint_id) AS service_name,
    CASE WHEN e.private_dns_only_for_inbound_resolver_endpoint THEN 1 ELSE 0 END AS is_inbound_only,
    u.usage, u.reason
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.vpc_endpoint_id <> '' AND e.state = 'available'
    AND (e.vpc_endpoint_type = 'GatewayLoadBalancer' OR (e.vpc_endpoint_type = 'Interface' AND NOT e.requester_managed))
),
placed AS (
  SELECT l.account_id, l.region, l.vpc_endpoint_id, l.vpc_endpoint_type, l.vpc_id, l.service_name, s.availability_zone_id
  FROM live AS l
  JOIN endpoint_zone AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  WHERE s.availability_zone_id IS NOT NULL
),
-- Another zone is one in which the service is offered and the VPC has a subnet.
offered AS (
  SELECT DISTINCT account_id, region, service_name, availability_zone_id FROM service_detail_zone
),
visible AS (
  SELECT DISTINCT account_id, region, service_name FROM service_detail_zone
),
zone_of_vpc AS (
  SELECT account_id, region, vpc_id, availability_zone_id, MIN(subnet_id) AS subnet_id
  FROM subnet
  GROUP BY account_id, region, vpc_id, availability_zone_id
),

-- Path 1: from a client to an interface endpoint in another zone. Free.
covered AS (
  SELECT DISTINCT account_id, region, vpc_id, service_name, availability_zone_id FROM placed WHERE vpc_endpoint_type = 'Interface'
),
uncovered AS (
  SELECT l.account_id, l.region, l.vpc_endpoint_id, l.service_name, z.availability_zone_id, v.subnet_id
  FROM live AS l
  JOIN consumer_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_id = l.vpc_id
  JOIN zone_of_vpc AS v
    ON v.account_id = z.account_id AND v.region = z.region AND v.vpc_id = z.vpc_id AND v.availability_zone_id = z.availability_zone_id
  LEFT JOIN covered AS c
    ON c.account_id = l.account_id AND c.region = l.region AND c.vpc_id = l.vpc_id
    AND c.service_name = l.service_name AND c.availability_zone_id = z.availability_zone_id
  WHERE l.vpc_endpoint_type = 'Interface' AND z.network_interfaces > 0 AND c.vpc_id IS NULL
),
crossing AS (
  SELECT
    n.account_id, n.region, n.vpc_endpoint_id,
    COUNT(*) AS zones,
    STRING_AGG(n.availability_zone_id, ', ' ORDER BY n.availability_zone_id) AS crossing_zones,
    STRING_AGG(n.subnet_id, '","' ORDER BY n.availability_zone_id) AS subnet_ids
  FROM uncovered AS n
  LEFT JOIN offered AS o
    ON o.account_id = n.account_id AND o.region = n.region AND o.service_name = n.service_name
    AND o.availability_zone_id = n.availability_zone_id
  LEFT JOIN visible AS v
    ON v.account_id = n.account_id AND v.region = n.region AND v.service_name = n.service_name
  -- Where the service's zones are not listed at all, they are not known, and the gap is shown.
  WHERE o.service_name IS NOT NULL OR v.service_name IS NULL
  GROUP BY n.account_id, n.region, n.vpc_endpoint_id
),
interface_path AS (
  SELECT
    l.vpc_endpoint_id AS resource_id,
    l.account_id,
    l.region,
    'vpc_endpoint' AS resource_type,
    CASE
      WHEN x.crossing_zones IS NULL OR l.usage = 'idle' OR l.is_inbound_only = 1 THEN 'ok'
      WHEN s.zones IS NULL OR s.unknown_zones > 0 OR l.usage <> 'active' THEN 'skip'
      ELSE 'alarm'
    END AS status,
    'high' AS confidence,
    CAST(NULL AS VARCHAR) AS variant,
    CASE WHEN s.zones IS NULL OR s.unknown_zones > 0 THEN 'in which zones it stands is not known' ELSE l.reason END AS reason,
    'client to interface endpoint' AS path,
    s.zones,
    x.crossing_zones,
    CAST(NULL AS DOUBLE) AS crossing_gigabytes,
    CAST(0.0 AS DOUBLE) AS rate_per_gigabyte,
    CAST(0.0 AS DOUBLE) AS monthly_cost,
    CAST(0.0 AS DOUBLE) AS monthly_saving,
    'list_price' AS cost_basis,
    l.vpc_id,
    CASE WHEN x.zones = 1 THEN x.subnet_ids WHEN x.zones > 1 THEN CONCAT('["', x.subnet_ids, '"]') END AS subnet_ids_to_add,
    CAST(NULL AS VARCHAR) AS route_table_id,
    CAST(NULL AS VARCHAR) AS destination,
    CAST(NULL AS VARCHAR) AS near_endpoint_id,
    CAST(NULL AS VARCHAR) AS load_balancer_arn,
    CAST(NULL AS VARCHAR) AS target_group_arn
  FROM live AS l
  LEFT JOIN endpoint_zones AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN crossing AS x
    ON x.account_id = l.account_id AND x.region = l.region AND x.vpc_endpoint_id = l.vpc_endpoint_id
  WHERE l.vpc_endpoint_type = 'Interface'
),

-- Path 2: from a subnet to a Gateway Load Balancer endpoint in another zone, by a route. The routes are the
-- customer's, whoever made the endpoint.
routed AS (
  SELECT l.account_id, l.region, l.vpc_endpoint_id, l.vpc_id, l.service_name, r.route_table_id, r.destination, r.availability_zone_id,
    CASE WHEN r.state = 'active' AND r.availability_zone_id IS NOT NULL THEN 0 ELSE 1 END AS is_unclear
  FROM live AS l
  JOIN route AS r
    ON r.account_id = l.account_id AND r.region = l.region AND r.vpc_endpoint_id = l.vpc_endpoint_id
  WHERE l.vpc_endpoint_type = 'GatewayLoadBalancer' AND r.subnet_id IS NOT NULL
    AND (r.state IS NULL OR r.state NOT IN ('blackhole', 'filtered'))
),
unclear_route AS (
  SELECT account_id, region, vpc_endpoint_id, SUM(is_unclear) AS routes
  FROM routed
  GROUP BY account_id, region, vpc_endpoint_id
),
-- Zones from which a route leads to the endpoint, and in which it does not stand.
strayed AS (
  SELECT DISTINCT r.account_id, r.region, r.vpc_endpoint_id, r.vpc_id, r.service_name, r.availability_zone_id
  FROM routed AS r
  LEFT JOIN placed AS p
    ON p.account_id = r.account_id AND p.region = r.region AND p.vpc_endpoint_id = r.vpc_endpoint_id
    AND p.availability_zone_id = r.availability_zone_id
  LEFT JOIN offered AS o
    ON o.account_id = r.account_id AND o.region = r.region AND o.service_name = r.service_name
    AND o.availability_zone_id = r.availability_zone_id
  LEFT JOIN visible AS v
    ON v.account_id = r.account_id AND v.region = r.region AND v.service_name = r.service_name
  WHERE r.is_unclear = 0 AND p.vpc_endpoint_id IS NULL AND (o.service_name IS NOT NULL OR v.service_name IS NULL)
),
misrouted AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS crossing_zones
  FROM strayed
  GROUP BY account_id, region, vpc_endpoint_id
),
-- The endpoint of the same service that stands in the zone of such a subnet.
nearest AS (
  SELECT s.account_id, s.region, s.vpc_endpoint_id, s.availability_zone_id, MIN(p.vpc_endpoint_id) AS near_endpoint_id
  FROM strayed AS s
  JOIN placed AS p
    ON p.account_id = s.account_id AND p.region = s.region AND p.vpc_id = s.vpc_id AND p.service_name = s.service_name
    AND p.availability_zone_id = s.availability_zone_id
  WHERE p.vpc_endpoint_type = 'GatewayLoadBalancer'
  GROUP BY s.account_id, s.region, s.vpc_endpoint_id, s.availability_zone_id
),
-- A route table that subnets of several zones follow has to be split by hand.
routed_table AS (
  SELECT
    account_id, region, vpc_endpoint_id, route_table_id,
    COUNT(DISTINCT availability_zone_id) AS zones, SUM(is_unclear) AS unclear_routes,
    MIN(availability_zone_id) AS first_zone_id, MIN(destination) AS first_destination
  FROM routed
  WHERE destination LIKE '%.%/%'
  GROUP BY account_id, region, vpc_endpoint_id, route_table_id
),
reroutable AS (
  SELECT t.account_id, t.region, t.vpc_endpoint_id, t.route_table_id, t.first_destination AS destination, n.near_endpoint_id
  FROM routed_table AS t
  JOIN nearest AS n
    ON n.account_id = t.account_id AND n.region = t.region AND n.vpc_endpoint_id = t.vpc_endpoint_id
    AND n.availability_zone_id = t.first_zone_id
  WHERE t.zones = 1 AND t.unclear_routes = 0
),
first_table AS (
  SELECT account_id, region, vpc_endpoint_id, MIN(route_table_id) AS route_table_id
  FROM reroutable
  GROUP BY account_id, region, vpc_endpoint_id
),
reroute AS (
  SELECT r.account_id, r.region, r.vpc_endpoint_id, r.route_table_id, r.destination, r.near_endpoint_id
  FROM reroutable AS r
  JOIN first_table AS f
    ON f.account_id = r.account_id AND f.region = r.region AND f.vpc_endpoint_id = r.vpc_endpoint_id AND f.route_table_id = r.route_table_id
),
gateway_path AS (
  SELECT
    l.vpc_endpoint_id AS resource_id,
    l.account_id,
    l.region,
    'vpc_endpoint' AS resource_type,
    CASE
      WHEN u.routes IS NULL OR l.usage = 'idle' THEN 'ok'
      WHEN s.zones IS NULL OR s.unknown_zones > 0 THEN 'skip'
      WHEN m.crossing_zones IS NULL AND u.routes > 0 THEN 'skip'
      WHEN m.crossing_zones IS NULL THEN 'ok'
      WHEN l.usage <> 'active' THEN 'skip'
      ELSE 'alarm'
    END AS status,
    'medium' AS confidence,
    CASE WHEN r.route_table_id IS NULL THEN 'gateway_load_balancer' ELSE 'gateway_load_balancer_beside' END AS variant,
    CASE
      WHEN s.zones IS NULL OR s.unknown_zones > 0 THEN 'in which zones it stands is not known'
      WHEN m.crossing_zones IS NULL AND u.routes > 0 THEN 'the zone of a subnet, or the state of a route, that leads to it is not known'
      ELSE l.reason
    END AS reason,
    'subnet to Gateway Load Balancer endpoint' AS path,
    s.zones,
    m.crossing_zones,
    CAST(NULL AS DOUBLE) AS crossing_gigabytes,
    CAST(NULL AS DOUBLE) AS rate_per_gigabyte,
    CAST(NULL AS DOUBLE) AS monthly_cost,
    CAST(NULL AS DOUBLE) AS monthly_saving,
    CAST(NULL AS VARCHAR) AS cost_basis,
    l.vpc_id,
    CAST(NULL AS VARCHAR) AS subnet_ids_to_add,
    r.route_table_id,
    r.destination,
    r.near_endpoint_id,
    CAST(NULL AS VARCHAR) AS load_balancer_arn,
    CAST(NULL AS VARCHAR) AS target_group_arn
  FROM live AS l
  LEFT JOIN endpoint_zones AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN unclear_route AS u
    ON u.account_id = l.account_id AND u.region = l.region AND u.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN misrouted AS m
    ON m.account_id = l.account_id AND m.region = l.region AND m.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN reroute AS r
    ON r.account_id = l.account_id AND r.region = l.region AND r.vpc_endpoint_id = l.vpc_endpoint_id
  WHERE l.vpc_endpoint_type = 'GatewayLoadBalancer'
),

-- Path 3: from a provider's load balancer to targets in other zones. What crossing costs per gigabyte and direction:
transfer AS (
  SELECT region, rate FROM price WHERE usage_type = 'DataTransfer-Regional-Bytes' AND tier_start = 0
),
balancer_zone AS (
  SELECT l.account_id, l.region, l.service_id, z.availability_zone_id
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN load_balancer_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.load_balancer_arn = l.load_balancer_arn
  GROUP BY l.account_id, l.region, l.service_id, z.availability_zone_id
),
-- The target group's own setting comes before that of its load balancer.
balanced AS (
  SELECT
    l.account_id, l.region, l.service_id, l.load_balancer_arn, g.target_group_arn, g.target_type,
    CASE WHEN g.cross_zone = 'true' THEN 1 ELSE 0 END AS is_own_setting,
    CASE
      WHEN g.cross_zone = 'true' THEN 1
      WHEN g.cross_zone = 'false' THEN 0
      WHEN b.cross_zone_enabled THEN 1
      WHEN NOT b.cross_zone_enabled THEN 0
    END AS cross_zone
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN load_balancer AS b
    ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
  JOIN target_group AS g
    ON g.account_id = l.account_id AND g.region = l.region AND g.load_balancer_arn = l.load_balancer_arn
),
-- Instances are registered without a zone
-- (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html), and so is
-- an Application Load Balancer, which is in all of its own.
healthy AS (
  SELECT b.account_id, b.region, b.service_id, b.target_type, t.availability_zone_id, COUNT(*) AS targets
  FROM balanced AS b
  JOIN target_health AS t
    ON t.account_id = b.account_id AND t.region = b.region AND t.target_group_arn = b.target_group_arn
  WHERE b.cross_zone = 1 AND t.state = 'healthy'
  GROUP BY b.account_id, b.region, b.service_id, b.target_type, t.availability_zone_id
),
target_zone AS (
  SELECT account_id, region, service_id, availability_zone_id, SUM(targets) AS targets
  FROM healthy
  WHERE availability_zone_id IS NOT NULL
  GROUP BY account_id, region, service_id, availability_zone_id
),
unplaced_target AS (
  SELECT account_id, region, service_id, SUM(targets) AS targets
  FROM healthy
  WHERE availability_zone_id IS NULL AND COALESCE(target_type, '') <> 'alb'
  GROUP BY account_id, region, service_id
),
crossing_service AS (
  SELECT
    account_id, region, service_id,
    MAX(cross_zone) AS cross_zone,
    SUM(CASE WHEN cross_zone IS NULL THEN 1 ELSE 0 END) AS unsaid,
    MIN(CASE WHEN cross_zone = 1 AND is_own_setting = 0 THEN load_balancer_arn END) AS load_balancer_arn,
    MIN(CASE WHEN is_own_setting = 1 THEN target_group_arn END) AS target_group_arn
  FROM balanced
  GROUP BY account_id, region, service_id
),
spread AS (
  SELECT
    z.account_id, z.region, z.service_id,
    COUNT(*) AS zones,
    SUM(CASE WHEN t.targets IS NULL THEN 1 ELSE 0 END) AS empty_zones,
    STRING_AGG(z.availability_zone_id, ', ' ORDER BY z.availability_zone_id) AS zone_list,
    SUM(COALESCE(t.targets, 0)) AS targets
  FROM balancer_zone AS z
  LEFT JOIN target_zone AS t
    ON t.account_id = z.account_id AND t.region = z.region AND t.service_id = z.service_id
    AND t.availability_zone_id = z.availability_zone_id
  GROUP BY z.account_id, z.region, z.service_id
),
served AS (
  SELECT m.account_id, m.region, m.resource_id AS service_id, SUM(m.value) / 1073741824.0 AS gigabytes, COUNT(*) AS days
  FROM metric_daily AS m
  WHERE m.namespace = 'AWS/PrivateLinkServices' AND m.metric_name = 'BytesProcessed'
  GROUP BY m.account_id, m.region, m.resource_id
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
  FROM served AS v
  LEFT JOIN connected AS c
    ON c.account_id = v.account_id AND c.region = v.region AND c.service_id = v.service_id
  CROSS JOIN snapshot AS w
),
-- Each node gets its zone's share and spreads it over the targets of all zones.
provider_traffic AS (
  SELECT
    s.account_id, s.region, s.service_id, c.cross_zone, c.unsaid, c.load_balancer_arn, c.target_group_arn,
    d.zones, d.empty_zones, d.zone_list, d.targets,
    COALESCE(u.targets, 0) AS unplaced_targets,
    v.monthly_gigabytes * (1 - 1.0 / d.zones) AS crossing_gigabytes,
    2 * t.rate AS rate_per_gigabyte
  FROM vpc_endpoint_service AS s
  JOIN crossing_service AS c
    ON c.account_id = s.account_id AND c.region = s.region AND c.service_id = s.service_id
  LEFT JOIN spread AS d
    ON d.account_id = s.account_id AND d.region = s.region AND d.service_id = s.service_id
  LEFT JOIN unplaced_target AS u
    ON u.account_id = s.account_id AND u.region = s.region AND u.service_id = s.service_id
  LEFT JOIN paced AS v
    ON v.account_id = s.account_id AND v.region = s.region AND v.service_id = s.service_id
  LEFT JOIN transfer AS t ON t.region = s.region
  WHERE s.service_id <> '' AND s.service_state = 'Available'
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
      WHEN (s.cross_zone = 0 AND s.unsaid = 0) OR s.zones < 2 THEN 'ok'
      WHEN s.zones IS NULL OR s.cross_zone IS NULL OR s.cross_zone = 0 OR s.unplaced_targets > 0 THEN 'skip'
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
      WHEN s.zones IS NULL THEN 'in which zones its load balancers are is not known'
      WHEN s.cross_zone IS NULL OR s.cross_zone = 0 THEN 'AWS does not say whether its load balancer crosses zones'
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
SELECT * FROM interface_path
UNION ALL
SELECT * FROM gateway_path
UNION ALL
SELECT * FROM provider_path
