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
Where the service is offered in REGION too, and its data may be there: aws ec2 create-vpc-endpoint
--region REGION --service-name NAME --vpc-id VPC, move the clients, then delete this one. See the
bill's lines for its bytes before deciding: aws ce get-cost-and-usage-with-resources, or the Cost and
Usage Report by the endpoint's ARN."""
exceptions = [
  "an AWS service made it and manages it",
  "it is meant, as for data that lives in one Region only: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-share-your-services.html",
  "https://aws.amazon.com/privatelink/pricing/",
]
---*/
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE WHEN e.service_region = e.region OR e.requester_managed THEN 'ok' ELSE 'alarm' END AS status,
  c.hours_cost AS monthly_cost,
  c.cost_basis,
  c.note AS cost_note,
  e.service_region,
  e.service_name,
  e.vpc_endpoint_type,
  e.vpc_id,
  e.state
FROM vpc_endpoint AS e
JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
WHERE e.state NOT IN ('deleting', 'deleted') AND e.vpc_endpoint_type <> 'Gateway'
