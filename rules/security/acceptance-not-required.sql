/*---
title = "Endpoint service accepts every request by itself"
category = "security"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_service"
message = "whoever is allowed connects without being asked, {outsiders} of another organization among them"
rationale = """
Without acceptance, the list of allowed principals is the only barrier: each of them connects whenever
it likes, from any VPC, and the provider learns of it afterwards or never. Among accounts of one
organization that is a common choice; with accounts of others it deserves a second look."""
recommended_action = """
`aws ec2 modify-vpc-endpoint-service-configuration --region {region} --service-id {resource_id} --acceptance-required`.
Connections that exist go on. Then see that somebody is told of requests: missing-connection-notification says
how."""
exceptions = [
  "all principals are of the organization: reported as info",
  "where not every account of the organization is known, that cannot be told: reported as info with low confidence",
  "nobody is allowed to connect",
  "every principal (`*`): wildcard-allowed-principal says so, with severity critical",
  "services that are being deleted",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[messages]
inside = "without being asked, these connect: {principals:count principal}, all of this organization"
unknown = "without being asked, these connect: {principals:count principal}; whether all are of this organization is not known"

[actions]
inside = """
Nothing needs to be done where that is meant. If each consumer is to be looked at:
`aws ec2 modify-vpc-endpoint-service-configuration --region {region} --service-id {resource_id} --acceptance-required`."""
---*/
WITH counted AS (
  SELECT
    p.account_id, p.region, p.service_id,
    COUNT(*) AS principals,
    SUM(CASE WHEN p.principal = '*' OR p.principal_type = 'All' THEN 1 ELSE 0 END) AS wildcards,
    SUM(CASE WHEN a.account_id IS NULL AND COALESCE(p.principal_type, 'Account') <> 'Service' THEN 1 ELSE 0 END) AS outsider_count,
    STRING_AGG(CASE WHEN a.account_id IS NULL AND COALESCE(p.principal_type, 'Account') <> 'Service' THEN p.principal END, ', ' ORDER BY p.principal) AS outsiders
  FROM vpc_endpoint_service_principal AS p
  LEFT JOIN account AS a
    ON a.account_id = CASE WHEN p.principal LIKE 'arn:%' THEN SPLIT_PART(p.principal, ':', 5) ELSE p.principal END
  WHERE p.principal <> ''
  GROUP BY p.account_id, p.region, p.service_id
)
SELECT
  s.service_id AS resource_id,
  s.account_id,
  s.region,
  CASE
    WHEN s.acceptance_required OR c.principals IS NULL OR c.wildcards > 0 THEN 'ok'
    WHEN NOT w.accounts_complete OR c.outsider_count = 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE WHEN c.outsider_count > 0 AND w.accounts_complete THEN 'medium' ELSE 'info' END AS severity,
  CASE WHEN c.outsider_count > 0 AND NOT w.accounts_complete THEN 'low' ELSE 'high' END AS confidence,
  CASE
    WHEN c.outsider_count > 0 AND NOT w.accounts_complete THEN 'unknown'
    WHEN c.outsider_count = 0 THEN 'inside'
  END AS variant,
  s.service_name,
  s.acceptance_required,
  c.principals,
  c.outsider_count,
  c.outsiders
FROM vpc_endpoint_service AS s
LEFT JOIN counted AS c
  ON c.account_id = s.account_id AND c.region = s.region AND c.service_id = s.service_id
CROSS JOIN snapshot AS w
WHERE s.service_state NOT IN ('Deleting', 'Deleted') AND s.service_id <> ''
