/*---
title = "Account outside the organization may connect to the endpoint service"
category = "security"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_service"
message = "{outsiders} of another organization may connect without being asked"
rationale = """
A service that names accounts of other organizations is a way into the network for somebody whom
nobody here administers. That is right for customers and partners who are known, and wrong for an
account that has left the organization, or a number that was mistyped."""
recommended_action = """
Ask the owner of the service who the account is. If nobody knows:
`aws ec2 modify-vpc-endpoint-service-permissions --region {region} --service-id {resource_id} --remove-allowed-principals {outsider}`,
and the same for each of {outsiders}. Connections that exist go on otherwise:
`aws ec2 describe-vpc-endpoint-connections --region {region} --filters Name=service-id,Values={resource_id}`
shows them, to be rejected one by one."""
exceptions = [
  "accounts of the organization, their users and roles, and organizational units of it",
  "every principal (`*`): wildcard-allowed-principal says so",
  "AWS services as principals",
  "principals of a type that AWS adds, which may be anybody: not judged",
  "the list of accounts does not come from the organization, or a selection left some out: not judged",
  "customers and partners who are known: waive the service",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[messages]
asks = "{outsiders} of another organization may ask to connect, and each request waits for acceptance"
---*/
WITH named AS (
  SELECT
    account_id, region, service_id, principal,
    -- The fifth part of an ARN is the account; a bare id is one, too.
    CASE WHEN principal LIKE 'arn:%' THEN SPLIT_PART(principal, ':', 5) ELSE principal END AS principal_account_id
  FROM vpc_endpoint_service_principal
  WHERE principal <> '*' AND principal <> '' AND COALESCE(principal_type, 'Account') IN ('Account', 'User', 'Role', 'OrganizationUnit')
),
-- Principals whose kind is not known.
unclear AS (
  SELECT DISTINCT account_id, region, service_id
  FROM vpc_endpoint_service_principal
  WHERE principal <> '*'
    AND (
      principal = ''
      OR COALESCE(principal_type, 'Account') NOT IN ('All', 'Service', 'Account', 'User', 'Role', 'OrganizationUnit')
    )
),
outside AS (
  SELECT
    n.account_id, n.region, n.service_id,
    COUNT(*) AS outsider_count,
    MIN(n.principal) AS outsider,
    STRING_AGG(n.principal, ', ' ORDER BY n.principal) AS outsiders
  FROM named AS n
  LEFT JOIN account AS a ON a.account_id = n.principal_account_id
  WHERE a.account_id IS NULL
  GROUP BY n.account_id, n.region, n.service_id
)
SELECT
  s.service_id AS resource_id,
  s.account_id,
  s.region,
  CASE
    WHEN o.service_id IS NULL AND k.service_id IS NOT NULL THEN 'skip'
    WHEN o.service_id IS NULL THEN 'ok'
    WHEN NOT w.accounts_complete THEN 'skip'
    ELSE 'alarm'
  END AS status,
  CASE WHEN s.acceptance_required THEN 'low' ELSE 'medium' END AS severity,
  CASE WHEN s.acceptance_required THEN 'asks' END AS variant,
  CASE
    WHEN o.service_id IS NOT NULL AND NOT w.accounts_complete THEN 'not every account of the organization is known to this snapshot'
    WHEN k.service_id IS NOT NULL THEN 'it allows a principal of a type that is not known'
  END AS reason,
  s.service_name,
  s.acceptance_required,
  o.outsider,
  o.outsiders,
  o.outsider_count
FROM vpc_endpoint_service AS s
LEFT JOIN outside AS o
  ON o.account_id = s.account_id AND o.region = s.region AND o.service_id = s.service_id
LEFT JOIN unclear AS k
  ON k.account_id = s.account_id AND k.region = s.region AND k.service_id = s.service_id
CROSS JOIN snapshot AS w
WHERE s.service_state NOT IN ('Deleting', 'Deleted') AND s.service_id <> ''
