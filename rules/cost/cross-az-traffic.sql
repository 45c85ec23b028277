/*---
title = "Traffic to an endpoint or service crosses Availability Zones"
category = "cost"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint"
message = "consumers in {crossing_zones} reach it through {zones}; this path costs {rate_per_gigabyte:money} per GB since April 2022, so the price is latency and a shared zone"
rationale = """
Not every crossing costs money. From a client to an interface endpoint in another zone nothing has
been charged since 2022-04-01: such a crossing costs latency, and takes the consumers of one zone
down with another. Traffic that crosses on its way to a Gateway Load Balancer endpoint, or from a
provider's load balancer to targets in other zones, is charged in both directions."""
recommended_action = """
Interface endpoint: aws ec2 modify-vpc-endpoint --vpc-endpoint-id ID --add-subnet-ids SUBNET in the
zone, if latency or independence of zones is worth the hourly price. Gateway Load Balancer endpoint:
route each zone's subnets to an endpoint in the same zone. Load balancer: aws elbv2
modify-load-balancer-attributes --attributes Key=load_balancing.cross_zone.enabled,Value=false, but
only while every zone has healthy targets of its own."""
exceptions = [
  "the service is not offered in the consumer's zone",
  "another endpoint of the same service stands in that zone of the VPC",
  "the endpoint carries no traffic",
  "an AWS service made the endpoint and manages it",
  "paths that cost less than min_monthly_cost a month",
  "load balancers whose zones lack healthy targets of their own: cross-zone keeps them up (info)",
]
references = [
  "https://aws.amazon.com/about-aws/whats-new/2022/04/aws-data-transfer-price-reduction-privatelink-transit-gateway-client-vpn-services/",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
]

[messages]
gateway_load_balancer = "subnets in {crossing_zones} are routed to it in {zones}: about {crossing_gigabytes} GB a month at {rate_per_gigabyte:money} per GB"
load_balancer = "cross-zone load balancing sends about {crossing_gigabytes} GB a month to targets in other zones, at {rate_per_gigabyte:money} per GB paid by the provider"
load_balancer_needed = "cross-zone load balancing costs {monthly_cost:money} a month, and is what keeps {zones} up: not every zone has healthy targets of its own"

[params]
min_monthly_cost = 1.0
---*/
WITH live AS (
  SELECT e.account_id, e.region, e.vpc_endpoint_id, e.vpc_endpoint_type, e.vpc_id, e.service_name, u.usage, u.reason, c.monthly_gigabytes, c.hourly_rate
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND NOT e.requester_managed
),
placed AS (
  SELECT DISTINCT l.account_id, l.region, l.vpc_endpoint_id, l.vpc_endpoint_type, l.vpc_id, l.service_name, s.availability_zone_id
  FROM live AS l
  JOIN vpc_endpoint_subnet AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  WHERE s.availability_zone_id IS NOT NULL
),
stands AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
  FROM placed
  GROUP BY account_id, region, vpc_endpoint_id
),
-- What crossing costs per gigabyte and direction.
transfer AS (
  SELECT region, rate FROM price WHERE usage_type = 'DataTransfer-Regional-Bytes' AND tier_start = 0
),

-- Path 1: from a client to an interface endpoint in another zone. Free.
offered AS (
  SELECT DISTINCT account_id, region, service_name, availability_zone_id FROM service_detail_zone
),
visible AS (
  SELECT DISTINCT account_id, region, service_name FROM service_detail_zone
),
covered AS (
  SELECT DISTINCT account_id, region, vpc_id, service_name, availability_zone_id FROM placed WHERE vpc_endpoint_type = 'Interface'
),
wanted AS (
  SELECT l.account_id, l.region, l.vpc_endpoint_id, l.vpc_id, l.service_name, z.availability_zone_id
  FROM live AS l
  JOIN consumer_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.vpc_id = l.vpc_id
  WHERE l.vpc_endpoint_type = 'Interface' AND z.network_interfaces > 0
),
uncovered AS (
  SELECT w.account_id, w.region, w.vpc_endpoint_id, w.service_name, w.availability_zone_id
  FROM wanted AS w
  LEFT JOIN covered AS c
    ON c.account_id = w.account_id AND c.region = w.region AND c.vpc_id = w.vpc_id
    AND c.service_name = w.service_name AND c.availability_zone_id = w.availability_zone_id
  WHERE c.vpc_id IS NULL
),
crossing AS (
  SELECT n.account_id, n.region, n.vpc_endpoint_id, STRING_AGG(n.availability_zone_id, ', ' ORDER BY n.availability_zone_id) AS crossing_zones
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
    CASE WHEN x.crossing_zones IS NULL OR l.usage = 'idle' THEN 'ok' ELSE 'alarm' END AS status,
    'low' AS severity,
    'high' AS confidence,
    CAST(NULL AS VARCHAR) AS variant,
    CAST(NULL AS VARCHAR) AS reason,
    'client to interface endpoint' AS path,
    s.zones,
    x.crossing_zones,
    CAST(NULL AS DOUBLE) AS crossing_gigabytes,
    CAST(0.0 AS DOUBLE) AS rate_per_gigabyte,
    CAST(0.0 AS DOUBLE) AS monthly_cost,
    CAST(0.0 AS DOUBLE) AS monthly_saving,
    'list_price' AS cost_basis
  FROM live AS l
  JOIN stands AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN crossing AS x
    ON x.account_id = l.account_id AND x.region = l.region AND x.vpc_endpoint_id = l.vpc_endpoint_id
  WHERE l.vpc_endpoint_type = 'Interface'
),

-- Path 2: from a subnet to a Gateway Load Balancer endpoint in another zone, by a route.
routed AS (
  SELECT DISTINCT p.account_id, p.region, p.vpc_endpoint_id, p.vpc_id, p.service_name, p.availability_zone_id AS endpoint_zone_id, r.availability_zone_id AS subnet_zone_id
  FROM placed AS p
  JOIN route AS r
    ON r.account_id = p.account_id AND r.region = p.region AND r.vpc_endpoint_id = p.vpc_endpoint_id
  WHERE p.vpc_endpoint_type = 'GatewayLoadBalancer' AND r.state = 'active' AND r.availability_zone_id IS NOT NULL
),
-- A zone's share of the traffic is estimated by its interfaces in use.
weighed AS (
  SELECT r.account_id, r.region, r.vpc_endpoint_id, r.endpoint_zone_id, r.subnet_zone_id, COALESCE(z.network_interfaces, 0) AS weight
  FROM routed AS r
  LEFT JOIN consumer_zone AS z
    ON z.account_id = r.account_id AND z.region = r.region AND z.vpc_id = r.vpc_id AND z.availability_zone_id = r.subnet_zone_id
),
shared AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    SUM(weight) AS weight,
    SUM(CASE WHEN subnet_zone_id <> endpoint_zone_id THEN weight ELSE 0 END) AS crossing_weight,
    SUM(CASE WHEN subnet_zone_id <> endpoint_zone_id THEN 1 ELSE 0 END) AS crossings
  FROM weighed
  GROUP BY account_id, region, vpc_endpoint_id
),
misrouted AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(subnet_zone_id, ', ' ORDER BY subnet_zone_id) AS crossing_zones
  FROM weighed
  WHERE subnet_zone_id <> endpoint_zone_id
  GROUP BY account_id, region, vpc_endpoint_id
),
-- Crossing zones in which an endpoint has to be added first, at its hourly price.
lacking AS (
  SELECT r.account_id, r.region, r.vpc_endpoint_id, COUNT(*) AS zones_to_add
  FROM routed AS r
  LEFT JOIN placed AS p
    ON p.account_id = r.account_id AND p.region = r.region AND p.vpc_id = r.vpc_id
    AND p.service_name = r.service_name AND p.availability_zone_id = r.subnet_zone_id
  WHERE r.subnet_zone_id <> r.endpoint_zone_id AND p.vpc_id IS NULL
  GROUP BY r.account_id, r.region, r.vpc_endpoint_id
),
gateway_traffic AS (
  SELECT
    l.account_id, l.region, l.vpc_endpoint_id, l.usage, l.reason, s.zones, m.crossing_zones,
    COALESCE(h.crossings, 0) AS crossings,
    l.monthly_gigabytes * h.crossing_weight / CASE WHEN h.weight > 0 THEN h.weight END AS crossing_gigabytes,
    2 * t.rate AS rate_per_gigabyte,
    COALESCE(k.zones_to_add, 0) * l.hourly_rate * 730 AS replacement
  FROM live AS l
  JOIN stands AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN shared AS h
    ON h.account_id = l.account_id AND h.region = l.region AND h.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN misrouted AS m
    ON m.account_id = l.account_id AND m.region = l.region AND m.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN lacking AS k
    ON k.account_id = l.account_id AND k.region = l.region AND k.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN transfer AS t ON t.region = l.region
  WHERE l.vpc_endpoint_type = 'GatewayLoadBalancer'
),
gateway_priced AS (
  SELECT *, crossing_gigabytes * rate_per_gigabyte AS monthly_cost FROM gateway_traffic
),
gateway_path AS (
  SELECT
    g.vpc_endpoint_id AS resource_id,
    g.account_id,
    g.region,
    'vpc_endpoint' AS resource_type,
    CASE
      WHEN g.crossings = 0 OR g.usage = 'idle' THEN 'ok'
      WHEN g.usage = 'unmeasurable' THEN 'skip'
      WHEN g.monthly_cost < p.min_monthly_cost THEN 'ok'
      ELSE 'alarm'
    END AS status,
    'medium' AS severity,
    'medium' AS confidence,
    'gateway_load_balancer' AS variant,
    g.reason,
    'subnet to Gateway Load Balancer endpoint' AS path,
    g.zones,
    g.crossing_zones,
    g.crossing_gigabytes,
    g.rate_per_gigabyte,
    g.monthly_cost,
    CASE WHEN g.monthly_cost > g.replacement THEN g.monthly_cost - g.replacement END AS monthly_saving,
    CASE WHEN g.rate_per_gigabyte IS NULL THEN 'unknown_rate' ELSE 'list_price' END AS cost_basis
  FROM gateway_priced AS g
  CROSS JOIN param AS p
),

-- Path 3: from a provider's load balancer to targets in other zones.
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
    l.account_id, l.region, l.service_id, g.target_group_arn, g.target_type,
    CASE
      WHEN g.cross_zone = 'true' THEN 1
      WHEN g.cross_zone = 'false' THEN 0
      WHEN b.cross_zone_enabled THEN 1
      ELSE 0
    END AS cross_zone
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN load_balancer AS b
    ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
  JOIN target_group AS g
    ON g.account_id = l.account_id AND g.region = l.region AND g.load_balancer_arn = l.load_balancer_arn
),
target_zone AS (
  SELECT b.account_id, b.region, b.service_id, t.availability_zone_id, COUNT(*) AS targets
  FROM balanced AS b
  JOIN target_health AS t
    ON t.account_id = b.account_id AND t.region = b.region AND t.target_group_arn = b.target_group_arn
  WHERE b.cross_zone = 1 AND t.state = 'healthy' AND t.availability_zone_id IS NOT NULL
  GROUP BY b.account_id, b.region, b.service_id, t.availability_zone_id
),
-- Instances are registered without a zone
-- (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html), and so is
-- an Application Load Balancer, which is in all of its own.
unplaced_target AS (
  SELECT b.account_id, b.region, b.service_id, COUNT(*) AS targets
  FROM balanced AS b
  JOIN target_health AS t
    ON t.account_id = b.account_id AND t.region = b.region AND t.target_group_arn = b.target_group_arn
  WHERE b.cross_zone = 1 AND t.state = 'healthy' AND t.availability_zone_id IS NULL AND COALESCE(b.target_type, '') <> 'alb'
  GROUP BY b.account_id, b.region, b.service_id
),
crossing_service AS (
  SELECT account_id, region, service_id, MAX(cross_zone) AS cross_zone FROM balanced GROUP BY account_id, region, service_id
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
  SELECT m.account_id, m.region, m.resource_id AS service_id, SUM(m.value) / 1073741824.0 AS gigabytes
  FROM metric_daily AS m
  WHERE m.namespace = 'AWS/PrivateLinkServices' AND m.metric_name = 'BytesProcessed'
  GROUP BY m.account_id, m.region, m.resource_id
),
-- Each node gets its zone's share and spreads it over the targets of all zones.
provider_traffic AS (
  SELECT
    s.account_id, s.region, s.service_id, c.cross_zone,
    d.zones, d.empty_zones, d.zone_list, d.targets,
    COALESCE(u.targets, 0) AS unplaced_targets,
    v.gigabytes / w.window_days * (730 / 24.0) * (1 - 1.0 / d.zones) AS crossing_gigabytes,
    2 * t.rate AS rate_per_gigabyte
  FROM vpc_endpoint_service AS s
  JOIN crossing_service AS c
    ON c.account_id = s.account_id AND c.region = s.region AND c.service_id = s.service_id
  JOIN spread AS d
    ON d.account_id = s.account_id AND d.region = s.region AND d.service_id = s.service_id
  LEFT JOIN unplaced_target AS u
    ON u.account_id = s.account_id AND u.region = s.region AND u.service_id = s.service_id
  LEFT JOIN served AS v
    ON v.account_id = s.account_id AND v.region = s.region AND v.service_id = s.service_id
  LEFT JOIN transfer AS t ON t.region = s.region
  CROSS JOIN snapshot AS w
  WHERE s.service_state = 'Available'
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
      WHEN s.cross_zone = 0 OR s.zones < 2 THEN 'ok'
      WHEN s.unplaced_targets > 0 THEN 'skip'
      WHEN s.targets = 0 THEN 'ok'
      WHEN s.crossing_gigabytes IS NULL THEN 'skip'
      WHEN s.monthly_cost < p.min_monthly_cost THEN 'ok'
      WHEN s.empty_zones > 0 THEN 'info'
      ELSE 'alarm'
    END AS status,
    'low' AS severity,
    'medium' AS confidence,
    CASE WHEN s.empty_zones > 0 THEN 'load_balancer_needed' ELSE 'load_balancer' END AS variant,
    CASE
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
    CASE WHEN s.rate_per_gigabyte IS NULL THEN 'unknown_rate' ELSE 'list_price' END AS cost_basis
  FROM provider_priced AS s
  CROSS JOIN param AS p
)
SELECT * FROM interface_path
UNION ALL
SELECT * FROM gateway_path
UNION ALL
SELECT * FROM provider_path
