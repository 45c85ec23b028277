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
aws ec2 create-tags --region REGION --resources ID --tags Key=KEY,Value=VALUE; then activate the key
as a cost allocation tag in the Billing console of the management account. AWS does not copy the tags to
the endpoint's network interfaces: name these under --resources too."""
exceptions = [
  "tags of which [tags.allowed] names no values may have any",
  "an AWS service made the endpoint and manages it",
  "it is being deleted",
  "tags whose key begins with aws: do not count",
  "the endpoint is tagged and only its network interfaces are not, to which AWS copies no tags (info)",
  "interfaces that the account was not shown",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/add-remove-tags.html",
  "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html",
]

[messages]
wrong_value = "has {wrong_tags}, which is not among the values allowed"
interfaces = "is tagged, but lacks {interface_tags} on {bare_interfaces} of its {network_interfaces:count network interface}, to which AWS copies no tags"
both = "lacks {missing_tags}, and has {wrong_tags}, which is not among the values allowed"
---*/
WITH resource AS (
  SELECT account_id, region, vpc_endpoint_id AS resource_id, 'vpc_endpoint' AS resource_type, network_interfaces
  FROM vpc_endpoint
  WHERE state NOT IN ('deleting', 'deleted') AND NOT requester_managed
  UNION ALL
  SELECT account_id, region, service_id AS resource_id, 'vpc_endpoint_service' AS resource_type, CAST(NULL AS BIGINT) AS network_interfaces
  FROM vpc_endpoint_service
  WHERE service_state NOT IN ('Deleting', 'Deleted')
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
  WHERE NOT i.is_consumer
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
  CASE WHEN b.bare_interfaces IS NOT NULL THEN r.network_interfaces END AS network_interfaces
FROM resource AS r
LEFT JOIN listed AS l
  ON l.account_id = r.account_id AND l.region = r.region AND l.resource_id = r.resource_id
LEFT JOIN wrong AS w
  ON w.account_id = r.account_id AND w.region = r.region AND w.resource_id = r.resource_id
LEFT JOIN bare_count AS b
  ON b.account_id = r.account_id AND b.region = r.region AND b.vpc_endpoint_id = r.resource_id
