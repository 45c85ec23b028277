/*---
title = "Connection to an endpoint service goes on without a permission"
category = "security"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_connection"
message = "{owner} is connected to {service_id}, which allows neither it nor everybody, and is not an account of the organization"
rationale = """
To take a principal off the list of a service keeps it from making new endpoints, and does not touch
those that it has. Whoever was cut off on paper stays inside the provider's network up to the load
balancer, until somebody rejects the connection."""
recommended_action = """
If it was meant to end:
`aws ec2 reject-vpc-endpoint-connections --region {region} --service-id {service_id} --vpc-endpoint-ids {resource_id}`.
If not, allow it again:
`aws ec2 modify-vpc-endpoint-service-permissions --region {region} --service-id {service_id} --add-allowed-principals {principal}`."""
exceptions = [
  "the account is allowed, by a user or a role of it too",
  "every principal is allowed: wildcard-allowed-principal says so",
  "the account is one of the organization, or the provider itself",
  "not every account of the organization is known, so that a stranger cannot be told from one of them (info, low confidence)",
  "the owner, the type of a principal, or who is in an organizational unit of another organization is not known: not judged",
  "connections without an endpoint, as those of transit gateway attachments, and services whose endpoints AWS manages",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[messages]
unknown = "{owner} is connected to {service_id}, which allows neither it nor everybody; whether it is an account of the organization is not known"
---*/
WITH connected AS (
  SELECT c.account_id, c.region, c.service_id, s.service_name, c.vpc_endpoint_id, c.vpc_endpoint_owner, c.vpc_endpoint_region, c.age_days
  FROM vpc_endpoint_connection AS c
  JOIN vpc_endpoint_service AS s
    ON s.account_id = c.account_id AND s.region = c.region AND s.service_id = c.service_id
  WHERE c.vpc_endpoint_state = 'available' AND c.vpc_endpoint_id <> ''
    AND s.service_state NOT IN ('Deleting', 'Deleted') AND NOT s.manages_vpc_endpoints
),
permission AS (
  SELECT
    account_id, region, service_id,
    CASE
      WHEN principal = '*' OR principal_type = 'All' THEN 'all'
      WHEN principal_type = 'OrganizationUnit' THEN 'unit'
      WHEN principal_type = 'Service' THEN 'service'
      WHEN COALESCE(principal_type, 'Account') IN ('Account', 'User', 'Role') THEN 'account'
      ELSE 'unclear'
    END AS kind,
    -- The fifth part of an ARN is the account; a bare id is one, too.
    CASE WHEN principal LIKE 'arn:%' THEN SPLIT_PART(principal, ':', 5) ELSE principal END AS principal_account_id
  FROM vpc_endpoint_service_principal
),
-- Who is in an organizational unit of another organization cannot be seen from here.
foreign_unit AS (
  SELECT DISTINCT u.account_id, u.region, u.service_id
  FROM permission AS u
  LEFT JOIN account AS m ON m.account_id = u.principal_account_id
  WHERE u.kind = 'unit' AND m.account_id IS NULL
),
broad AS (
  SELECT
    account_id, region, service_id,
    MAX(CASE WHEN kind = 'all' THEN 1 ELSE 0 END) AS is_all,
    MAX(CASE WHEN kind = 'unclear' THEN 1 ELSE 0 END) AS is_unclear
  FROM permission
  GROUP BY account_id, region, service_id
),
named AS (
  SELECT DISTINCT account_id, region, service_id, principal_account_id
  FROM permission
  WHERE kind = 'account'
),
judged AS (
  SELECT
    c.account_id, c.region, c.service_id, c.service_name, c.vpc_endpoint_id, c.vpc_endpoint_owner, c.vpc_endpoint_region, c.age_days,
    COALESCE(a.account_name, c.vpc_endpoint_owner) AS owner,
    CASE
      WHEN c.vpc_endpoint_owner IS NULL OR c.vpc_endpoint_owner = '' THEN 'no_owner'
      WHEN a.account_id IS NOT NULL OR c.vpc_endpoint_owner = c.account_id THEN 'inside'
      WHEN b.is_all = 1 OR n.service_id IS NOT NULL THEN 'allowed'
      WHEN b.is_unclear = 1 THEN 'unclear'
      WHEN g.service_id IS NOT NULL THEN 'no_unit'
      WHEN NOT w.accounts_complete THEN 'unknown'
      ELSE 'outside'
    END AS fate
  FROM connected AS c
  LEFT JOIN broad AS b
    ON b.account_id = c.account_id AND b.region = c.region AND b.service_id = c.service_id
  LEFT JOIN foreign_unit AS g
    ON g.account_id = c.account_id AND g.region = c.region AND g.service_id = c.service_id
  LEFT JOIN named AS n
    ON n.account_id = c.account_id AND n.region = c.region AND n.service_id = c.service_id
    AND n.principal_account_id = c.vpc_endpoint_owner
  LEFT JOIN account AS a ON a.account_id = c.vpc_endpoint_owner
  CROSS JOIN snapshot AS w
)
SELECT
  vpc_endpoint_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN fate IN ('allowed', 'inside') THEN 'ok'
    WHEN fate = 'outside' THEN 'alarm'
    WHEN fate = 'unknown' THEN 'info'
    ELSE 'skip'
  END AS status,
  CASE WHEN fate = 'unknown' THEN fate END AS variant,
  CASE WHEN fate = 'unknown' THEN 'low' ELSE 'high' END AS confidence,
  CASE
    WHEN fate = 'no_owner' THEN 'AWS does not name the owner of the connection'
    WHEN fate = 'unclear' THEN 'the service allows a principal of a type that is not known'
    WHEN fate = 'no_unit' THEN 'the service allows an organizational unit of another organization'
  END AS reason,
  owner,
  vpc_endpoint_owner,
  vpc_endpoint_region,
  service_id,
  service_name,
  age_days,
  CONCAT(
    CASE
      WHEN region LIKE 'cn-%' THEN 'arn:aws-cn:iam::'
      WHEN region LIKE 'us-gov-%' THEN 'arn:aws-us-gov:iam::'
      WHEN region LIKE 'eusc-%' THEN 'arn:aws-eusc:iam::'
      ELSE 'arn:aws:iam::'
    END,
    COALESCE(vpc_endpoint_owner, ''), ':root'
  ) AS principal
FROM judged
