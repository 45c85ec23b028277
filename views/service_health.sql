/*---
title = "Health of what stands behind endpoint services: one row per service that names a load balancer"
source = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html"

[columns]
account_id = "The account that offers the service."
region = "The Region."
service_id = "The service."
unseen_load_balancers = "How many of its load balancers AWS did not describe."
targets = "How many targets are registered; one that several ports lead to counts once."
healthy = "How many of them are healthy."
initial = "How many are starting."
unhealthy = "How many fail their checks, those that drain among them."
unchecked = "How many are in another state: their health is not checked, or AWS describes it in a new word."
target_group_arn = "The target group with a target, the first of several; null where there is no target."
unhealthy_target_group_arn = "The first with a target that fails its checks."
shut_ports = "The ports behind which no target may answer, in order, with commas between them."
shut_target_group_arn = "The first target group behind such a port."
---*/
WITH service_health_unseen AS (
  SELECT
    l.account_id, l.region, l.service_id,
    SUM(CASE WHEN b.load_balancer_name IS NULL THEN 1 ELSE 0 END) AS load_balancers
  FROM vpc_endpoint_service_load_balancer AS l
  LEFT JOIN load_balancer AS b
    ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
  GROUP BY l.account_id, l.region, l.service_id
),
-- A target group may serve several load balancers; its targets count once.
service_health_group AS (
  SELECT DISTINCT l.account_id, l.region, l.service_id, g.target_group_arn
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN target_group AS g
    ON g.account_id = l.account_id AND g.region = l.region AND g.load_balancer_arn = l.load_balancer_arn
),
service_health_target AS (
  SELECT
    g.account_id, g.region, g.service_id,
    SUM(t.targets) AS targets,
    SUM(t.healthy) AS healthy,
    SUM(t.initial) AS initial,
    SUM(t.unhealthy) AS unhealthy,
    SUM(t.unchecked) AS unchecked,
    MIN(g.target_group_arn) AS target_group_arn,
    MIN(CASE WHEN t.unhealthy > 0 THEN g.target_group_arn END) AS unhealthy_target_group_arn
  FROM service_health_group AS g
  JOIN target_group_zone AS t
    ON t.account_id = g.account_id AND t.region = g.region AND t.target_group_arn = g.target_group_arn
  GROUP BY g.account_id, g.region, g.service_id
),
service_health_shut AS (
  SELECT
    account_id, region, service_id,
    MIN(target_group_arn) AS target_group_arn,
    STRING_AGG(CAST(port AS VARCHAR), ', ' ORDER BY CAST(port AS VARCHAR)) AS ports
  FROM service_listener
  WHERE perhaps = 0 AND port IS NOT NULL
  GROUP BY account_id, region, service_id
)
SELECT
  u.account_id, u.region, u.service_id,
  CAST(u.load_balancers AS BIGINT) AS unseen_load_balancers,
  CAST(COALESCE(t.targets, 0) AS BIGINT) AS targets,
  CAST(COALESCE(t.healthy, 0) AS BIGINT) AS healthy,
  CAST(COALESCE(t.initial, 0) AS BIGINT) AS initial,
  CAST(COALESCE(t.unhealthy, 0) AS BIGINT) AS unhealthy,
  CAST(COALESCE(t.unchecked, 0) AS BIGINT) AS unchecked,
  t.target_group_arn,
  t.unhealthy_target_group_arn,
  x.ports AS shut_ports,
  x.target_group_arn AS shut_target_group_arn
FROM service_health_unseen AS u
LEFT JOIN service_health_target AS t
  ON t.account_id = u.account_id AND t.region = u.region AND t.service_id = u.service_id
LEFT JOIN service_health_shut AS x
  ON x.account_id = u.account_id AND x.region = u.region AND x.service_id = u.service_id
