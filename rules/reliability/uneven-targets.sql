/*---
title = "Healthy targets of the endpoint service are unevenly spread over its zones"
category = "reliability"
severity = "medium"
confidence = "medium"
resource = "vpc_endpoint_service"
operations_of_views = ["ec2:DescribeVpcEndpoints", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth", "cloudwatch:GetMetricData"]
message = "healthy targets by zone: {spread}. Cross-zone balancing is off; on, it would even this out for about {price_of_cross_zone:money} a month ({rate_per_gigabyte:money} per GB that crosses)"
rationale = """
With cross-zone load balancing off, each zone's node sends only to targets of its own zone, and each
zone gets its share of the connections whatever stands behind it. Where a zone has fewer targets, they
carry more; where it has none, its consumers get no answer. Evening out the targets costs nothing in
transfer; balancing across zones does, as every crossing gigabyte is charged in both directions."""
recommended_action = """
Register as many targets in each zone, which keeps traffic in its zone and costs nothing in transfer:
`aws elbv2 describe-target-health --region {region} --target-group-arn {target_group_arn}` shows what is
there. Or let the nodes send across zones, at the price named:
`aws elbv2 modify-target-group-attributes --region {region} --target-group-arn {target_group_arn} --attributes Key=load_balancing.cross_zone.enabled,Value=true`.
A zone cannot be taken out of a load balancer to whose service endpoints are connected: AWS refuses."""
exceptions = [
  "cross-zone load balancing is on, by the target group's own setting or that of its load balancer",
  "zones differ by at most max_gap targets, or by at most max_share of the largest",
  "no zone has a healthy target of a target group: unhealthy-targets names the port; the other target groups are judged",
  "targets that are starting count as healthy, those that drain do not count",
  "the target is an Application Load Balancer, which spreads over zones by itself",
  "targets without a zone (instances, addresses outside the VPC), or whose health is not checked: not judged",
  "a zone from which a zonal shift keeps traffic away: the others are judged, and the shift is told (info)",
  "AWS does not know whether a zonal shift is on: not judged",
]
references = [
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/zonal-shift.html",
]

[messages]
unpriced = "healthy targets by zone: {spread}. Cross-zone balancing is off; what it would cost is not known, as the traffic or the rate is not"

shifted = "a zonal shift keeps traffic away from {shifted_targets:count target} in {shifted_zones}: the other zones carry what was theirs until it ends"

[actions]
shifted = """
`aws arc-zonal-shift list-zonal-shifts --region {region} --status ACTIVE` shows who started it, why, and until
when. If the zone is well again, end it there."""

[params]
max_gap = 1
max_share = 0.2
---*/
-- Load balancers that were not described, or whose zones are not known.
WITH unseen AS (
  SELECT DISTINCT l.account_id, l.region, l.service_id
  FROM vpc_endpoint_service_load_balancer AS l
  LEFT JOIN load_balancer AS b
    ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
  LEFT JOIN load_balancer_zone AS z
    ON z.account_id = l.account_id AND z.region = l.region AND z.load_balancer_arn = l.load_balancer_arn
  WHERE b.load_balancer_arn IS NULL OR z.load_balancer_arn IS NULL
),
forwarded_port AS (
  SELECT DISTINCT account_id, region, target_group_arn, CAST(port AS VARCHAR) AS port
  FROM service_forward
  WHERE port IS NOT NULL
),
ports AS (
  SELECT account_id, region, target_group_arn, STRING_AGG(port, ', ' ORDER BY port) AS ports
  FROM forwarded_port
  GROUP BY account_id, region, target_group_arn
),
-- Target groups with targets whose zone or health is not known.
unclear AS (
  SELECT DISTINCT account_id, region, target_group_arn
  FROM target_group_zone
  WHERE unchecked > 0 OR unsure > 0 OR (availability_zone_id IS NULL AND healthy + initial > 0)
),
offered_group AS (
  SELECT DISTINCT account_id, region, service_id, target_group_arn FROM service_target_group WHERE is_described = 1
),
-- Zones from which somebody keeps traffic away on purpose.
shifted_zone AS (
  SELECT
    b.account_id, b.region, b.service_id,
    COALESCE(f.availability_zone_id, 'a zone that is not known') AS availability_zone_id,
    SUM(f.shifted) AS targets
  FROM offered_group AS b
  JOIN target_group_zone AS f
    ON f.account_id = b.account_id AND f.region = b.region AND f.target_group_arn = b.target_group_arn
  WHERE f.shifted > 0
  GROUP BY b.account_id, b.region, b.service_id, COALESCE(f.availability_zone_id, 'a zone that is not known')
),
shift AS (
  SELECT
    account_id, region, service_id, SUM(targets) AS shifted_targets,
    STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS shifted_zones
  FROM shifted_zone
  GROUP BY account_id, region, service_id
),
by_zone AS (
  SELECT
    b.account_id, b.region, b.service_id, b.load_balancer_arn, b.target_group_arn, b.target_group_name, b.target_type, b.cross_zone,
    z.availability_zone_id,
    COALESCE(t.healthy + t.initial, 0) AS targets,
    CASE WHEN u.target_group_arn IS NULL THEN 0 ELSE 1 END AS is_unclear
  FROM service_target_group AS b
  JOIN load_balancer_zone AS z
    ON z.account_id = b.account_id AND z.region = b.region AND z.load_balancer_arn = b.load_balancer_arn
  LEFT JOIN target_group_zone AS t
    ON t.account_id = b.account_id AND t.region = b.region AND t.target_group_arn = b.target_group_arn
    AND t.availability_zone_id = z.availability_zone_id
  LEFT JOIN unclear AS u
    ON u.account_id = b.account_id AND u.region = b.region AND u.target_group_arn = b.target_group_arn
  WHERE b.is_described = 1 AND COALESCE(t.shifted, 0) = 0
),
grouped AS (
  SELECT
    account_id, region, service_id, target_group_arn, target_group_name, target_type, cross_zone, is_unclear,
    COUNT(*) AS zones,
    MAX(targets) AS most,
    MIN(targets) AS fewest,
    STRING_AGG(CONCAT(availability_zone_id, ' ', CAST(targets AS VARCHAR)), ', ' ORDER BY availability_zone_id) AS spread
  FROM by_zone
  GROUP BY account_id, region, service_id, load_balancer_arn, target_group_arn, target_group_name, target_type, cross_zone, is_unclear
),
judged AS (
  SELECT
    g.account_id, g.region, g.service_id, g.target_group_arn, g.target_group_name, g.zones,
    CASE WHEN o.ports IS NULL THEN g.spread ELSE CONCAT(g.spread, ' (port ', o.ports, ')') END AS spread,
    CASE
      WHEN g.cross_zone = 'on' OR g.zones < 2 OR g.target_type = 'alb' THEN 0
      WHEN g.cross_zone = 'unknown' OR g.is_unclear = 1 THEN 1
      WHEN g.most = 0 THEN 0
      WHEN g.fewest = 0 THEN 3
      WHEN g.most - g.fewest > p.max_gap AND g.most - g.fewest > p.max_share * g.most THEN 2
      ELSE 0
    END AS fault
  FROM grouped AS g
  LEFT JOIN ports AS o
    ON o.account_id = g.account_id AND o.region = g.region AND o.target_group_arn = g.target_group_arn
  CROSS JOIN param AS p
),
-- A service is as uneven as the worst of its target groups.
worst AS (
  SELECT
    account_id, region, service_id,
    MAX(fault) AS fault,
    MAX(zones) AS zones,
    MIN(CASE WHEN fault >= 2 THEN target_group_arn END) AS target_group_arn,
    STRING_AGG(CASE WHEN fault >= 2 THEN spread END, '; ' ORDER BY spread) AS spread,
    STRING_AGG(CASE WHEN fault >= 2 THEN target_group_name END, ', ' ORDER BY target_group_name) AS target_groups
  FROM judged
  GROUP BY account_id, region, service_id
),
transfer AS (
  SELECT region, rate FROM price WHERE usage_type = 'DataTransfer-Regional-Bytes' AND tier_start = 0
),
priced AS (
  SELECT
    s.account_id, s.region, s.service_id, s.service_name, w.zones, w.spread, w.target_groups, w.target_group_arn,
    CASE WHEN w.fault >= 2 OR i.service_id IS NULL THEN w.fault ELSE 1 END AS fault,
    CASE WHEN i.service_id IS NULL THEN 0 ELSE 1 END AS is_unseen,
    h.shifted_targets, h.shifted_zones,
    2 * t.rate AS rate_per_gigabyte,
    -- What all but a zone's own share of the traffic would cost, in both directions.
    v.gigabytes / n.window_days * (730 / 24.0) * (1 - 1.0 / w.zones) * 2 * t.rate AS price_of_cross_zone
  FROM vpc_endpoint_service AS s
  LEFT JOIN worst AS w
    ON w.account_id = s.account_id AND w.region = s.region AND w.service_id = s.service_id
  LEFT JOIN unseen AS i
    ON i.account_id = s.account_id AND i.region = s.region AND i.service_id = s.service_id
  LEFT JOIN shift AS h
    ON h.account_id = s.account_id AND h.region = s.region AND h.service_id = s.service_id
  LEFT JOIN service_traffic AS v
    ON v.account_id = s.account_id AND v.region = s.region AND v.service_id = s.service_id
  LEFT JOIN transfer AS t ON t.region = s.region
  CROSS JOIN snapshot AS n
  WHERE s.service_state = 'Available' AND s.service_id <> '' AND (w.service_id IS NOT NULL OR i.service_id IS NOT NULL OR h.service_id IS NOT NULL)
)
SELECT
  service_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN fault >= 2 THEN 'alarm'
    WHEN shifted_targets > 0 THEN 'info'
    WHEN fault = 1 THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE WHEN fault = 3 THEN 'high' ELSE 'medium' END AS severity,
  CASE
    WHEN COALESCE(fault, 0) < 2 AND shifted_targets > 0 THEN 'shifted'
    WHEN price_of_cross_zone IS NULL THEN 'unpriced'
  END AS variant,
  CASE
    WHEN fault = 1 AND is_unseen = 1 THEN 'a load balancer of the service, or its zones, could not be described'
    WHEN fault = 1 THEN 'the zone or the health of its targets is not known'
  END AS reason,
  service_name,
  spread,
  target_groups,
  target_group_arn,
  zones,
  CAST(shifted_targets AS BIGINT) AS shifted_targets,
  shifted_zones,
  rate_per_gigabyte,
  price_of_cross_zone,
  CASE WHEN price_of_cross_zone IS NULL THEN 'unknown_rate' ELSE 'list_price' END AS cost_basis
FROM priced
