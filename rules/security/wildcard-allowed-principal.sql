/*---
title = "Any AWS account may connect to the endpoint service"
category = "security"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_service"
message = "any account at AWS may ask to connect; only the acceptance of each request stands between"
rationale = """
A service that allows every principal can be found and asked for by every account at AWS. With
acceptance required, a person is the only barrier; without, there is none, and whoever knows the name
is inside the provider's network up to the load balancer."""
recommended_action = """
Allow each account that is meant, under Allow principals in the VPC console, before
`aws ec2 modify-vpc-endpoint-service-permissions --region {region} --service-id {resource_id} --remove-allowed-principals '*'`.
That does not cut connections:
`aws ec2 describe-vpc-endpoint-connections --region {region} --filters Name=service-id,Values={resource_id}`
shows them, to be rejected one by one."""
exceptions = [
  "a service that is sold to anybody, with the application asking for credentials: waive it",
  "with acceptance required the severity is medium, without it is critical",
  "services that are being deleted",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[messages]
open = "any account at AWS connects without being asked: every principal is allowed, and acceptance is not required"

[actions]
open = """
`aws ec2 modify-vpc-endpoint-service-configuration --region {region} --service-id {resource_id} --acceptance-required`
at once. Then allow each account that is meant, under Allow principals in the VPC console, before
`aws ec2 modify-vpc-endpoint-service-permissions --region {region} --service-id {resource_id} --remove-allowed-principals '*'`.
Neither cuts connections:
`aws ec2 describe-vpc-endpoint-connections --region {region} --filters Name=service-id,Values={resource_id}`
shows them, to be rejected one by one."""
---*/
WITH wildcard AS (
  SELECT account_id, region, service_id, COUNT(*) AS principals
  FROM vpc_endpoint_service_principal
  WHERE principal = '*' OR principal_type = 'All'
  GROUP BY account_id, region, service_id
)
SELECT
  s.service_id AS resource_id,
  s.account_id,
  s.region,
  CASE WHEN w.service_id IS NULL THEN 'ok' ELSE 'alarm' END AS status,
  CASE WHEN s.acceptance_required THEN 'medium' ELSE 'critical' END AS severity,
  CASE WHEN NOT s.acceptance_required THEN 'open' END AS variant,
  s.service_name,
  s.acceptance_required
FROM vpc_endpoint_service AS s
LEFT JOIN wildcard AS w
  ON w.account_id = s.account_id AND w.region = s.region AND w.service_id = s.service_id
WHERE s.service_state NOT IN ('Deleting', 'Deleted') AND s.service_id <> ''
