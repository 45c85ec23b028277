/*---
title = "Endpoint policy allows everything to everybody"
category = "security"
severity = "low"
confidence = "high"
resource = "vpc_endpoint"
operations_of_views = ["ec2:DescribeVpcEndpointServices"]
message = "the policy allows every action on every resource to every principal, without a condition"
rationale = """
Whoever runs code in the VPC can use the endpoint with credentials of any AWS account, and carry data
to resources of any AWS account, past the firewalls that watch the way to the internet. An endpoint
policy that keeps to the organization closes that way. AWS attaches the open policy unless another one
is given, so this is what an endpoint has that nobody has looked at."""
recommended_action = """
Look first at what passes through it: calls without a signature, as those by which Amazon Linux fetches packages
from S3, are refused afterwards. Then keep the endpoint to who belongs here:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --policy-document '{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"{condition_key}":"{condition_value}"}}}}}}]}}'`.
A condition on aws:ResourceOrgID keeps out foreign resources too, but some AWS services use resources of
AWS's own accounts."""
exceptions = [
  "endpoints of services that take no endpoint policy, those of other companies among them, and Gateway Load Balancer endpoints",
  "the policy denies everything to those who do not meet a condition that some meet and others do not",
  "a condition that whatever passes through the endpoint meets, such as its own VPC, is not one: aws:SourceVpc, aws:SourceVpce, aws:SecureTransport, aws:VpcSourceIp of the whole VPC, or any value at all",
  "the policy lets nobody in: endpoint-policy-admits-nobody says so",
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
void = "the policy allows every action on every resource to every principal, and whatever passes through the endpoint meets its conditions ({conditions})"
some_denied = "the policy allows everything to everybody and denies some of it ({denies:count statement}): read whether that is enough"
all_but = "the policy allows everything but what it lists to everybody: read whether the list is long enough"

[actions]
managed = """
Look at the AWS service that made the endpoint: its policy only that service can change."""
some_denied = """
`aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id} --query 'VpcEndpoints[].PolicyDocument' --output text`
shows the policy. A condition on {condition_key} would keep strangers out of the rest too."""
all_but = """
`aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id} --query 'VpcEndpoints[].PolicyDocument' --output text`
shows the policy. A condition on {condition_key} would keep strangers out of the rest too."""
---*/
WITH statement AS (
  SELECT
    account_id, region, vpc_endpoint_id, service, problem, is_default, effect, principal, action, resource, condition,
    has_perimeter, admits_nobody,
    -- How often what passes through the endpoint meets the condition.
    COALESCE(condition_met, CASE WHEN condition IS NULL THEN 'always' ELSE 'sometimes' END) AS met
  FROM vpc_endpoint_policy
  WHERE service IS NOT NULL
),
judged AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    -- The endpoints of a service that keep to FIPS lead to the same data.
    MAX(CASE WHEN service LIKE '%-fips' THEN SUBSTR(service, 1, LENGTH(service) - 5) ELSE service END) AS service,
    MAX(problem) AS problem,
    SUM(CASE WHEN is_default THEN 1 ELSE 0 END) AS is_default,
    SUM(CASE WHEN effect = 'Allow' AND met = 'always' AND principal = 'every' AND action = 'every' AND resource = 'every' THEN 1 ELSE 0 END) AS open,
    SUM(CASE WHEN effect = 'Allow' AND met = 'always' AND principal <> 'named' AND action <> 'named' AND resource <> 'named' THEN 1 ELSE 0 END) AS broad,
    SUM(CASE WHEN effect = 'Deny' AND met <> 'never' THEN 1 ELSE 0 END) AS denies,
    SUM(CASE WHEN has_perimeter THEN 1 ELSE 0 END) AS perimeter,
    SUM(CASE WHEN admits_nobody THEN 1 ELSE 0 END) AS admits_nobody,
    COUNT(*) AS statements
  FROM statement
  GROUP BY account_id, region, vpc_endpoint_id
),
-- Conditions that restrict nobody.
void_condition AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, condition
  FROM statement
  WHERE condition IS NOT NULL
    AND ((effect = 'Deny' AND met = 'never') OR (effect = 'Allow' AND met = 'always' AND principal = 'every' AND action = 'every' AND resource = 'every'))
),
void AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(condition, ', ' ORDER BY condition) AS conditions
  FROM void_condition
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN j.problem IS NOT NULL THEN 'skip'
    WHEN j.broad = 0 OR j.perimeter > 0 OR j.admits_nobody > 0 OR t.takes_policy = 0 THEN 'ok'
    WHEN t.takes_policy IS NULL THEN 'skip'
    WHEN j.open > 0 AND j.denies = 0 AND NOT e.requester_managed THEN 'alarm'
    ELSE 'info'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN j.open = 0 THEN 'all_but'
    WHEN j.denies > 0 THEN 'some_denied'
    WHEN j.is_default > 0 THEN 'default'
    WHEN v.conditions IS NOT NULL THEN 'void'
  END AS variant,
  CASE
    WHEN j.service IN ('dynamodb', 'ecr', 'execute-api', 'kinesis-firehose', 'kinesis-streams', 'kms', 'lambda', 'logs', 's3', 's3-global', 's3express', 'secretsmanager', 'sns', 'sqs', 'sts') THEN 'medium'
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
  j.denies,
  v.conditions,
  CASE WHEN COALESCE(w.organization_id, '') = '' THEN 'aws:PrincipalAccount' ELSE 'aws:PrincipalOrgID' END AS condition_key,
  CASE WHEN COALESCE(w.organization_id, '') = '' THEN e.account_id ELSE w.organization_id END AS condition_value
FROM vpc_endpoint AS e
JOIN judged AS j
  ON j.account_id = e.account_id AND j.region = e.region AND j.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN listed_service AS t
  ON t.account_id = e.account_id AND t.region = e.region AND t.service_name = e.service_name
LEFT JOIN void AS v
  ON v.account_id = e.account_id AND v.region = e.region AND v.vpc_endpoint_id = e.vpc_endpoint_id
CROSS JOIN snapshot AS w
WHERE e.state NOT IN ('deleting', 'deleted') AND e.vpc_endpoint_id <> '' AND e.vpc_endpoint_type <> 'GatewayLoadBalancer'
