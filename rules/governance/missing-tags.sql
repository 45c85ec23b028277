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
as a cost allocation tag in the Billing console of the management account."""
exceptions = [
  "tags of which [tags.allowed] names no values may have any",
  "an AWS service made the endpoint and manages it",
  "it is being deleted",
  "tags whose key begins with aws: do not count",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/add-remove-tags.html",
  "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html",
]

[messages]
wrong_value = "has {wrong_tags}, which is not among the values allowed"
both = "lacks {missing_tags}, and has {wrong_tags}, which is not among the values allowed"
---*/
WITH resource AS (
  SELECT account_id, region, vpc_endpoint_id AS resource_id, 'vpc_endpoint' AS resource_type
  FROM vpc_endpoint
  WHERE state NOT IN ('deleting', 'deleted') AND NOT requester_managed
  UNION ALL
  SELECT account_id, region, service_id AS resource_id, 'vpc_endpoint_service' AS resource_type
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
  SELECT account_id, region, resource_id, key, value FROM tag WHERE value <> ''
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
    g.account_id, g.region, g.resource_id, g.key, g.value,
    MAX(CASE
      WHEN a.is_exact = 1 AND g.value = a.prefix THEN 1
      WHEN a.is_exact = 0 AND LENGTH(g.value) >= LENGTH(a.prefix) + LENGTH(a.suffix)
        AND SUBSTR(g.value, 1, LENGTH(a.prefix)) = a.prefix
        AND SUBSTR(g.value, LENGTH(g.value) - LENGTH(a.suffix) + 1) = a.suffix THEN 1
      ELSE 0
    END) AS fits
  FROM given AS g
  JOIN allowed_tag AS a ON a.tag_key = g.key
  GROUP BY g.account_id, g.region, g.resource_id, g.key, g.value
),
wrong AS (
  SELECT account_id, region, resource_id, STRING_AGG(CONCAT(key, '=', value), ', ' ORDER BY key) AS wrong_tags
  FROM compared
  WHERE fits = 0
  GROUP BY account_id, region, resource_id
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
  CASE WHEN l.missing_tags IS NULL AND w.wrong_tags IS NULL THEN 'ok' ELSE 'alarm' END AS status,
  CASE
    WHEN l.missing_tags IS NULL AND w.wrong_tags IS NOT NULL THEN 'wrong_value'
    WHEN w.wrong_tags IS NOT NULL THEN 'both'
  END AS variant,
  l.missing_tags,
  w.wrong_tags
FROM resource AS r
LEFT JOIN listed AS l
  ON l.account_id = r.account_id AND l.region = r.region AND l.resource_id = r.resource_id
LEFT JOIN wrong AS w
  ON w.account_id = r.account_id AND w.region = r.region AND w.resource_id = r.resource_id
