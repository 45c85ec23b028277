/*---
title = "Zones of VPCs: one row per VPC and zone in which it has a subnet"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html"

[columns]
account_id = "The account that was asked."
region = "The Region."
vpc_id = "The VPC."
availability_zone_id = "The zone."
subnet_id = "A subnet of the VPC there, the first by its id."
endpoint_subnet_id = "The first in which an endpoint can stand; null in Local Zones and Wavelength Zones. Where AWS does not say of which kind a zone is, it is an Availability Zone."
---*/
SELECT
  n.account_id, n.region, n.vpc_id, n.availability_zone_id,
  MIN(n.subnet_id) AS subnet_id,
  MIN(CASE WHEN COALESCE(n.zone_type, 'availability-zone') = 'availability-zone' THEN n.subnet_id END) AS endpoint_subnet_id
FROM subnet AS n
GROUP BY n.account_id, n.region, n.vpc_id, n.availability_zone_id
