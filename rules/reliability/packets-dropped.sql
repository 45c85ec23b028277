/*---
title = "Endpoint drops packets day after day"
category = "reliability"
severity = "medium"
confidence = "medium"
resource = "vpc_endpoint"
message = "dropped packets on {dropping_days} of {active_days:count day} with traffic, {packets_dropped} on those days, last on {last_dropping_date}"
rationale = """
An endpoint that drops packets makes its clients wait and try again, which looks like a slow service
and is hard to find from either side. Packets larger than 8,500 bytes are always dropped, as no
endpoint tells its clients of its limit; load beyond what the endpoint has grown to is the other usual
cause."""
recommended_action = """
Compare with the largest packets that clients send: lower an MTU above 8,500 on their interfaces. Otherwise
look at the peaks of a day, here and for BytesProcessed:
`aws cloudwatch get-metric-statistics --region {region} --namespace AWS/PrivateLinkEndpoints --metric-name PacketsDropped --dimensions Name='VPC Id',Value={vpc_id} Name='VPC Endpoint Id',Value={resource_id} Name='Endpoint Type',Value={vpc_endpoint_type} Name='Service Name',Value={service_name} --start-time {last_dropping_date}T00:00:00Z --end-time {last_dropping_date}T23:59:59Z --period 300 --statistics Sum`.
AWS keeps values of five minutes for 63 days. Spread the load over more zones or endpoints."""
exceptions = [
  "drops on fewer than min_days days of the window, or fewer than min_packets a day",
  "endpoints without traffic, which are not asked",
  "nothing was published, or CloudWatch was not asked: not judged",
  "a share of all packets cannot be given: AWS publishes no total",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
  "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html",
]

[params]
min_days = 7
min_packets = 1000
---*/
WITH dropped AS (
  SELECT
    d.account_id, d.region, d.vpc_endpoint_id,
    COUNT(*) AS dropping_days,
    SUM(d.packets_dropped) AS packets_dropped,
    MAX(d.date) AS last_dropping_date
  FROM vpc_endpoint_daily AS d
  CROSS JOIN param AS p
  -- Most days dropped nothing. They are left out before anything is compared.
  WHERE d.packets_dropped > 0 AND d.packets_dropped >= p.min_packets
  GROUP BY d.account_id, d.region, d.vpc_endpoint_id
),
asked AS (
  SELECT account_id, region, resource_id, status_code, datapoints
  FROM metric_query
  WHERE namespace = 'AWS/PrivateLinkEndpoints' AND metric_name = 'PacketsDropped'
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN d.dropping_days >= p.min_days THEN 'alarm'
    WHEN a.status_code IS NULL OR a.status_code <> 'Complete' OR a.datapoints = 0 THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN a.status_code IS NULL THEN 'CloudWatch was not asked for it'
    WHEN a.status_code <> 'Complete' THEN CONCAT('CloudWatch answered ', a.status_code)
    WHEN a.datapoints = 0 THEN 'CloudWatch has no datapoint of it'
  END AS reason,
  d.dropping_days,
  CAST(d.packets_dropped AS BIGINT) AS packets_dropped,
  d.last_dropping_date,
  u.active_days,
  u.bytes_processed,
  e.service_name,
  e.vpc_endpoint_type,
  e.vpc_id
FROM vpc_endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN asked AS a
  ON a.account_id = e.account_id AND a.region = e.region AND a.resource_id = e.vpc_endpoint_id
LEFT JOIN dropped AS d
  ON d.account_id = e.account_id AND d.region = e.region AND d.vpc_endpoint_id = e.vpc_endpoint_id
CROSS JOIN param AS p
WHERE e.state = 'available' AND e.vpc_endpoint_id <> '' AND u.usage = 'active'
