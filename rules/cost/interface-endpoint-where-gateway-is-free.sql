/*---
title = "Interface endpoint does what a gateway endpoint does for nothing"
category = "cost"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "only consumers in the VPC are admitted, whom a gateway endpoint would serve for nothing: {zones_billed:count zone} billed"
rationale = """
S3 and DynamoDB have gateway endpoints, which cost nothing by the hour or by the gigabyte. An interface
endpoint is needed where calls come from outside the VPC, from on premises or another VPC, for routes
do not reach there. Where its security groups admit nothing from outside, nothing speaks for it."""
recommended_action = """
Make a gateway endpoint, tied to the route tables of the subnets with consumers; connections to public addresses
of the service break at that moment:
`aws ec2 create-vpc-endpoint --region {region} --vpc-id {vpc_id} --vpc-endpoint-type Gateway --service-name {gateway_service_name} --route-table-ids {route_table_ids}`.
Name it in the policies that name this one, move clients that call this one by its own DNS name, then delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "the security groups admit addresses outside the VPC's subnets: on-premises, peered or transit gateway consumers, which a gateway cannot serve (info)",
  "private DNS answers on-premises networks only: the intended pairing with a gateway endpoint",
  "services in another Region, and S3's other services such as s3express and s3-outposts",
  "nothing passes through it: orphaned-endpoint says so",
  "nothing in the VPC could be a consumer: it may be a hub (info)",
  "its hours are charged to nobody or to somebody else",
  "an AWS service made the endpoint and manages it, or a tag such as GuardDutyManaged says so (info)",
  "security groups are wanted before S3, which a gateway endpoint does not have: waive it",
]
references = [
  "https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
elsewhere = "its security groups admit other networks, which a gateway endpoint cannot serve; for consumers in the VPC one is free"
nobody = "nothing in its VPC could be a consumer, so it may serve other networks, which a gateway endpoint cannot; for consumers in the VPC one is free"
managed = "a gateway endpoint would do for nothing, but an AWS service manages this one: look at that service"

[actions]
tied = """
The gateway endpoint {gateway_id} serves the consumers' route tables already. Name it in the policies that name this
one, move clients that call this one by its own DNS name, then delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
untied = """
Tie the gateway endpoint {gateway_id} to the consumers' route tables too:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {gateway_id} --add-route-table-ids {route_table_ids}`.
Name it in the policies that name this one, move clients that call this one by its own DNS name, then delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
unrouted = """
Which route tables the consumers follow is not known: make a gateway endpoint, or look at the one that is there, and
tie it to the tables that `aws ec2 describe-route-tables --region {region} --filters Name=vpc-id,Values={vpc_id}` lists.
Then delete this one: `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
elsewhere = """
Keep it for the other networks. If it is on for all of the VPC, let private DNS answer those networks only, so that
the VPC's own consumers use a gateway endpoint:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --private-dns-enabled --dns-options PrivateDnsOnlyForInboundResolverEndpoint=true`.
AWS accepts that where the VPC has a gateway endpoint of the service."""
nobody = "Ask the owner named in its tags whom it serves. Keep it where that is another network."
managed = "Find the resource of the AWS service that made it, and see whether it can do without an endpoint of its own."
---*/
WITH -- AWS's names end with the service, and begin otherwise in China (cn.com.amazonaws) and in the European Sovereign
-- Cloud (eu.amazonaws), as DescribeVpcEndpointServices lists them there. In China gateways keep com.amazonaws.
free_service AS (
  SELECT
    account_id, region, vpc_endpoint_id, vpc_endpoint_type, vpc_id, state,
    CASE WHEN service_name LIKE '%.s3' THEN 's3' ELSE 'dynamodb' END AS service,
    CASE
      WHEN service_name LIKE 'cn.com.amazonaws.%' THEN SUBSTR(service_name, 4)
      WHEN service_name LIKE 'eu.amazonaws.%' THEN CONCAT('com', SUBSTR(service_name, 3))
      ELSE service_name
    END AS gateway_service_name
  FROM vpc_endpoint
  WHERE (service_name LIKE '%.s3' OR service_name LIKE '%.dynamodb')
    AND (service_name LIKE 'com.amazonaws.%' OR service_name LIKE 'cn.com.amazonaws.%' OR service_name LIKE 'eu.amazonaws.%')
    AND service_region = region
),
gateway AS (
  SELECT account_id, region, vpc_id, service, COUNT(*) AS gateways, MIN(vpc_endpoint_id) AS gateway_id
  FROM free_service
  WHERE vpc_endpoint_type = 'Gateway' AND state = 'available'
  GROUP BY account_id, region, vpc_id, service
),
tied AS (
  SELECT DISTINCT f.account_id, f.region, f.vpc_id, f.service, t.route_table_id
  FROM free_service AS f
  JOIN vpc_endpoint_route_table AS t
    ON t.account_id = f.account_id AND t.region = f.region AND t.vpc_endpoint_id = f.vpc_endpoint_id
  WHERE f.vpc_endpoint_type = 'Gateway' AND f.state = 'available'
),
-- The route tables that the consumers follow.
followed AS (
  SELECT DISTINCT f.account_id, f.region, f.vpc_endpoint_id, f.vpc_id, f.service, t.route_table_id
  FROM free_service AS f
  JOIN vpc_endpoint_reachability AS r
    ON r.account_id = f.account_id AND r.region = f.region AND r.vpc_endpoint_id = f.vpc_endpoint_id
  JOIN route_table AS t
    ON t.account_id = r.account_id AND t.region = r.region AND t.subnet_id = r.subnet_id
),
to_tie AS (
  SELECT
    f.account_id, f.region, f.vpc_endpoint_id,
    COUNT(*) AS route_tables,
    SUM(CASE WHEN t.route_table_id IS NULL THEN 1 ELSE 0 END) AS missing,
    STRING_AGG(CASE WHEN t.route_table_id IS NULL THEN f.route_table_id END, '","' ORDER BY f.route_table_id) AS route_table_ids
  FROM followed AS f
  LEFT JOIN tied AS t
    ON t.account_id = f.account_id AND t.region = f.region AND t.vpc_id = f.vpc_id AND t.service = f.service
    AND t.route_table_id = f.route_table_id
  GROUP BY f.account_id, f.region, f.vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN e.private_dns_only_for_inbound_resolver_endpoint OR u.usage = 'idle' OR c.monthly_cost = 0 THEN 'ok'
    WHEN r.outside_unclear > 0 THEN 'skip'
    WHEN e.requester_managed OR r.outside_unclear IS NULL OR r.admits_outside = 1 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN r.outside_unclear IS NULL THEN 'nobody'
    WHEN r.admits_outside = 1 THEN 'elsewhere'
    WHEN t.route_tables IS NULL THEN 'unrouted'
    WHEN t.missing = 0 THEN 'tied'
    WHEN g.gateways > 0 THEN 'untied'
  END AS variant,
  CASE WHEN r.admits_outside = 0 THEN 'high' ELSE 'low' END AS confidence,
  CASE WHEN r.outside_unclear > 0 THEN 'whom its security groups admit is not known' END AS reason,
  c.monthly_cost,
  CASE WHEN e.requester_managed OR r.outside_unclear IS NULL OR r.admits_outside = 1 THEN NULL ELSE c.monthly_cost END AS monthly_saving,
  c.cost_basis,
  c.zones_billed,
  e.service_name,
  e.vpc_id,
  u.usage,
  COALESCE(g.gateways, 0) AS gateway_endpoints,
  g.gateway_id,
  f.gateway_service_name,
  CASE WHEN t.missing = 1 THEN t.route_table_ids WHEN t.missing > 1 THEN CONCAT('["', t.route_table_ids, '"]') END AS route_table_ids
FROM vpc_endpoint AS e
JOIN free_service AS f
  ON f.account_id = e.account_id AND f.region = e.region AND f.vpc_endpoint_id = e.vpc_endpoint_id
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN endpoint_reachability AS r
  ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN gateway AS g
  ON g.account_id = f.account_id AND g.region = f.region AND g.vpc_id = f.vpc_id AND g.service = f.service
LEFT JOIN to_tie AS t
  ON t.account_id = e.account_id AND t.region = e.region AND t.vpc_endpoint_id = e.vpc_endpoint_id
WHERE e.vpc_endpoint_id <> '' AND e.state = 'available' AND e.vpc_endpoint_type = 'Interface'
