/*---
title = "Endpoint policy allows everything to everybody"
category = "security"
severity = "low"
confidence = "high"
resource = "vpc_endpoint"
message = "the policy allows every action on every resource to every principal, without a condition"
rationale = """
Whoever runs code in the VPC can use the endpoint with credentials of any AWS account, and carry data
to resources of any AWS account, past the firewalls that watch the way to the internet. An endpoint
policy that keeps to the organization closes that way. AWS attaches the open policy unless another one
is given, so this is what an endpoint has that nobody has looked at."""
recommended_action = """
aws ec2 modify-vpc-endpoint --region REGION --vpc-endpoint-id ID --policy-document file://policy.json,
with a condition such as aws:PrincipalOrgID and aws:ResourceOrgID, after a look at what passes through
it: some AWS services reach resources of AWS's own accounts by it."""
exceptions = [
  "endpoints of services that take no endpoint policy, those of other companies among them, and Gateway Load Balancer endpoints",
  "the policy denies everything under a condition besides",
  "the policy denies some actions or resources besides, or allows everything but some: reported as info",
  "an AWS service made the endpoint and manages it: reported as info",
  "the perimeter is kept by service or resource control policies, which plaudit does not read: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html",
]

[messages]
default = "AWS's default policy was never replaced: every action on every resource for every principal"
managed = "the policy allows everything to everybody, but an AWS service manages the endpoint: look at that service"
some_denied = "the policy allows everything to everybody and denies some of it ({denies:count statement}): read whether that is enough"
all_but = "the policy allows everything but what it lists to everybody: read whether the list is long enough"
---*/
WITH judged AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    MAX(service) AS service,
    MAX(problem) AS problem,
    SUM(CASE WHEN is_default THEN 1 ELSE 0 END) AS is_default,
    SUM(CASE WHEN effect = 'Allow' AND condition IS NULL AND principal = 'every' AND action = 'every' AND resource = 'every' THEN 1 ELSE 0 END) AS open,
    SUM(CASE WHEN effect = 'Allow' AND condition IS NULL AND principal <> 'named' AND action <> 'named' AND resource <> 'named' THEN 1 ELSE 0 END) AS broad,
    SUM(CASE WHEN effect = 'Deny' THEN 1 ELSE 0 END) AS denies,
    SUM(CASE WHEN effect = 'Deny' AND principal <> 'named' AND action = 'every' AND resource = 'every' THEN 1 ELSE 0 END) AS perimeter,
    COUNT(*) AS statements
  FROM vpc_endpoint_policy
  WHERE service IS NOT NULL
  GROUP BY account_id, region, vpc_endpoint_id
),
-- One service name may stand for an interface and for a gateway.
taken AS (
  SELECT account_id, region, service_name, MAX(CASE WHEN vpc_endpoint_policy_supported THEN 1 ELSE 0 END) AS takes_policy
  FROM service_detail
  GROUP BY account_id, region, service_name
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN j.problem IS NOT NULL THEN 'skip'
    WHEN j.broad = 0 OR j.perimeter > 0 OR t.takes_policy = 0 THEN 'ok'
    WHEN t.takes_policy IS NULL THEN 'skip'
    WHEN j.open > 0 AND j.denies = 0 AND NOT e.requester_managed THEN 'alarm'
    ELSE 'info'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN j.open = 0 THEN 'all_but'
    WHEN j.denies > 0 THEN 'some_denied'
    WHEN j.is_default > 0 THEN 'default'
  END AS variant,
  CASE
    WHEN j.service IN ('dynamodb', 'ecr', 'execute-api', 'kinesis-firehose', 'kinesis-streams', 'kms', 'lambda', 'logs', 's3', 'secretsmanager', 'sns', 'sqs', 'sts') THEN 'medium'
    ELSE 'low'
  END AS severity,
  CASE
    WHEN j.problem IS NOT NULL THEN j.problem
    WHEN t.takes_policy IS NULL THEN 'whether the service takes endpoint policies is not known'
  END AS reason,
  e.vpc_endpoint_type,
  e.service_name,
  e.vpc_id,
  j.statements,
  j.denies
FROM vpc_endpoint AS e
JOIN judged AS j
  ON j.account_id = e.account_id AND j.region = e.region AND j.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN taken AS t
  ON t.account_id = e.account_id AND t.region = e.region AND t.service_name = e.service_name
WHERE e.state NOT IN ('deleting', 'deleted') AND e.vpc_endpoint_type <> 'GatewayLoadBalancer'
