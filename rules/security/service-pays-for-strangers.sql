/*---
title = "Endpoint service pays for endpoints of accounts outside the organization"
category = "security"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_service"
message = "its owner pays for the endpoints of its consumers, and {outsiders} of another organization may make them without being asked"
rationale = """
Where the owner of a service pays, each zone of each endpoint that a consumer makes is billed to the
owner by the hour, and what passes through by the gigabyte. Whoever may connect then decides on the
owner's bill. AWS does not let the owner hand the cost back: it can only keep consumers out, or offer
the service anew."""
recommended_action = """
`aws ec2 describe-vpc-endpoint-connections --region {region} --filters Name=service-id,Values={resource_id}`
shows whom it pays for. Ask for acceptance of each endpoint:
`aws ec2 modify-vpc-endpoint-service-configuration --region {region} --service-id {resource_id} --acceptance-required`,
and take out who is not meant:
`aws ec2 modify-vpc-endpoint-service-permissions --region {region} --service-id {resource_id} --remove-allowed-principals {outsider}`.
Only a new service can leave the cost with its consumers."""
exceptions = [
  "the consumers pay, as is usual",
  "all principals are accounts or organizational units of the organization, or AWS services",
  "each endpoint waits for acceptance: severity low",
  "not every account of the organization is known, a principal is of a type that AWS adds, or another payer is named than AWS documents: not judged",
  "customers for whom the price of the service covers it: waive the service",
]
references = [
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePayerResponsibility.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[messages]
asks = "its owner pays for the endpoints of its consumers, and {outsiders} of another organization may ask for them"
everybody = "its owner pays for the endpoints of its consumers, and any account at AWS may make them without being asked"
everybody_asks = "its owner pays for the endpoints of its consumers, and any account at AWS may ask for them"
---*/
WITH named AS (
  SELECT
    account_id, region, service_id, principal,
    CASE WHEN principal = '*' OR principal_type = 'All' THEN 1 ELSE 0 END AS is_all,
    CASE WHEN COALESCE(principal_type, 'Account') IN ('All', 'Service', 'Account', 'User', 'Role', 'OrganizationUnit') THEN 0 ELSE 1 END AS is_unclear,
    CASE WHEN principal_type = 'Service' THEN 1 ELSE 0 END AS is_service,
    -- The fifth part of an ARN is the account; a bare id is one, too.
    CASE WHEN principal LIKE 'arn:%' THEN SPLIT_PART(principal, ':', 5) ELSE principal END AS principal_account_id
  FROM vpc_endpoint_service_principal
  WHERE principal <> ''
),
counted AS (
  SELECT
    n.account_id, n.region, n.service_id,
    MAX(n.is_all) AS is_all,
    MAX(n.is_unclear) AS is_unclear,
    SUM(CASE WHEN a.account_id IS NULL AND n.is_all + n.is_unclear + n.is_service = 0 THEN 1 ELSE 0 END) AS outsider_count
  FROM named AS n
  LEFT JOIN account AS a ON a.account_id = n.principal_account_id
  GROUP BY n.account_id, n.region, n.service_id
),
outside AS (
  SELECT n.account_id, n.region, n.service_id, MIN(n.principal) AS outsider, STRING_AGG(n.principal, ', ' ORDER BY n.principal) AS outsiders
  FROM named AS n
  LEFT JOIN account AS a ON a.account_id = n.principal_account_id
  WHERE n.is_all = 1 OR (a.account_id IS NULL AND n.is_unclear + n.is_service = 0)
  GROUP BY n.account_id, n.region, n.service_id
),
connected AS (
  SELECT account_id, region, service_id, COUNT(*) AS connections
  FROM vpc_endpoint_connection
  WHERE vpc_endpoint_state = 'available'
  GROUP BY account_id, region, service_id
),
judged AS (
  SELECT
    s.account_id, s.region, s.service_id, s.service_name, s.acceptance_required, s.payer_responsibility,
    o.outsider, o.outsiders,
    COALESCE(c.connections, 0) AS connections,
    CASE
      WHEN COALESCE(s.payer_responsibility, '') NOT IN ('', 'ServiceOwner') THEN 'payer'
      WHEN COALESCE(s.payer_responsibility, '') = '' THEN 'ok'
      WHEN n.is_all = 1 THEN 'everybody'
      WHEN n.outsider_count > 0 AND NOT w.accounts_complete THEN 'unknown'
      WHEN n.outsider_count > 0 THEN 'outside'
      WHEN n.is_unclear = 1 THEN 'unclear'
      ELSE 'ok'
    END AS fate
  FROM vpc_endpoint_service AS s
  LEFT JOIN counted AS n
    ON n.account_id = s.account_id AND n.region = s.region AND n.service_id = s.service_id
  LEFT JOIN outside AS o
    ON o.account_id = s.account_id AND o.region = s.region AND o.service_id = s.service_id
  LEFT JOIN connected AS c
    ON c.account_id = s.account_id AND c.region = s.region AND c.service_id = s.service_id
  CROSS JOIN snapshot AS w
  WHERE s.service_state NOT IN ('Deleting', 'Deleted') AND s.service_id <> ''
)
SELECT
  service_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN fate IN ('everybody', 'outside') THEN 'alarm'
    WHEN fate = 'ok' THEN 'ok'
    ELSE 'skip'
  END AS status,
  CASE
    WHEN fate = 'everybody' AND acceptance_required THEN 'everybody_asks'
    WHEN fate = 'everybody' THEN 'everybody'
    WHEN fate = 'outside' AND acceptance_required THEN 'asks'
  END AS variant,
  CASE
    WHEN acceptance_required THEN 'low'
    WHEN fate = 'everybody' THEN 'high'
    ELSE 'medium'
  END AS severity,
  CASE
    WHEN fate = 'payer' THEN 'AWS names a payer that is not known'
    WHEN fate = 'unknown' THEN 'not every account of the organization is known to this snapshot'
    WHEN fate = 'unclear' THEN 'it allows a principal of a type that is not known'
  END AS reason,
  service_name,
  payer_responsibility,
  acceptance_required,
  outsider,
  outsiders,
  connections
FROM judged
