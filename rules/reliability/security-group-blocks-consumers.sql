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
`aws ec2 describe-security-group-rules --region {region} --filters Name=group-id,Values={group_id}` shows
whom the group admits. Add an inbound rule for the service's port with the addresses, or the group, of the
consumers."""
exceptions = [
  "the union of all groups counts, and references to groups, prefix lists and IPv6 are resolved",
  "some consumers are admitted: what is not may not be meant to be (reported as info where a whole subnet is left out)",
  "the groups admit what is not in the VPC: the endpoint may serve another network (info)",
  "traffic was measured all the same: it comes from another network, or the groups were changed since (info)",
  "an AWS service made the endpoint and manages it, and perhaps its groups (info)",
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
used = "no consumer in the VPC is admitted on port {port} by {groups}, yet {monthly_gigabytes} GB a month pass: another network uses it, or the groups were changed since"
managed = "none of the consumers in the VPC is admitted, but an AWS service manages the endpoint: look at that service"

[actions]
admit = """
`aws ec2 authorize-security-group-ingress --region {region} --group-id {group_id} --protocol tcp --port {port} --cidr {cidr_block}`
admits {first_subnet}. Add the same for each subnet that is meant to use the endpoint ({blocked}), or one
rule with the consumers' own group as source."""
---*/
WITH blocked_subnet AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, subnet_id
  FROM vpc_endpoint_reachability
  WHERE security_group = 'blocked'
),
blocked AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS blocked_subnets, MIN(subnet_id) AS first_subnet, STRING_AGG(subnet_id, ', ' ORDER BY subnet_id) AS blocked
  FROM blocked_subnet
  GROUP BY account_id, region, vpc_endpoint_id
),
judged AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.service_name, e.vpc_id, r.blocked_port AS port, r.groups_reason AS reason, c.monthly_gigabytes,
    g.first_group_id AS group_id, g.group_ids AS groups, b.blocked_subnets, b.first_subnet, b.blocked,
    CASE WHEN COALESCE(e.ip_address_type, 'ipv4') <> 'ipv6' THEN n.cidr_block END AS cidr_block,
    CASE
      WHEN r.groups_unclear > 0 OR (r.groups_blocked > 0 AND g.first_group_id IS NULL) THEN 'unknown'
      WHEN r.groups_blocked = 0 THEN 'open'
      WHEN r.groups_blocked < r.looked_at THEN 'some'
      WHEN r.admits_outside = 1 THEN 'outside'
      WHEN e.requester_managed THEN 'managed'
      WHEN c.monthly_gigabytes > 0 THEN 'used'
      ELSE 'shut'
    END AS fate
  FROM vpc_endpoint AS e
  JOIN endpoint_reachability AS r
    ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN blocked AS b
    ON b.account_id = e.account_id AND b.region = e.region AND b.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN subnet AS n
    ON n.account_id = b.account_id AND n.region = b.region AND n.subnet_id = b.first_subnet
  LEFT JOIN endpoint_security_groups AS g
    ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.vpc_endpoint_id <> ''
)
SELECT
  vpc_endpoint_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN fate = 'unknown' THEN 'skip'
    WHEN fate = 'open' THEN 'ok'
    WHEN fate = 'shut' THEN 'alarm'
    ELSE 'info'
  END AS status,
  CASE
    WHEN fate IN ('some', 'outside', 'managed', 'used') THEN fate
    WHEN fate = 'shut' AND port IS NOT NULL AND cidr_block IS NOT NULL AND group_id IS NOT NULL THEN 'admit'
  END AS variant,
  CASE WHEN fate IN ('some', 'outside', 'used') THEN 'low' ELSE 'high' END AS confidence,
  CASE WHEN fate = 'unknown' THEN COALESCE(reason, 'what the security groups say is not known') END AS reason,
  service_name,
  vpc_id,
  CAST(port AS VARCHAR) AS port,
  groups,
  group_id,
  COALESCE(blocked_subnets, 0) AS blocked_subnets,
  blocked,
  first_subnet,
  cidr_block,
  CASE WHEN monthly_gigabytes < 1 THEN ROUND(monthly_gigabytes, 4) ELSE ROUND(monthly_gigabytes, 1) END AS monthly_gigabytes
FROM judged
