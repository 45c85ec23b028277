/*---
title = "Endpoint or endpoint service lacks a required tag, or has one with a wrong value"
category = "governance"
severity = "low"
confidence = "high"
resource = "vpc_endpoint"
message = "lacks {missing_tags}"
rationale = """
An endpoint does not say which workload needs it. AWS advises to name the consuming service in a tag
on every endpoint; without it nobody can be asked before a deletion, and the cost stays
unallocated."""
recommended_action = """
Ask which workload or product it belongs to. Set the value of each key on {resource_id}, under Tags in the VPC console
or where it is declared. What it has now:
`aws ec2 describe-tags --region {region} --filters Name=resource-id,Values={resource_id}`. Then activate the keys as cost
allocation tags in the Billing console of the management account."""
exceptions = [
  "keys without an entry in [tags.allowed] may have any value",
  "an AWS service made the endpoint and manages it, or a tag such as GuardDutyManaged says so",
  "it is being deleted",
  "tags whose key begins with aws: do not count",
  "its network interfaces are not tagged, to which AWS copies no tags: reported as info where check_network_interfaces is true",
  "interfaces that the account was not shown",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/add-remove-tags.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html",
  "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html",
]

[messages]
wrong_value = "has {wrong_tags}, which is not among the values allowed"
interfaces = "is tagged, but lacks {interface_tags} on {bare_interfaces} of its {network_interfaces:count network interface}, to which AWS copies no tags"
interfaces_by_hand = "is tagged, but lacks {interface_tags} on {bare_interfaces} of its {network_interfaces:count network interface}, to which AWS copies no tags"
both = "lacks {missing_tags}, and has {wrong_tags}, which is not among the values allowed"

[actions]
wrong_value = """
Ask which of the values allowed is meant ([tags.allowed] in plaudit.toml), and set it on {resource_id}, under Tags in the
VPC console or where it is declared. What it has now:
`aws ec2 describe-tags --region {region} --filters Name=resource-id,Values={resource_id}`."""
interfaces = """
Give the interfaces what the endpoint has, key by key:
`aws ec2 create-tags --region {region} --resources {interface_ids} --tags Key={interface_key},Value={interface_value}`."""
interfaces_by_hand = """
Give the interfaces what the endpoint has, under Tags in the EC2 console. What the endpoint has:
`aws ec2 describe-tags --region {region} --filters Name=resource-id,Values={resource_id}`."""

[params]
check_network_interfaces = false
---*/
WITH resource AS (
  SELECT account_id, region, vpc_endpoint_id AS resource_id, 'vpc_endpoint' AS resource_type, network_interfaces
  FROM vpc_endpoint
  WHERE vpc_endpoint_id <> '' AND state NOT IN ('deleting', 'deleted') AND NOT requester_managed
  UNION ALL
  SELECT account_id, region, service_id AS resource_id, 'vpc_endpoint_service' AS resource_type, CAST(NULL AS BIGINT) AS network_interfaces
  FROM vpc_endpoint_service
  WHERE service_id <> '' AND service_state NOT IN ('Deleting', 'Deleted')
),
required AS (
  SELECT r.account_id, r.region, r.resource_id, r.resource_type, k.tag_key
  FROM resource AS r
  CROSS JOIN required_tag AS k
),
-- A tag without a value names nothing, so it counts as missing.
given AS (
  SELECT t.account_id, t.region, t.resource_id, t.key, t.value
  FROM tag AS t
  JOIN required_tag AS k ON k.tag_key = t.key
  WHERE t.value <> ''
),
missing AS (
  SELECT r.account_id, r.region, r.resource_id, r.tag_key
  FROM required AS r
  LEFT JOIN given AS g
    ON g.account_id = r.account_id AND g.region = r.region AND g.resource_id = r.resource_id AND g.key = r.tag_key
  WHERE g.value IS NULL
),
-- Values are compared with what may stand there: as it is, or before and after the one `*`.
compared AS (
  SELECT
    t.account_id, t.region, t.resource_id, t.key, t.value,
    MAX(CASE
      WHEN a.is_exact = 1 AND t.value = a.prefix THEN 1
      WHEN a.is_exact = 0 AND LENGTH(t.value) >= LENGTH(a.prefix) + LENGTH(a.suffix)
        AND SUBSTR(t.value, 1, LENGTH(a.prefix)) = a.prefix
        AND SUBSTR(t.value, LENGTH(t.value) - LENGTH(a.suffix) + 1) = a.suffix THEN 1
      ELSE 0
    END) AS fits
  FROM tag AS t
  JOIN allowed_tag AS a ON a.tag_key = t.key
  WHERE t.value <> ''
  GROUP BY t.account_id, t.region, t.resource_id, t.key, t.value
),
wrong AS (
  SELECT account_id, region, resource_id, STRING_AGG(CONCAT(key, '=', value), ', ' ORDER BY key) AS wrong_tags
  FROM compared
  WHERE fits = 0
  GROUP BY account_id, region, resource_id
),
-- Interfaces of endpoints that were seen, and what each of them lacks.
interface AS (
  SELECT s.account_id, s.region, s.vpc_endpoint_id, s.network_interface_id
  FROM vpc_endpoint_subnet AS s
  JOIN network_interface AS i
    ON i.account_id = s.account_id AND i.region = s.region AND i.network_interface_id = s.network_interface_id
  CROSS JOIN param AS p
  WHERE NOT i.is_consumer AND p.check_network_interfaces
),
bare AS (
  SELECT i.account_id, i.region, i.vpc_endpoint_id, i.network_interface_id, k.tag_key
  FROM interface AS i
  CROSS JOIN required_tag AS k
  LEFT JOIN given AS g
    ON g.account_id = i.account_id AND g.region = i.region AND g.resource_id = i.network_interface_id AND g.key = k.tag_key
  WHERE g.value IS NULL
),
bare_key AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(tag_key, ', ' ORDER BY tag_key) AS interface_tags
  FROM (
    SELECT DISTINCT account_id, region, vpc_endpoint_id, tag_key FROM bare
  ) AS one
  GROUP BY account_id, region, vpc_endpoint_id
),
bare_count AS (
  SELECT b.account_id, b.region, b.vpc_endpoint_id, k.interface_tags, COUNT(DISTINCT b.network_interface_id) AS bare_interfaces
  FROM bare AS b
  JOIN bare_key AS k
    ON k.account_id = b.account_id AND k.region = b.region AND k.vpc_endpoint_id = b.vpc_endpoint_id
  GROUP BY b.account_id, b.region, b.vpc_endpoint_id, k.interface_tags
),
-- The first key that interfaces lack whose value can stand in a command as it is.
copied_key AS (
  SELECT b.account_id, b.region, b.vpc_endpoint_id, MIN(b.tag_key) AS interface_key
  FROM bare AS b
  JOIN given AS g
    ON g.account_id = b.account_id AND g.region = b.region AND g.resource_id = b.vpc_endpoint_id AND g.key = b.tag_key
  WHERE POSITION(',' IN g.value) = 0 AND POSITION('=' IN g.value) = 0 AND POSITION('"' IN g.value) = 0 AND POSITION(',' IN g.key) = 0 AND POSITION('=' IN g.key) = 0
  GROUP BY b.account_id, b.region, b.vpc_endpoint_id
),
copied AS (
  SELECT
    k.account_id, k.region, k.vpc_endpoint_id, k.interface_key,
    MIN(g.value) AS interface_value,
    CASE
      WHEN COUNT(*) = 1 THEN MIN(b.network_interface_id)
      ELSE CONCAT('["', STRING_AGG(b.network_interface_id, '","' ORDER BY b.network_interface_id), '"]')
    END AS interface_ids
  FROM copied_key AS k
  JOIN bare AS b
    ON b.account_id = k.account_id AND b.region = k.region AND b.vpc_endpoint_id = k.vpc_endpoint_id AND b.tag_key = k.interface_key
  JOIN given AS g
    ON g.account_id = k.account_id AND g.region = k.region AND g.resource_id = k.vpc_endpoint_id AND g.key = k.interface_key
  GROUP BY k.account_id, k.region, k.vpc_endpoint_id, k.interface_key
),
listed AS (
  SELECT account_id, region, resource_id, STRING_AGG(tag_key, ', ' ORDER BY tag_key) AS missing_tags
  FROM missing
  GROUP BY account_id, region, resource_id
)
SELECT
  r.resource_id,
  r.account_id,
  r.region,
  r.resource_type,
  CASE
    WHEN l.missing_tags IS NOT NULL OR w.wrong_tags IS NOT NULL THEN 'alarm'
    WHEN b.interface_tags IS NOT NULL THEN 'info'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN l.missing_tags IS NULL AND w.wrong_tags IS NOT NULL THEN 'wrong_value'
    WHEN w.wrong_tags IS NOT NULL THEN 'both'
    WHEN l.missing_tags IS NULL AND b.interface_tags IS NOT NULL AND c.interface_ids IS NULL THEN 'interfaces_by_hand'
    WHEN l.missing_tags IS NULL AND b.interface_tags IS NOT NULL THEN 'interfaces'
  END AS variant,
  CASE
    WHEN l.missing_tags IS NULL AND w.wrong_tags IS NULL AND b.interface_tags IS NOT NULL THEN 'low'
    ELSE 'high'
  END AS confidence,
  l.missing_tags,
  w.wrong_tags,
  b.interface_tags,
  b.bare_interfaces,
  CASE WHEN b.bare_interfaces IS NOT NULL THEN r.network_interfaces END AS network_interfaces,
  c.interface_ids,
  c.interface_key,
  c.interface_value
FROM resource AS r
LEFT JOIN listed AS l
  ON l.account_id = r.account_id AND l.region = r.region AND l.resource_id = r.resource_id
LEFT JOIN wrong AS w
  ON w.account_id = r.account_id AND w.region = r.region AND w.resource_id = r.resource_id
LEFT JOIN bare_count AS b
  ON b.account_id = r.account_id AND b.region = r.region AND b.vpc_endpoint_id = r.resource_id
LEFT JOIN copied AS c
  ON c.account_id = r.account_id AND c.region = r.region AND c.vpc_endpoint_id = r.resource_id
