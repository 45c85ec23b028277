/*---
title = "Security groups of an endpoint let no consumer in"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
message = "none of the consumers in {blocked_subnets:count subnet} of the VPC is admitted on port {port} by {groups}"
rationale = """
An endpoint without a group of its own gets the VPC's default security group, which admits its own
members and nobody else. The endpoint says `available`, its name resolves to it, and every call runs
into a timeout."""
recommended_action = """
aws ec2 authorize-security-group-ingress --region REGION --group-id GROUP --protocol tcp --port 443
--cidr CIDR-OF-THE-VPC, or --source-group with the consumers' group."""
exceptions = [
  "the union of all groups counts, and references to groups, prefix lists and IPv6 are resolved",
  "some consumers are admitted: what is not may not be meant to be (reported as info where a whole subnet is left out)",
  "the groups admit what is not in the VPC: the endpoint may serve another network (info)",
  "an AWS service made the endpoint and manages it (info)",
  "the port of the service is not known, as for services whose provider is another account",
  "nothing in the VPC could be a consumer",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html",
]

[messages]
some = "no consumer is admitted from {blocked}, while others are: read whether that is meant"
outside = "no consumer in the VPC is admitted, but others are: the endpoint seems to serve another network"
managed = "none of the consumers in the VPC is admitted, but an AWS service manages the endpoint: look at that service"
---*/
WITH reach AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COUNT(*) AS looked_at,
    SUM(CASE WHEN security_group = 'blocked' THEN 1 ELSE 0 END) AS shut,
    SUM(CASE WHEN security_group = 'unknown' THEN 1 ELSE 0 END) AS unknown,
    MAX(CASE WHEN admits_outside THEN 1 ELSE 0 END) AS admits_outside,
    MIN(port) AS port,
    MIN(CASE WHEN security_group = 'unknown' THEN reason END) AS reason
  FROM vpc_endpoint_reachability
  GROUP BY account_id, region, vpc_endpoint_id
),
blocked_subnet AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, subnet_id
  FROM vpc_endpoint_reachability
  WHERE security_group = 'blocked'
),
blocked AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS blocked_subnets, STRING_AGG(subnet_id, ', ' ORDER BY subnet_id) AS blocked
  FROM blocked_subnet
  GROUP BY account_id, region, vpc_endpoint_id
),
grouped AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(group_id, ', ' ORDER BY group_id) AS groups
  FROM vpc_endpoint_security_group
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN r.unknown > 0 THEN 'skip'
    WHEN r.shut = 0 THEN 'ok'
    WHEN r.shut < r.looked_at OR r.admits_outside = 1 OR e.requester_managed THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN r.shut < r.looked_at THEN 'some'
    WHEN r.admits_outside = 1 THEN 'outside'
    WHEN e.requester_managed THEN 'managed'
  END AS variant,
  CASE WHEN r.shut < r.looked_at OR r.admits_outside = 1 THEN 'low' ELSE 'high' END AS confidence,
  r.reason,
  e.service_name,
  e.vpc_id,
  r.port,
  g.groups,
  COALESCE(b.blocked_subnets, 0) AS blocked_subnets,
  b.blocked
FROM vpc_endpoint AS e
JOIN reach AS r
  ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN blocked AS b
  ON b.account_id = e.account_id AND b.region = e.region AND b.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN grouped AS g
  ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
WHERE e.state = 'available'
