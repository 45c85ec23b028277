/*---
title = "Endpoint leads to an AWS service that is no longer offered"
category = "reliability"
severity = "high"
confidence = "medium"
resource = "vpc_endpoint"
message = "{service_name} is not among the services that AWS offers to this account in {region}"
rationale = """
AWS retires services, and takes their names out of the list of those that an endpoint may lead to. An
endpoint that was made before stays, bills on, and one day answers no more."""
recommended_action = """
`aws ec2 describe-vpc-endpoint-services --region {region} --service-names {service_name}` says whether it is
offered. Move the clients to what replaces the service, then
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "names that are not com.amazonaws.<region>.<service>, in China with cn. before it, in Europe's sovereign cloud eu.amazonaws.<region>.<service>: partners' services (com.amazonaws.vpce...) show themselves only to whom they allow, and aws.sagemaker... and aws.api... are named otherwise",
  "services that AWS makes for one cluster or server, such as those of Aurora DSQL",
  "services of another Region",
  "services that AWS offers to chosen accounts only, if the account was taken off the list: ask AWS",
  "an AWS service made the endpoint and manages it: reported as info",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html",
]

[messages]
managed = "{service_name} is not among the services that AWS offers to this account in {region}, but an AWS service manages the endpoint: look at that service"

[actions]
managed = """
Look at the AWS service that made the endpoint.
`aws ec2 describe-vpc-endpoint-services --region {region} --service-names {service_name}` says whether what it
leads to is offered to this account."""
---*/
WITH offered AS (
  SELECT DISTINCT account_id, region, service_name FROM service_detail
),
named AS (
  SELECT
    account_id, region, vpc_endpoint_id, vpc_endpoint_type, service_name, vpc_id, age_days, requester_managed,
    CONCAT('com.amazonaws.', region, '.') AS prefix,
    CONCAT('cn.com.amazonaws.', region, '.') AS prefix_of_china,
    CONCAT('eu.amazonaws.', region, '.') AS prefix_of_europe
  FROM vpc_endpoint
  WHERE state = 'available' AND service_name IS NOT NULL AND service_region = region AND vpc_endpoint_id <> ''
    AND service_name NOT LIKE '%.dsql-%' AND service_name NOT LIKE '%vpce-svc-%'
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
  OR SUBSTR(n.service_name, 1, LENGTH(n.prefix_of_china)) = n.prefix_of_china
  OR SUBSTR(n.service_name, 1, LENGTH(n.prefix_of_europe)) = n.prefix_of_europe
