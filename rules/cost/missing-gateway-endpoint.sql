/*---
title = "VPC with NAT has no gateway endpoint for S3 or DynamoDB"
category = "cost"
severity = "medium"
confidence = "medium"
resource = "vpc"
message = "consumers go out through {nat_gateway_id}, and nothing keeps what is for S3 off it: a gateway endpoint is free"
rationale = """
A NAT gateway charges for every gigabyte, what goes to S3 in the same Region included. A gateway endpoint
carries that for nothing and takes a minute to set up. How much of the traffic is for S3 is not known
without flow logs, so no amount is named."""
recommended_action = """
aws ec2 create-vpc-endpoint --region REGION --vpc-id VPC --vpc-endpoint-type Gateway --service-name
com.amazonaws.REGION.s3 --route-table-ids RTB. Connections that are open at that moment break. The same
for dynamodb, where it is used."""
exceptions = [
  "no active route of a subnet with consumers leads to an available public NAT gateway",
  "an interface endpoint with private DNS takes the traffic instead",
  "only DynamoDB's is missing, which fewer workloads use: reported as info",
  "VPCs without any endpoint, which plaudit does not read",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
]

[messages]
dynamodb = "consumers go out through {nat_gateway_id}, and nothing keeps what is for DynamoDB off it, if they use that"
---*/
WITH consumed AS (
  SELECT DISTINCT account_id, region, subnet_id FROM network_interface WHERE is_consumer
),
natted AS (
  SELECT t.account_id, t.region, t.vpc_id, MIN(t.nat_gateway_id) AS nat_gateway_id
  FROM route_table AS t
  JOIN consumed AS c
    ON c.account_id = t.account_id AND c.region = t.region AND c.subnet_id = t.subnet_id
  JOIN nat_gateway AS n
    ON n.account_id = t.account_id AND n.region = t.region AND n.nat_gateway_id = t.nat_gateway_id
  WHERE n.state = 'available' AND n.connectivity_type = 'public'
  GROUP BY t.account_id, t.region, t.vpc_id
),
had AS (
  SELECT
    account_id, region, vpc_id,
    SUM(CASE WHEN service_name LIKE 'com.amazonaws.%.s3' THEN 1 ELSE 0 END) AS s3,
    SUM(CASE WHEN service_name LIKE 'com.amazonaws.%.dynamodb' THEN 1 ELSE 0 END) AS dynamodb
  FROM vpc_endpoint
  WHERE state NOT IN ('deleting', 'deleted', 'rejected', 'failed', 'expired')
    AND (vpc_endpoint_type = 'Gateway' OR private_dns_enabled)
  GROUP BY account_id, region, vpc_id
)
SELECT
  n.vpc_id AS resource_id,
  n.account_id,
  n.region,
  CASE
    WHEN COALESCE(h.s3, 0) = 0 THEN 'alarm'
    WHEN h.dynamodb = 0 THEN 'info'
    ELSE 'ok'
  END AS status,
  CASE WHEN h.s3 > 0 THEN 'dynamodb' END AS variant,
  CASE WHEN h.s3 > 0 THEN 'low' ELSE 'medium' END AS confidence,
  n.nat_gateway_id,
  COALESCE(h.s3, 0) AS s3_endpoints,
  COALESCE(h.dynamodb, 0) AS dynamodb_endpoints
FROM natted AS n
LEFT JOIN had AS h
  ON h.account_id = n.account_id AND h.region = n.region AND h.vpc_id = n.vpc_id
