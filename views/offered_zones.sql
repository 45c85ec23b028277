/*---
title = "Where services are offered: one row per service whose Availability Zones AWS lists"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html"

[columns]
account_id = "The account that was asked."
region = "The Region that was asked."
service_name = "The service."
zone_count = "In how many zones it is offered."
zones = "These zones in order, with commas between them."
---*/
WITH offered_zones_once AS (
  SELECT DISTINCT account_id, region, service_name, availability_zone_id FROM service_detail_zone
)
SELECT
  account_id, region, service_name,
  COUNT(*) AS zone_count,
  STRING_AGG(availability_zone_id, ', ' ORDER BY availability_zone_id) AS zones
FROM offered_zones_once
GROUP BY account_id, region, service_name
