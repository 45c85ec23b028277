/*---
title = "Security group of an endpoint admits every address"
category = "security"
severity = "low"
confidence = "high"
resource = "vpc_endpoint"
message = "every address is admitted by {rules:count rule} of its security groups: {rule_ids}"
rationale = """
An endpoint has no public address, so this does not put it on the internet. It opens it to every network
that is connected to the VPC, now or later: peered VPCs, transit gateways, VPNs. Who may use an
endpoint is then decided by whoever sets up the next connection."""
recommended_action = """
aws ec2 modify-security-group-rules --region REGION --group-id GROUP, with the ranges of the networks
that are meant to use the endpoint, or aws ec2 revoke-security-group-ingress --security-group-rule-ids
RULE."""
exceptions = [
  "the rule is about another protocol than TCP, or for an AWS service about another port than 443",
  "gateway and Gateway Load Balancer endpoints have no security group",
  "an AWS service made the endpoint and manages it (info)",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
]
---*/
WITH open_rule AS (
  SELECT
    g.account_id, g.region, g.vpc_endpoint_id, r.security_group_rule_id,
    CASE
      WHEN r.ip_protocol = '-1' OR r.from_port = -1 OR r.from_port IS NULL THEN 1
      WHEN r.from_port <= 443 AND r.to_port >= 443 THEN 1
      ELSE 0
    END AS https
  FROM vpc_endpoint_security_group AS g
  JOIN security_group_rule AS r
    ON r.account_id = g.account_id AND r.region = g.region AND r.group_id = g.group_id
  WHERE NOT r.is_egress
    AND r.ip_protocol IN ('-1', 'tcp', '6')
    AND (r.cidr_ipv4 = '0.0.0.0/0' OR r.cidr_ipv6 = '::/0')
),
relevant AS (
  SELECT o.account_id, o.region, o.vpc_endpoint_id, o.security_group_rule_id
  FROM open_rule AS o
  JOIN vpc_endpoint AS e
    ON e.account_id = o.account_id AND e.region = o.region AND e.vpc_endpoint_id = o.vpc_endpoint_id
  WHERE o.https = 1 OR e.service_name IS NULL OR e.service_name LIKE 'com.amazonaws.vpce.%'
),
counted AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS rules, STRING_AGG(security_group_rule_id, ', ' ORDER BY security_group_rule_id) AS rule_ids
  FROM relevant
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
  CASE WHEN c.rules IS NULL THEN 'ok' WHEN e.requester_managed THEN 'info' ELSE 'alarm' END AS status,
  e.service_name,
  e.vpc_id,
  g.groups,
  COALESCE(c.rules, 0) AS rules,
  c.rule_ids
FROM vpc_endpoint AS e
JOIN grouped AS g
  ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN counted AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
WHERE e.state NOT IN ('deleting', 'deleted')
