/*---
title = "Connections through the endpoint are reset day after day"
category = "reliability"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint"
message = "on {resetting_days} of {active_days:count day} with traffic, resets were too many: {resets} for {connections} new connections over the window"
rationale = """
The endpoint receives a reset packet when the other side ends a connection by force: a load balancer
without a healthy target, a target that refuses, or a connection that was silent for longer than 350
seconds. Some resets are normal. As many as there are connections means that clients fail, or keep
connections for longer than the path remembers them."""
recommended_action = """
Let clients send TCP keep-alives more often than every 350 seconds. If the provider is yours, compare
RstPacketsSent in AWS/PrivateLinkServices and TCP_Target_Reset_Count of its load balancer, which tell
the side that resets."""
exceptions = [
  "days with fewer than min_connections new connections, of which a share means little",
  "days on which resets are at most max_share of the new connections and fewer than min_daily_resets (10 a second)",
  "fewer than min_days such days in the window, as after a deployment",
  "endpoints without traffic, which are not asked",
  "nothing was published, or CloudWatch was not asked: not judged",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
]

[params]
min_days = 7
min_connections = 1000
max_share = 0.5
min_daily_resets = 864000
---*/
WITH reset AS (
  SELECT account_id, region, resource_id, date, value
  FROM metric_daily
  WHERE namespace = 'AWS/PrivateLinkEndpoints' AND metric_name = 'RstPacketsReceived'
),
opened AS (
  SELECT account_id, region, resource_id, date, value
  FROM metric_daily
  WHERE namespace = 'AWS/PrivateLinkEndpoints' AND metric_name = 'NewConnections'
),
by_day AS (
  SELECT
    r.account_id, r.region, r.resource_id, r.value AS resets, o.value AS connections,
    CASE
      WHEN r.value >= p.min_daily_resets THEN 1
      WHEN o.value >= p.min_connections AND r.value > p.max_share * o.value THEN 1
      ELSE 0
    END AS is_resetting
  FROM reset AS r
  LEFT JOIN opened AS o
    ON o.account_id = r.account_id AND o.region = r.region AND o.resource_id = r.resource_id AND o.date = r.date
  CROSS JOIN param AS p
),
summed AS (
  SELECT
    account_id, region, resource_id,
    SUM(resets) AS resets,
    SUM(connections) AS connections,
    SUM(is_resetting) AS resetting_days
  FROM by_day
  GROUP BY account_id, region, resource_id
),
-- Both questions, and how they were answered.
asked AS (
  SELECT
    account_id, region, resource_id,
    COUNT(*) AS questions,
    SUM(CASE WHEN status_code = 'Complete' THEN 1 ELSE 0 END) AS answers
  FROM metric_query
  WHERE namespace = 'AWS/PrivateLinkEndpoints' AND metric_name IN ('RstPacketsReceived', 'NewConnections')
  GROUP BY account_id, region, resource_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN s.resetting_days >= p.min_days THEN 'alarm'
    WHEN a.questions IS NULL OR a.questions < 2 OR a.answers < 2 OR s.connections IS NULL THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN a.questions IS NULL OR a.questions < 2 THEN 'CloudWatch was not asked for it'
    WHEN a.answers < 2 THEN 'CloudWatch did not answer in full'
    WHEN s.connections IS NULL THEN 'CloudWatch has no datapoint of it'
  END AS reason,
  s.resetting_days,
  CAST(s.resets AS BIGINT) AS resets,
  CAST(s.connections AS BIGINT) AS connections,
  u.active_days,
  e.service_name,
  e.vpc_id
FROM vpc_endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN asked AS a
  ON a.account_id = e.account_id AND a.region = e.region AND a.resource_id = e.vpc_endpoint_id
LEFT JOIN summed AS s
  ON s.account_id = e.account_id AND s.region = e.region AND s.resource_id = e.vpc_endpoint_id
CROSS JOIN param AS p
WHERE e.state = 'available' AND u.usage = 'active'
