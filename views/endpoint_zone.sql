/*---
title = "Where endpoints stand: one row per endpoint and Availability Zone in which it has an interface"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html"

[columns]
account_id = "The account that owns the endpoint."
region = "The Region."
vpc_endpoint_id = "The endpoint."
availability_zone_id = "The zone; null where a subnet's zone is not known."
subnet_id = "The endpoint's subnet in the zone, the first by its id where there are several."
subnets = "How many subnets the endpoint has in the zone."
---*/
SELECT
  s.account_id, s.region, s.vpc_endpoint_id, s.availability_zone_id,
  MIN(s.subnet_id) AS subnet_id,
  COUNT(DISTINCT s.subnet_id) AS subnets
FROM vpc_endpoint_subnet AS s
GROUP BY s.account_id, s.region, s.vpc_endpoint_id, s.availability_zone_id
