/*---
title = "Interface endpoint does what a gateway endpoint does for nothing"
category = "cost"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "only consumers in the VPC are admitted, whom a gateway endpoint would serve for nothing: {zones_billed:count zone} billed, {monthly_cost:money} a month"
rationale = """
S3 and DynamoDB have gateway endpoints, which cost nothing by the hour or by the gigabyte. An interface
endpoint is needed where calls come from outside the VPC, from on premises or another VPC, for routes
do not reach there. Where its security groups admit nothing from outside, nothing speaks for it."""
recommended_action = """
aws ec2 create-vpc-endpoint --region REGION --vpc-id VPC --vpc-endpoint-type Gateway --service-name NAME
--route-table-ids RTB, where there is none; then move the consumers over, and aws ec2
delete-vpc-endpoints --vpc-endpoint-ids ID. Policies that name the endpoint have to name the new one."""
exceptions = [
  "the security groups admit addresses outside the VPC's subnets: on-premises, peered or transit gateway consumers, which a gateway cannot serve (info)",
  "private DNS answers on-premises networks only: the intended pairing with a gateway endpoint",
  "services in another Region, and S3's other services such as s3express and s3-outposts",
  "nothing passes through it: orphaned-endpoint says so",
  "nothing in the VPC could be a consumer: it may be a hub (info)",
  "an AWS service made the endpoint and manages it (info)",
  "security groups are wanted before S3, which a gateway endpoint does not have: waive it",
]
references = [
  "https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
elsewhere = "its security groups admit other networks, which a gateway endpoint cannot serve; for consumers in the VPC one is free"
managed = "a gateway endpoint would do for nothing, but an AWS service manages this one: look at that service"
---*/
WITH reach AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    MAX(CASE WHEN admits_outside THEN 1 ELSE 0 END) AS admits_outside,
    SUM(CASE WHEN admits_outside IS NULL OR security_group = 'unknown' THEN 1 ELSE 0 END) AS unknown
  FROM vpc_endpoint_reachability
  GROUP BY account_id, region, vpc_endpoint_id
),
gateway AS (
  SELECT account_id, region, vpc_id, service_name, COUNT(*) AS gateways
  FROM vpc_endpoint
  WHERE vpc_endpoint_type = 'Gateway' AND state = 'available'
  GROUP BY account_id, region, vpc_id, service_name
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN e.private_dns_only_for_inbound_resolver_endpoint OR u.usage = 'idle' THEN 'ok'
    WHEN r.unknown > 0 THEN 'skip'
    WHEN e.requester_managed OR r.unknown IS NULL OR r.admits_outside = 1 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN r.unknown IS NULL OR r.admits_outside = 1 THEN 'elsewhere'
  END AS variant,
  CASE WHEN r.admits_outside = 0 THEN 'high' ELSE 'low' END AS confidence,
  CASE WHEN r.unknown > 0 THEN 'whom its security groups admit is not known' END AS reason,
  c.monthly_cost,
  CASE WHEN e.requester_managed OR r.unknown IS NULL OR r.admits_outside = 1 THEN NULL ELSE c.monthly_cost END AS monthly_saving,
  c.cost_basis,
  c.zones_billed,
  e.service_name,
  e.vpc_id,
  u.usage,
  COALESCE(g.gateways, 0) AS gateway_endpoints
FROM vpc_endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN reach AS r
  ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN gateway AS g
  ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_id = e.vpc_id AND g.service_name = e.service_name
WHERE e.state = 'available' AND e.vpc_endpoint_type = 'Interface' AND e.service_region = e.region
  AND (e.service_name LIKE 'com.amazonaws.%.s3' OR e.service_name LIKE 'com.amazonaws.%.dynamodb')
