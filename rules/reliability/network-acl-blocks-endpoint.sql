/*---
title = "A network ACL keeps consumers from an endpoint"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
message = "consumers in {subnets} do not get through to it: {network_acl_id} refuses on {network_acl_entry}"
rationale = """
Network ACLs judge each packet by itself, there and back. A call to an endpoint in another subnet needs
the service's port on the way there and the ephemeral ports on the way back, in the network ACLs of both
subnets. Where one of the four is missing, calls run into a timeout, and only from some subnets."""
recommended_action = """
aws ec2 describe-network-acls --network-acl-ids ACL shows the entry. Allow the port from the consumers'
subnets to the endpoint's, and 1024-65535 back: aws ec2 create-network-acl-entry --network-acl-id ACL
--rule-number N --protocol tcp --port-range From=1024,To=65535 --cidr-block CIDR --rule-action allow
--ingress or --egress."""
exceptions = [
  "consumers and endpoint in one subnet: no network ACL is passed",
  "what is needed is allowed by several entries together: ports are added up as intervals",
  "answers pass to a part of the ephemeral ports that holds those of Linux, 32768-60999; where it holds less, nothing is said",
  "an AWS service made the endpoint and manages it (info)",
  "the port of the service or the network ACL of a subnet is not known",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html",
]

[messages]
some = "consumers in {subnets} get through to some of its interfaces only, and its name leads to all of them: {network_acl_id} refuses on {network_acl_entry}"
---*/
WITH reach AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    SUM(CASE WHEN network_acl = 'blocked' THEN 1 ELSE 0 END) AS shut,
    SUM(CASE WHEN network_acl = 'partly' THEN 1 ELSE 0 END) AS partly,
    SUM(CASE WHEN network_acl = 'unknown' THEN 1 ELSE 0 END) AS unknown,
    MIN(CASE WHEN network_acl = 'unknown' THEN reason END) AS reason
  FROM vpc_endpoint_reachability
  GROUP BY account_id, region, vpc_endpoint_id
),
refusing AS (
  SELECT account_id, region, vpc_endpoint_id, subnet_id, MIN(network_acl_id) AS network_acl_id, MIN(network_acl_entry) AS network_acl_entry
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
  SELECT f.account_id, f.region, f.vpc_endpoint_id, f.subnets, r.network_acl_id, r.network_acl_entry
  FROM first_subnet AS f
  JOIN refusing AS r
    ON r.account_id = f.account_id AND r.region = f.region AND r.vpc_endpoint_id = f.vpc_endpoint_id AND r.subnet_id = f.subnet_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN r.shut + r.partly > 0 AND e.requester_managed THEN 'info'
    WHEN r.shut + r.partly > 0 THEN 'alarm'
    WHEN r.unknown > 0 THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE WHEN r.shut = 0 THEN 'some' END AS variant,
  CASE WHEN r.shut = 0 THEN 'medium' ELSE 'high' END AS severity,
  CASE WHEN r.shut = 0 THEN 'medium' ELSE 'high' END AS confidence,
  r.reason,
  e.service_name,
  e.vpc_id,
  x.subnets,
  x.network_acl_id,
  x.network_acl_entry
FROM vpc_endpoint AS e
JOIN reach AS r
  ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN refused AS x
  ON x.account_id = e.account_id AND x.region = e.region AND x.vpc_endpoint_id = e.vpc_endpoint_id
WHERE e.state = 'available'
