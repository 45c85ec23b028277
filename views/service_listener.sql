/*---
title = "Whether anything behind a port of an endpoint service may answer: one row per service and listener that forwards to a target group"
source = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html"

[columns]
account_id = "The account that offers the service."
region = "The Region."
service_id = "The service."
listener_arn = "A listener of a load balancer of the service."
port = "Its port; null for a Gateway Load Balancer."
target_group_arn = "The target group to which it forwards, the first of several."
perhaps = "How many targets may answer: all but those that fail their checks, drain, or are not used. 0 where none is registered."
---*/
SELECT
  f.account_id, f.region, f.service_id, f.listener_arn, f.port,
  MIN(f.target_group_arn) AS target_group_arn,
  CAST(SUM(COALESCE(t.targets - t.silent, 0)) AS BIGINT) AS perhaps
FROM service_forward AS f
LEFT JOIN target_group_zone AS t
  ON t.account_id = f.account_id AND t.region = f.region AND t.target_group_arn = f.target_group_arn
GROUP BY f.account_id, f.region, f.service_id, f.listener_arn, f.port
