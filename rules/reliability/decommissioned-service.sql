/*---
title = "Endpoint leads to an AWS service that is no longer offered"
category = "reliability"
severity = "high"
confidence = "medium"
resource = "vpc_endpoint"
message = "{service_name} is no longer among the services that AWS offers to this account in {region}"
rationale = """
AWS retires services, and takes their names out of the list of those that an endpoint may lead to. An
endpoint that was made before stays, bills on, and one day answers no more."""
recommended_action = """
aws ec2 describe-vpc-endpoint-services --region REGION --service-names NAME says whether it is offered.
Move the clients to what replaces the service, then aws ec2 delete-vpc-endpoints --region REGION
--vpc-endpoint-ids ID."""
exceptions = [
  "names that are not com.amazonaws.<region>.<service>: partners' services (com.amazonaws.vpce...) show themselves only to whom they allow, and aws.sagemaker... and aws.api... are named otherwise",
  "services of another Region",
  "services that AWS offers to chosen accounts only, if the account was taken off the list: ask AWS",
  "an AWS service made the endpoint and manages it: reported as info",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html",
]

[messages]
managed = "{service_name} is no longer among the services that AWS offers to this account in {region}, but an AWS service manages the endpoint: look at that service"
---*/
WITH offered AS (
  SELECT DISTINCT account_id, region, service_name FROM service_detail
),
named AS (
  SELECT
    account_id, region, vpc_endpoint_id, vpc_endpoint_type, service_name, vpc_id, age_days, requester_managed,
    CONCAT('com.amazonaws.', region, '.') AS prefix
  FROM vpc_endpoint
  WHERE state = 'available' AND service_name IS NOT NULL AND service_region = region
)
SELECT
  n.vpc_endpoint_id AS resource_id,
  n.account_id,
  n.region,
  CASE
    WHEN o.service_name IS NOT NULL THEN 'ok'
    WHEN n.requester_managed THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE WHEN n.requester_managed THEN 'managed' END AS variant,
  n.service_name,
  n.vpc_endpoint_type,
  n.vpc_id,
  n.age_days
FROM named AS n
LEFT JOIN offered AS o
  ON o.account_id = n.account_id AND o.region = n.region AND o.service_name = n.service_name
WHERE SUBSTR(n.service_name, 1, LENGTH(n.prefix)) = n.prefix
