/*---
title = "Endpoint policy lets nobody in"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
operations_of_views = ["ec2:DescribeVpcEndpointServices"]
message = "the policy lets nobody in, so that every call through the endpoint is refused"
rationale = """
An endpoint policy allows nothing by itself: one that only denies, or whose conditions nothing meets,
refuses every call, and so does one at a gateway endpoint that names accounts, which there stand for their
root users alone. The endpoint is `available`, its name resolves to it, and clients get AccessDenied from
a service that their own permissions allow."""
recommended_action = """
See what the policy was meant to keep out:
`aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id} --query 'VpcEndpoints[].PolicyDocument' --output text`.
Then let in who belongs here, and add to it what else is meant:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --policy-document '{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"{condition_key}":"{condition_value}"}}}}}}]}}'`."""
exceptions = [
  "roles, users and conditions that somebody may meet",
  "traffic was measured all the same: refused calls are traffic too, or the policy was changed a short time ago (info)",
  "services that take no endpoint policy, and Gateway Load Balancer endpoints",
  "an AWS service made the endpoint and manages it (info)",
  "meant so, to close an endpoint for a time: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
]

[messages]
used = "the policy lets nobody in, yet {monthly_gigabytes} GB a month pass: they may be calls that are refused, or the policy was changed a short time ago"
root = "the policy lets nobody in: at a gateway endpoint an account as principal stands for its root user alone"
managed = "the policy lets nobody in, but an AWS service manages the endpoint: look at that service"

[actions]
managed = """
Look at the AWS service that made the endpoint: its policy only that service can change."""
---*/
WITH judged AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    MAX(problem) AS problem,
    SUM(CASE WHEN admits_nobody THEN 1 ELSE 0 END) AS admits_nobody,
    SUM(CASE WHEN effect = 'Allow' AND principal = 'named' THEN 1 ELSE 0 END) AS named,
    SUM(CASE WHEN effect = 'Allow' AND principal <> 'named' THEN 1 ELSE 0 END) AS unnamed,
    SUM(CASE WHEN effect = 'Deny' THEN 1 ELSE 0 END) AS denies,
    COUNT(*) AS statements
  FROM vpc_endpoint_policy
  WHERE service IS NOT NULL
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN j.problem IS NOT NULL THEN 'skip'
    WHEN j.admits_nobody = 0 OR t.takes_policy = 0 THEN 'ok'
    WHEN t.takes_policy IS NULL THEN 'skip'
    WHEN e.requester_managed OR c.monthly_gigabytes > 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN c.monthly_gigabytes > 0 THEN 'used'
    WHEN e.vpc_endpoint_type = 'Gateway' AND j.named > 0 AND j.unnamed = 0 AND j.denies = 0 THEN 'root'
  END AS variant,
  CASE WHEN c.monthly_gigabytes > 0 THEN 'low' ELSE 'high' END AS confidence,
  CASE
    WHEN j.problem IS NOT NULL THEN j.problem
    WHEN t.takes_policy IS NULL THEN 'whether the service takes endpoint policies is not known'
  END AS reason,
  e.vpc_endpoint_type,
  e.service_name,
  e.vpc_id,
  j.statements,
  j.denies,
  CASE WHEN c.monthly_gigabytes < 1 THEN ROUND(c.monthly_gigabytes, 4) ELSE ROUND(c.monthly_gigabytes, 1) END AS monthly_gigabytes,
  CASE WHEN COALESCE(w.organization_id, '') = '' THEN 'aws:PrincipalAccount' ELSE 'aws:PrincipalOrgID' END AS condition_key,
  CASE WHEN COALESCE(w.organization_id, '') = '' THEN e.account_id ELSE w.organization_id END AS condition_value
FROM vpc_endpoint AS e
JOIN judged AS j
  ON j.account_id = e.account_id AND j.region = e.region AND j.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN listed_service AS t
  ON t.account_id = e.account_id AND t.region = e.region AND t.service_name = e.service_name
LEFT JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
CROSS JOIN snapshot AS w
WHERE e.state NOT IN ('deleting', 'deleted') AND e.vpc_endpoint_id <> '' AND e.vpc_endpoint_type <> 'GatewayLoadBalancer'
