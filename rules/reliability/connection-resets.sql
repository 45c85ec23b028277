/*---
title = "Connections through the endpoint are reset day after day"
category = "reliability"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint"
message = "on {resetting_days} of {active_days:count day} with traffic, resets were too many: {resets} for {connections} new connections on those days"
rationale = """
The endpoint receives a reset packet when the other side ends a connection by force: a load balancer
without a healthy target, a target that refuses, or a connection that was silent for longer than 350
seconds. Some resets are normal. As many as there are connections means that clients fail, or keep
connections for longer than the path remembers them."""
recommended_action = """
Let clients send TCP keep-alives more often than every 350 seconds. The days on which it happened:
`aws cloudwatch get-metric-statistics --region {region} --namespace AWS/PrivateLinkEndpoints --metric-name RstPacketsReceived --dimensions Name='VPC Id',Value={vpc_id} Name='VPC Endpoint Id',Value={resource_id} Name='Endpoint Type',Value={vpc_endpoint_type} Name='Service Name',Value={service_name} --start-time {window_start}T00:00:00Z --end-time {window_end}T23:59:59Z --period 86400 --statistics Sum`.
If the provider is yours, compare RstPacketsSent in AWS/PrivateLinkServices and TCP_Target_Reset_Count of its
load balancer, which tell the side that resets."""
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
  SELECT
    d.account_id, d.region, d.vpc_endpoint_id,
    COUNT(*) AS resetting_days,
    SUM(d.rst_packets_received) AS resets,
    SUM(d.new_connections) AS connections
  FROM vpc_endpoint_daily AS d
  CROSS JOIN param AS p
  -- Most days have few resets. They are left out before anything is compared.
  WHERE d.rst_packets_received > 0
    AND (
      d.rst_packets_received >= p.min_daily_resets
      OR (d.new_connections >= p.min_connections AND d.rst_packets_received > p.max_share * d.new_connections)
    )
  GROUP BY d.account_id, d.region, d.vpc_endpoint_id
),
asked_resets AS (
  SELECT account_id, region, resource_id, status_code, datapoints
  FROM metric_query
  WHERE namespace = 'AWS/PrivateLinkEndpoints' AND metric_name = 'RstPacketsReceived'
),
asked_connections AS (
  SELECT account_id, region, resource_id, status_code, datapoints
  FROM metric_query
  WHERE namespace = 'AWS/PrivateLinkEndpoints' AND metric_name = 'NewConnections'
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN s.resetting_days >= p.min_days THEN 'alarm'
    WHEN a.status_code IS NULL OR a.status_code <> 'Complete' OR a.datapoints = 0 THEN 'skip'
    WHEN o.status_code IS NULL OR o.status_code <> 'Complete' OR o.datapoints = 0 THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN a.status_code IS NULL OR o.status_code IS NULL THEN 'CloudWatch was not asked for it'
    WHEN a.status_code <> 'Complete' OR o.status_code <> 'Complete' THEN 'CloudWatch did not answer in full'
    WHEN a.datapoints = 0 OR o.datapoints = 0 THEN 'CloudWatch has no datapoint of one of them'
  END AS reason,
  s.resetting_days,
  CAST(s.resets AS BIGINT) AS resets,
  CAST(s.connections AS BIGINT) AS connections,
  u.active_days,
  e.service_name,
  e.vpc_endpoint_type,
  e.vpc_id,
  w.window_start,
  w.window_end
FROM vpc_endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN asked_resets AS a
  ON a.account_id = e.account_id AND a.region = e.region AND a.resource_id = e.vpc_endpoint_id
LEFT JOIN asked_connections AS o
  ON o.account_id = e.account_id AND o.region = e.region AND o.resource_id = e.vpc_endpoint_id
LEFT JOIN reset AS s
  ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
CROSS JOIN param AS p
CROSS JOIN snapshot AS w
WHERE e.state = 'available' AND e.vpc_endpoint_id <> '' AND u.usage = 'active'
