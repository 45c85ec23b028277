/*---
title = "Target groups behind endpoint services: one row per service, load balancer and target group"
source = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html"

[columns]
account_id = "The account that offers the service."
region = "The Region."
service_id = "The service."
load_balancer_arn = "A load balancer of the service."
target_group_arn = "A target group that it serves."
target_group_name = "The target group's name."
target_type = "What it holds: `instance`, `ip` or `alb`; null where AWS did not say."
is_described = "1 where AWS described the load balancer, else 0."
is_own_setting = "1 where the target group switches crossing zones on by itself, else 0."
cross_zone = "Whether what reaches a node goes to targets of other zones: `on`, `off`, or `unknown` where AWS does not say."
---*/
SELECT
  l.account_id, l.region, l.service_id, l.load_balancer_arn, g.target_group_arn, g.target_group_name, g.target_type,
  CASE WHEN b.load_balancer_arn IS NULL THEN 0 ELSE 1 END AS is_described,
  CASE WHEN g.cross_zone = 'true' THEN 1 ELSE 0 END AS is_own_setting,
  -- The target group's own setting comes before that of its load balancer.
  CASE
    WHEN g.cross_zone = 'true' THEN 'on'
    WHEN g.cross_zone = 'false' THEN 'off'
    WHEN b.cross_zone_enabled IS NULL THEN 'unknown'
    WHEN b.cross_zone_enabled THEN 'on'
    ELSE 'off'
  END AS cross_zone
FROM vpc_endpoint_service_load_balancer AS l
JOIN target_group AS g
  ON g.account_id = l.account_id AND g.region = l.region AND g.load_balancer_arn = l.load_balancer_arn
LEFT JOIN load_balancer AS b
  ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
