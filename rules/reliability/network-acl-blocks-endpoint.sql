/*---
title = "Network ACLs keep all consumers from an endpoint"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
message = "no consumer in the VPC gets through to it ({subnets}): {network_acl_id} refuses on {network_acl_entry}"
rationale = """
Network ACLs judge each packet by itself, there and back. A call to an endpoint in another subnet needs
the service's port on the way there and the ephemeral ports on the way back, in the network ACLs of both
subnets. Where one of the four is missing, calls run into a timeout."""
recommended_action = """
`aws ec2 describe-network-acls --region {region} --network-acl-ids {network_acl_id}` shows the entry. The
port from the consumers' subnets to the endpoint's and 1024-65535 on the way back must be allowed under
a lower number than that of the entry that refuses, in the network ACLs of both."""
exceptions = [
  "consumers and endpoint in one subnet: no network ACL is passed",
  "some subnets with consumers get through: what does not may be meant, as for a database subnet (info)",
  "what is needed is allowed by several entries together: ports are added up as intervals",
  "answers pass to a part of the ephemeral ports that holds those of Linux, 32768-60999; if it holds less, nothing is said",
  "traffic was measured all the same: it comes from another network, or the network ACL was changed since (info)",
  "an AWS service made the endpoint: that is not an excuse, as the network ACLs are the account's own",
  "the port of the service or the network ACL of a subnet is not known",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html",
]

[messages]
some = "consumers in {subnets} get through to some of its interfaces only, and its name leads to all of them: {network_acl_id} refuses on {network_acl_entry}"
left_out = "consumers in {subnets} do not get through to it or to some of its interfaces, while others do: {network_acl_id} refuses on {network_acl_entry}; read whether that is meant"
used = "no consumer in the VPC gets through to it by the network ACLs, yet {monthly_gigabytes} GB a month pass: another network uses it, or {network_acl_id} was changed since"

[actions]
allow = """
`aws ec2 create-network-acl-entry --region {region} --network-acl-id {network_acl_id} --rule-number {rule_number} --protocol tcp --port-range From={from_port},To={to_port} --cidr-block {cidr_block} --rule-action allow {direction}`
lets through what {network_acl_entry} refuses. Network ACLs keep no state: look afterwards whether the
way back is open too."""
left_out = """
`aws ec2 describe-network-acls --region {region} --network-acl-ids {network_acl_id}` shows the entry. If the
subnets are meant to use the endpoint, allow the port there and 1024-65535 on the way back."""
---*/
WITH refusing AS (
  SELECT
    account_id, region, vpc_endpoint_id, subnet_id,
    MIN(port) AS port,
    MIN(network_acl_id) AS network_acl_id,
    MIN(network_acl_entry) AS network_acl_entry
  FROM vpc_endpoint_reachability
  WHERE network_acl IN ('blocked', 'partly')
  GROUP BY account_id, region, vpc_endpoint_id, subnet_id
),
first_subnet AS (
  SELECT account_id, region, vpc_endpoint_id, MIN(subnet_id) AS subnet_id, STRING_AGG(subnet_id, ', ' ORDER BY subnet_id) AS subnets
  FROM refusing
  GROUP BY account_id, region, vpc_endpoint_id
),
refused AS (
  SELECT
    f.account_id, f.region, f.vpc_endpoint_id, f.subnet_id, f.subnets, r.port, r.network_acl_id, r.network_acl_entry,
    CASE WHEN r.network_acl_entry LIKE 'outbound%' THEN '--egress' WHEN r.network_acl_entry LIKE 'inbound%' THEN '--ingress' END AS direction
  FROM first_subnet AS f
  JOIN refusing AS r
    ON r.account_id = f.account_id AND r.region = f.region AND r.vpc_endpoint_id = f.vpc_endpoint_id AND r.subnet_id = f.subnet_id
),
-- Room for an entry before all others of that direction.
lowest AS (
  SELECT
    account_id, region, network_acl_id,
    CASE WHEN egress THEN '--egress' ELSE '--ingress' END AS direction,
    MIN(rule_number) - 1 AS rule_number
  FROM network_acl_entry
  GROUP BY account_id, region, network_acl_id, CASE WHEN egress THEN '--egress' ELSE '--ingress' END
),
-- Which of the two subnets the network ACL that refuses guards.
guarded AS (
  SELECT account_id, region, network_acl_id, subnet_id
  FROM network_acl_association
),
stands AS (
  SELECT s.account_id, s.region, s.vpc_endpoint_id, MIN(n.cidr_block) AS cidr_block, COUNT(DISTINCT s.subnet_id) AS subnets
  FROM vpc_endpoint_subnet AS s
  JOIN subnet AS n ON n.account_id = s.account_id AND n.region = s.region AND n.subnet_id = s.subnet_id
  GROUP BY s.account_id, s.region, s.vpc_endpoint_id
),
guards_endpoint AS (
  SELECT s.account_id, s.region, s.vpc_endpoint_id, g.network_acl_id, COUNT(*) AS subnets
  FROM vpc_endpoint_subnet AS s
  JOIN guarded AS g ON g.account_id = s.account_id AND g.region = s.region AND g.subnet_id = s.subnet_id
  GROUP BY s.account_id, s.region, s.vpc_endpoint_id, g.network_acl_id
),
sided AS (
  SELECT
    x.account_id, x.region, x.vpc_endpoint_id, x.subnets, x.port, x.network_acl_id, x.network_acl_entry, x.direction,
    w.rule_number,
    v.cidr_block AS vpc_cidr_block,
    c.cidr_block AS consumer_cidr_block,
    d.cidr_block AS endpoint_cidr_block,
    d.subnets AS endpoint_subnets,
    CASE
      WHEN a.subnet_id IS NOT NULL AND b.subnets IS NOT NULL THEN 'both'
      WHEN a.subnet_id IS NOT NULL THEN 'consumer'
      WHEN b.subnets IS NOT NULL THEN 'endpoint'
    END AS side
  FROM refused AS x
  JOIN vpc_endpoint AS e
    ON e.account_id = x.account_id AND e.region = x.region AND e.vpc_endpoint_id = x.vpc_endpoint_id
  LEFT JOIN lowest AS w
    ON w.account_id = x.account_id AND w.region = x.region AND w.network_acl_id = x.network_acl_id AND w.direction = x.direction
  LEFT JOIN guarded AS a
    ON a.account_id = x.account_id AND a.region = x.region AND a.network_acl_id = x.network_acl_id AND a.subnet_id = x.subnet_id
  LEFT JOIN guards_endpoint AS b
    ON b.account_id = x.account_id AND b.region = x.region AND b.vpc_endpoint_id = x.vpc_endpoint_id AND b.network_acl_id = x.network_acl_id
  LEFT JOIN subnet AS c
    ON c.account_id = x.account_id AND c.region = x.region AND c.subnet_id = x.subnet_id
  LEFT JOIN stands AS d
    ON d.account_id = x.account_id AND d.region = x.region AND d.vpc_endpoint_id = x.vpc_endpoint_id
  LEFT JOIN vpc AS v
    ON v.account_id = e.account_id AND v.region = e.region AND v.vpc_id = e.vpc_id
),
-- What to let through: calls leave the consumer's subnet and enter the endpoint's, answers the other way.
-- One network ACL of both subnets sees calls and answers in each direction.
mended AS (
  SELECT
    account_id, region, vpc_endpoint_id, subnets, network_acl_id, network_acl_entry, direction,
    CAST(rule_number AS VARCHAR) AS rule_number,
    CASE
      WHEN side = 'both' AND port < 1024 THEN CAST(port AS VARCHAR)
      WHEN side = 'both' THEN '1024'
      WHEN (side = 'consumer') = (direction = '--egress') THEN CAST(port AS VARCHAR)
      ELSE '1024'
    END AS from_port,
    CASE
      WHEN side <> 'both' AND (side = 'consumer') = (direction = '--egress') THEN CAST(port AS VARCHAR)
      ELSE '65535'
    END AS to_port,
    CASE
      WHEN side = 'both' OR (side = 'consumer' AND endpoint_subnets > 1) THEN vpc_cidr_block
      WHEN side = 'consumer' THEN endpoint_cidr_block
      WHEN side = 'endpoint' THEN consumer_cidr_block
    END AS cidr_block,
    CASE WHEN port IS NULL OR rule_number IS NULL OR rule_number < 1 OR side IS NULL THEN 0 ELSE 1 END AS is_known
  FROM sided
),
judged AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.service_name, e.vpc_id, e.ip_address_type, c.monthly_gigabytes,
    r.acls_reason AS reason,
    CASE
      WHEN r.acls_blocked + r.acls_partly = 0 AND r.acls_unclear > 0 THEN 'unclear'
      WHEN r.acls_blocked + r.acls_partly = 0 THEN 'open'
      WHEN r.acls_blocked + r.acls_partly < r.looked_at THEN 'left_out'
      WHEN r.acls_blocked = 0 OR r.acls_partly > 0 THEN 'some'
      WHEN c.monthly_gigabytes > 0 THEN 'used'
      ELSE 'shut'
    END AS fate
  FROM vpc_endpoint AS e
  JOIN endpoint_reachability AS r
    ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.vpc_endpoint_id <> ''
)
SELECT
  j.vpc_endpoint_id AS resource_id,
  j.account_id,
  j.region,
  CASE
    WHEN j.fate IN ('shut', 'some') THEN 'alarm'
    WHEN j.fate IN ('left_out', 'used') THEN 'info'
    WHEN j.fate = 'unclear' THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN j.fate = 'shut' AND x.is_known = 1 AND x.cidr_block IS NOT NULL AND COALESCE(j.ip_address_type, 'ipv4') <> 'ipv6' THEN 'allow'
    WHEN j.fate IN ('some', 'left_out', 'used') THEN j.fate
  END AS variant,
  CASE WHEN j.fate = 'some' THEN 'medium' ELSE 'high' END AS severity,
  CASE
    WHEN j.fate IN ('left_out', 'used') THEN 'low'
    WHEN j.fate = 'some' THEN 'medium'
    ELSE 'high'
  END AS confidence,
  CASE WHEN j.fate = 'unclear' THEN COALESCE(j.reason, 'what the network ACLs say is not known') END AS reason,
  j.service_name,
  j.vpc_id,
  x.subnets,
  x.network_acl_id,
  x.network_acl_entry,
  x.direction,
  x.rule_number,
  x.from_port,
  x.to_port,
  x.cidr_block,
  CASE WHEN j.monthly_gigabytes < 1 THEN ROUND(j.monthly_gigabytes, 4) ELSE ROUND(j.monthly_gigabytes, 1) END AS monthly_gigabytes
FROM judged AS j
LEFT JOIN mended AS x
  ON x.account_id = j.account_id AND x.region = j.region AND x.vpc_endpoint_id = j.vpc_endpoint_id
