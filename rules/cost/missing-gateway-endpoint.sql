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
Make a gateway endpoint, tied to the route tables that lead to NAT; connections to S3 that are open at that moment
break:
`aws ec2 create-vpc-endpoint --region {region} --vpc-id {resource_id} --vpc-endpoint-type Gateway --service-name {s3_service_name} --route-table-ids {route_table_ids}`.
The same for DynamoDB, where it is used."""
exceptions = [
  "no active route of a subnet with consumers leads to an available public NAT gateway",
  "an interface endpoint with private DNS takes the traffic instead, unless that is for on-premises networks only",
  "a private hosted zone of the VPC leads the service's names elsewhere, as to a hub: reported as info",
  "only DynamoDB's is missing, which fewer workloads use: reported as info",
  "a gateway endpoint is in a state that plaudit does not know: not judged",
  "a Route 53 Profile or a Resolver rule leads the service's names elsewhere, which cannot be seen from here; confidence is low where the VPC's hosted zones were not listed: waive it",
  "the route to NAT is for some addresses only, as a partner's, which cannot be seen from here: waive it",
  "VPCs without any endpoint, which plaudit does not read",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html",
]

[messages]
untied = "consumers go out through {nat_gateway_id}, and the gateway endpoint for S3, {s3_gateway_id}, is tied to no route table, so it keeps nothing off it"
elsewhere = "consumers go out through {nat_gateway_id} and there is no gateway endpoint for S3, but the VPC's hosted zone {zone_name} may lead its names elsewhere"
dynamodb = "consumers go out through {nat_gateway_id}, and nothing keeps what is for DynamoDB off it, if they use that"

[actions]
untied = """
Tie it to the route tables that lead to NAT; connections to S3 that are open at that moment break:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {s3_gateway_id} --add-route-table-ids {route_table_ids}`."""
elsewhere = "Look where the records of the hosted zone {zone_name} lead. Where they lead to an endpoint that costs less than NAT, leave it; else make a gateway endpoint."
dynamodb = """
Where DynamoDB is used, make a gateway endpoint, tied to the route tables that lead to NAT:
`aws ec2 create-vpc-endpoint --region {region} --vpc-id {resource_id} --vpc-endpoint-type Gateway --service-name {dynamodb_service_name} --route-table-ids {route_table_ids}`."""
---*/
WITH consumed AS (
  SELECT DISTINCT account_id, region, subnet_id FROM network_interface WHERE is_consumer
),
-- A gateway of which AWS does not say otherwise is public: CreateNatGateway's default.
nat_table AS (
  SELECT DISTINCT t.account_id, t.region, t.vpc_id, t.route_table_id, t.nat_gateway_id
  FROM route_table AS t
  JOIN consumed AS c
    ON c.account_id = t.account_id AND c.region = t.region AND c.subnet_id = t.subnet_id
  JOIN nat_gateway AS n
    ON n.account_id = t.account_id AND n.region = t.region AND n.nat_gateway_id = t.nat_gateway_id
  WHERE t.vpc_id <> '' AND n.state = 'available' AND COALESCE(n.connectivity_type, 'public') = 'public'
),
natted AS (
  SELECT
    account_id, region, vpc_id,
    MIN(nat_gateway_id) AS nat_gateway_id,
    COUNT(*) AS route_tables,
    STRING_AGG(route_table_id, '","' ORDER BY route_table_id) AS route_table_ids
  FROM nat_table
  GROUP BY account_id, region, vpc_id
),
tied AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id FROM vpc_endpoint_route_table
),
-- What could carry the traffic. A gateway endpoint is there for nothing where no route table is tied to it.
candidate AS (
  SELECT
    e.account_id, e.region, e.vpc_id, e.vpc_endpoint_id, e.vpc_endpoint_type, e.state,
    CASE WHEN e.service_name LIKE '%.s3' THEN 's3' ELSE 'dynamodb' END AS service,
    CASE WHEN e.vpc_endpoint_type = 'Gateway' AND t.vpc_endpoint_id IS NULL THEN 1 ELSE 0 END AS is_untied
  FROM vpc_endpoint AS e
  LEFT JOIN tied AS t
    ON t.account_id = e.account_id AND t.region = e.region AND t.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE (e.service_name LIKE '%.s3' OR e.service_name LIKE '%.dynamodb')
    AND (e.service_name LIKE 'com.amazonaws.%' OR e.service_name LIKE 'cn.com.amazonaws.%' OR e.service_name LIKE 'eu.amazonaws.%')
    AND e.state NOT IN ('deleting', 'deleted', 'rejected', 'failed', 'expired')
    AND (
      e.vpc_endpoint_type = 'Gateway'
      OR (e.vpc_endpoint_type = 'Interface' AND e.private_dns_enabled
        AND NOT COALESCE(e.private_dns_only_for_inbound_resolver_endpoint, FALSE))
    )
),
had AS (
  SELECT
    account_id, region, vpc_id,
    SUM(CASE WHEN service = 's3' AND is_untied = 0 AND state IN ('available', 'pending', 'pendingAcceptance') THEN 1 ELSE 0 END) AS s3,
    SUM(CASE WHEN service = 'dynamodb' AND is_untied = 0 AND state IN ('available', 'pending', 'pendingAcceptance') THEN 1 ELSE 0 END) AS dynamodb,
    SUM(CASE WHEN is_untied = 0 AND state NOT IN ('available', 'pending', 'pendingAcceptance') THEN 1 ELSE 0 END) AS unsure,
    MIN(CASE WHEN service = 's3' AND is_untied = 1 THEN vpc_endpoint_id END) AS s3_gateway_id
  FROM candidate
  GROUP BY account_id, region, vpc_id
),
-- Zones in which the names of S3 may lead elsewhere, as to an endpoint in a hub.
elsewhere AS (
  SELECT account_id, region, vpc_id, MIN(name) AS zone_name
  FROM hosted_zone
  WHERE owning_service IS NULL
    AND (name LIKE 's3.%amazonaws.com' OR name LIKE 's3.%amazonaws.com.cn' OR name LIKE 's3.%amazonaws.eu'
      OR name IN ('amazonaws.com', 'amazonaws.com.cn', 'amazonaws.eu')
      OR name = CONCAT(region, '.amazonaws.com') OR name = CONCAT(region, '.amazonaws.com.cn') OR name = CONCAT(region, '.amazonaws.eu'))
  GROUP BY account_id, region, vpc_id
),
-- Hosted zones are listed where an endpoint has private DNS.
listed AS (
  SELECT DISTINCT account_id, region, vpc_id FROM vpc_endpoint WHERE private_dns_enabled AND vpc_endpoint_type = 'Interface'
)
SELECT
  n.vpc_id AS resource_id,
  n.account_id,
  n.region,
  CASE
    WHEN COALESCE(h.s3, 0) > 0 AND h.dynamodb > 0 THEN 'ok'
    WHEN h.unsure > 0 THEN 'skip'
    WHEN h.s3 > 0 OR z.zone_name IS NOT NULL THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN h.s3 > 0 THEN 'dynamodb'
    WHEN z.zone_name IS NOT NULL THEN 'elsewhere'
    WHEN h.s3_gateway_id IS NOT NULL THEN 'untied'
  END AS variant,
  CASE WHEN h.s3 > 0 OR z.zone_name IS NOT NULL OR l.vpc_id IS NULL THEN 'low' ELSE 'medium' END AS confidence,
  CASE WHEN h.unsure > 0 THEN 'an endpoint for S3 or DynamoDB is in a state that is not known' END AS reason,
  n.nat_gateway_id,
  COALESCE(h.s3, 0) AS s3_endpoints,
  COALESCE(h.dynamodb, 0) AS dynamodb_endpoints,
  h.s3_gateway_id,
  z.zone_name,
  -- Gateway endpoints are named so in China too, where interface endpoints are not.
  CONCAT('com.amazonaws.', n.region, '.s3') AS s3_service_name,
  CONCAT('com.amazonaws.', n.region, '.dynamodb') AS dynamodb_service_name,
  CASE WHEN n.route_tables = 1 THEN n.route_table_ids ELSE CONCAT('["', n.route_table_ids, '"]') END AS route_table_ids
FROM natted AS n
LEFT JOIN had AS h
  ON h.account_id = n.account_id AND h.region = n.region AND h.vpc_id = n.vpc_id
LEFT JOIN elsewhere AS z
  ON z.account_id = n.account_id AND z.region = n.region AND z.vpc_id = n.vpc_id
LEFT JOIN listed AS l
  ON l.account_id = n.account_id AND l.region = n.region AND l.vpc_id = n.vpc_id
