/*---
title = "What passes through endpoint services: one row per service of which CloudWatch has the bytes of a day"
source = "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html"

[columns]
account_id = "The account that offers the service."
region = "The Region."
service_id = "The service."
gigabytes = "Gigabytes (2^30 bytes) in both directions over the window."
days = "On how many days of the window there were any datapoints."
---*/
SELECT
  m.account_id, m.region, m.resource_id AS service_id,
  SUM(m.value) / 1073741824.0 AS gigabytes,
  COUNT(*) AS days
FROM metric_daily AS m
WHERE m.namespace = 'AWS/PrivateLinkServices' AND m.metric_name = 'BytesProcessed'
GROUP BY m.account_id, m.region, m.resource_id
