/*---
title = "Endpoint reaches a service in another Region"
category = "cost"
severity = "info"
confidence = "high"
resource = "vpc_endpoint"
message = "leads from {region} to a service in {service_region}: every GB costs the transfer between Regions on top of the endpoint's own price"
rationale = """
An endpoint that reaches over Regions pays the usual hours and bytes, the transfer between the
Regions on top, and its provider pays by the hour for every remote Region with a consumer. CloudWatch
publishes no metric for it, so whether it is used shows on the bill alone. It is often right: this is
a list to look through once a quarter, not a fault."""
recommended_action = """
See in the Cost and Usage Report, by the endpoint's ARN, how many bytes it carries. If its clients could do
with a service in {region}, ask the owner of {service_name} to offer it there, move the clients, and delete
this endpoint: `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "an AWS service made it and manages it, or a tag such as GuardDutyManaged says so",
  "it is meant, as for data that lives in one Region only: waive it",
  "AWS does not name the service's Region: not judged",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[actions]
aws_service = """
See in the Cost and Usage Report, by the endpoint's ARN, how many bytes it carries. Where the data may be in
{region}, see whether the service is offered there:
`aws ec2 describe-vpc-endpoint-services --region {region} --service-names {local_service_name}`. If it is,
make an endpoint there:
`aws ec2 create-vpc-endpoint --region {region} --vpc-endpoint-type Interface --vpc-id {vpc_id} --service-name {local_service_name} --subnet-ids {subnet_ids} --security-group-ids {group_ids}`.
Move the clients, and delete this one:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
nameless = """
See in the Cost and Usage Report, by the endpoint's ARN, how many bytes it carries. If nobody needs it, delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
---*/
WITH endpoint AS (
  SELECT
    *,
    -- A service of AWS's own has the same name in each Region, but for the Region.
    CASE
      WHEN vpc_endpoint_type = 'Interface' AND service_region <> '' AND POSITION('vpce-svc-' IN service_name) = 0
        AND POSITION(CONCAT('.', service_region, '.') IN service_name) > 0
        THEN CONCAT(
          SUBSTR(service_name, 1, POSITION(CONCAT('.', service_region, '.') IN service_name)),
          region,
          SUBSTR(service_name, POSITION(CONCAT('.', service_region, '.') IN service_name) + 1 + LENGTH(service_region))
        )
    END AS local_service_name
  FROM vpc_endpoint
  WHERE vpc_endpoint_id <> '' AND state NOT IN ('deleting', 'deleted') AND vpc_endpoint_type <> 'Gateway'
),
subnet_list AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id,
    CASE WHEN COUNT(*) = 1 THEN MIN(s.subnet_id) ELSE CONCAT('["', STRING_AGG(s.subnet_id, '","' ORDER BY s.subnet_id), '"]') END AS subnet_ids
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_subnet AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.service_region <> e.region AND s.subnet_id IS NOT NULL
  GROUP BY e.account_id, e.region, e.vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN e.service_region = e.region OR e.requester_managed THEN 'ok'
    WHEN e.service_region = '' THEN 'skip'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN e.service_name IS NULL THEN 'nameless'
    WHEN e.local_service_name IS NOT NULL AND s.subnet_ids IS NOT NULL AND g.group_ids IS NOT NULL THEN 'aws_service'
  END AS variant,
  CASE WHEN e.service_region = '' THEN 'the Region of its service is not known' END AS reason,
  c.hours_cost AS monthly_cost,
  c.cost_basis,
  c.note AS cost_note,
  e.service_region,
  e.service_name,
  e.local_service_name,
  s.subnet_ids,
  g.group_ids_value AS group_ids,
  e.vpc_endpoint_type,
  e.vpc_id,
  e.state
FROM endpoint AS e
JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN subnet_list AS s
  ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN endpoint_security_groups AS g
  ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
