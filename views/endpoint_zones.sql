/*---
title = "The zones of endpoints together: one row per endpoint that has an interface"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html"

[columns]
account_id = "The account that owns the endpoint."
region = "The Region."
vpc_endpoint_id = "The endpoint."
zone_count = "How many zones it is known to stand in."
unknown_zones = "1 where it has a subnet whose zone is not known, else 0."
zones = "The known zones in order, with commas between them."
---*/
SELECT
  z.account_id, z.region, z.vpc_endpoint_id,
  COUNT(z.availability_zone_id) AS zone_count,
  SUM(CASE WHEN z.availability_zone_id IS NULL THEN 1 ELSE 0 END) AS unknown_zones,
  STRING_AGG(z.availability_zone_id, ', ' ORDER BY z.availability_zone_id) AS zones
FROM endpoint_zone AS z
GROUP BY z.account_id, z.region, z.vpc_endpoint_id
