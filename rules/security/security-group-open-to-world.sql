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
`aws ec2 revoke-security-group-ingress --region {region} --group-id {group_id} --security-group-rule-ids {rule_id}`
takes out {rule_id}; do the same for each of {rule_ids}. Admit the networks that are meant to use the endpoint
first."""
exceptions = [
  "the rule is about another protocol than TCP, or for an AWS service about another port than it answers on: 443, 9142 for Keyspaces, 5432 for Aurora DSQL, 25, 465, 587, 2465 and 2587 for the SMTP of SES, 443, 8443 and 8883 for IoT Core",
  "ranges that add up to every address are added up to a quarter of all; smaller ones are not",
  "every IPv6 address, while the endpoint has IPv4 addresses alone, or the other way round",
  "gateway and Gateway Load Balancer endpoints have no security group",
  "an AWS service made the endpoint and manages it, and perhaps its groups (info)",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
  "https://docs.aws.amazon.com/keyspaces/latest/devguide/vpc-endpoints.html",
  "https://docs.aws.amazon.com/aurora-dsql/latest/userguide/privatelink-managing-clusters.html",
  "https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html",
  "https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html",
]

[messages]
managed = "every address is admitted by {rules:count rule} of its security groups, {rule_ids}, and an AWS service manages the endpoint: see whose the groups are"

[actions]
narrow = """
Admit the networks that are meant to use the endpoint, the VPC's own for one:
`aws ec2 authorize-security-group-ingress --region {region} --group-id {group_id} --protocol tcp --port {port} --cidr {cidr_block}`.
Then take out what admits every address:
`aws ec2 revoke-security-group-ingress --region {region} --group-id {group_id} --security-group-rule-ids {rule_id}`,
and the same for each of {rule_ids}."""
managed = """
`aws ec2 describe-security-group-rules --region {region} --filters Name=group-id,Values={group_id}` shows the
rules. Narrow them if the group is yours; leave one that the AWS service made."""
---*/
WITH listening AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    LOWER(COALESCE(ip_address_type, 'dualstack')) AS ip_address_type,
    -- Ports by the label in the service's name. Where the name is that of a customer's service, or of one
    -- that a product of AWS offers like a customer, any port may be the one.
    CASE
      WHEN service_name IS NULL OR service_name LIKE '%vpce-svc-%' OR service_name LIKE '%.transfer.server%' THEN 'any'
      WHEN service_name LIKE '%.cassandra' OR service_name LIKE '%.cassandra-fips' THEN '9142'
      WHEN service_name LIKE '%.dsql-%' THEN '5432'
      WHEN service_name LIKE '%.email-smtp%' THEN 'smtp'
      WHEN service_name LIKE '%.iot' OR service_name LIKE '%.iot.%' OR service_name LIKE '%.iot-fips%' THEN 'iot'
      WHEN service_name LIKE 'com.amazonaws.%' OR service_name LIKE 'cn.com.amazonaws.%'
        OR service_name LIKE 'eu.amazonaws.%' OR service_name LIKE 'aws.%' THEN '443'
      ELSE 'any'
    END AS ports
  FROM vpc_endpoint
  WHERE state NOT IN ('deleting', 'deleted') AND vpc_endpoint_id <> ''
),
known_port AS (
  SELECT '443' AS ports, 443 AS port
  UNION ALL SELECT '9142' AS ports, 9142 AS port
  UNION ALL SELECT '5432' AS ports, 5432 AS port
  UNION ALL SELECT 'smtp' AS ports, 25 AS port
  UNION ALL SELECT 'smtp' AS ports, 465 AS port
  UNION ALL SELECT 'smtp' AS ports, 587 AS port
  UNION ALL SELECT 'smtp' AS ports, 2465 AS port
  UNION ALL SELECT 'smtp' AS ports, 2587 AS port
  UNION ALL SELECT 'iot' AS ports, 443 AS port
  UNION ALL SELECT 'iot' AS ports, 8443 AS port
  UNION ALL SELECT 'iot' AS ports, 8883 AS port
),
inbound AS (
  SELECT
    account_id, region, group_id, security_group_rule_id, cidr_ipv4, cidr_ipv6, prefix_list_id,
    CASE WHEN ip_protocol = '-1' OR from_port IS NULL OR from_port = -1 THEN 0 ELSE from_port END AS from_port,
    CASE WHEN ip_protocol = '-1' OR to_port IS NULL OR to_port = -1 THEN 65535 ELSE to_port END AS to_port
  FROM security_group_rule
  WHERE NOT is_egress AND ip_protocol IN ('-1', 'tcp', '6')
),
-- A rule names one range or one prefix list (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html).
admitted AS (
  SELECT i.account_id, i.region, i.group_id, i.security_group_rule_id, i.from_port, i.to_port, COALESCE(i.cidr_ipv4, i.cidr_ipv6, l.cidr) AS cidr
  FROM inbound AS i
  LEFT JOIN managed_prefix_list_entry AS l
    ON l.account_id = i.account_id AND l.region = i.region AND l.prefix_list_id = i.prefix_list_id
),
-- Which quarters of all addresses a large range holds.
large AS (
  SELECT
    account_id, region, group_id, security_group_rule_id, from_port, to_port,
    CASE WHEN POSITION(':' IN cidr) > 0 THEN 'ipv6' ELSE 'ipv4' END AS family,
    CASE WHEN cidr IN ('0.0.0.0/0', '0.0.0.0/1', '0.0.0.0/2', '::/0', '::/1', '::/2') THEN 1 ELSE 0 END AS quarter_1,
    CASE WHEN cidr IN ('0.0.0.0/0', '0.0.0.0/1', '64.0.0.0/2', '::/0', '::/1', '4000::/2') THEN 1 ELSE 0 END AS quarter_2,
    CASE WHEN cidr IN ('0.0.0.0/0', '128.0.0.0/1', '128.0.0.0/2', '::/0', '8000::/1', '8000::/2') THEN 1 ELSE 0 END AS quarter_3,
    CASE WHEN cidr IN ('0.0.0.0/0', '128.0.0.0/1', '192.0.0.0/2', '::/0', '8000::/1', 'c000::/2') THEN 1 ELSE 0 END AS quarter_4
  FROM admitted
),
-- Where the port is known, what counts is that port; otherwise rules of the same ports go together.
relevant AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, r.group_id, r.security_group_rule_id, r.family, r.quarter_1, r.quarter_2, r.quarter_3, r.quarter_4,
    CASE WHEN e.ports <> 'any' THEN CAST(k.port AS VARCHAR) WHEN r.from_port = r.to_port THEN CAST(r.from_port AS VARCHAR) END AS port,
    CASE WHEN e.ports <> 'any' THEN CAST(k.port AS VARCHAR) ELSE CONCAT(CAST(r.from_port AS VARCHAR), '-', CAST(r.to_port AS VARCHAR)) END AS ports
  FROM listening AS e
  JOIN vpc_endpoint_security_group AS g
    ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN large AS r
    ON r.account_id = g.account_id AND r.region = g.region AND r.group_id = g.group_id
  LEFT JOIN known_port AS k ON k.ports = e.ports
  WHERE r.quarter_1 + r.quarter_2 + r.quarter_3 + r.quarter_4 > 0
    AND (e.ports = 'any' OR (r.from_port <= k.port AND r.to_port >= k.port))
    AND (e.ip_address_type NOT IN ('ipv4', 'ipv6') OR e.ip_address_type = r.family)
),
open_port AS (
  SELECT account_id, region, vpc_endpoint_id, ports, family
  FROM relevant
  GROUP BY account_id, region, vpc_endpoint_id, ports, family
  HAVING MAX(quarter_1) = 1 AND MAX(quarter_2) = 1 AND MAX(quarter_3) = 1 AND MAX(quarter_4) = 1
),
open_rule AS (
  SELECT r.account_id, r.region, r.vpc_endpoint_id, r.group_id, r.security_group_rule_id, MIN(r.port) AS port
  FROM relevant AS r
  JOIN open_port AS o
    ON o.account_id = r.account_id AND o.region = r.region AND o.vpc_endpoint_id = r.vpc_endpoint_id
    AND o.ports = r.ports AND o.family = r.family
  GROUP BY r.account_id, r.region, r.vpc_endpoint_id, r.group_id, r.security_group_rule_id
),
-- The first rule with its group is one text.
counted AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COUNT(*) AS rules,
    MIN(port) AS port,
    MIN(CONCAT(security_group_rule_id, ' ', group_id)) AS first_rule,
    STRING_AGG(security_group_rule_id, ', ' ORDER BY security_group_rule_id) AS rule_ids
  FROM open_rule
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE WHEN c.rules IS NULL THEN 'ok' WHEN e.requester_managed THEN 'info' ELSE 'alarm' END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN c.port IS NOT NULL AND v.cidr_block IS NOT NULL THEN 'narrow'
  END AS variant,
  e.service_name,
  e.vpc_id,
  g.group_ids AS groups,
  SPLIT_PART(c.first_rule, ' ', 2) AS group_id,
  COALESCE(c.rules, 0) AS rules,
  SPLIT_PART(c.first_rule, ' ', 1) AS rule_id,
  c.rule_ids,
  c.port,
  v.cidr_block
FROM vpc_endpoint AS e
JOIN endpoint_security_groups AS g
  ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN counted AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN vpc AS v
  ON v.account_id = e.account_id AND v.region = e.region AND v.vpc_id = e.vpc_id
WHERE e.state NOT IN ('deleting', 'deleted') AND e.vpc_endpoint_id <> ''
