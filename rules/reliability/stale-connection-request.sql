/*---
title = "Connection request to an endpoint service waits unanswered"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_connection"
message = "{owner} asked {age_days:count day} ago and waits for {service_id}"
rationale = """
Somebody made an endpoint to the service and waits to be let in. Until somebody answers, the consumer
has no service and pays for the endpoint by the hour. A request that nobody answers for a week was
most often never noticed."""
recommended_action = """
aws ec2 accept-vpc-endpoint-connections --region REGION --service-id SERVICE --vpc-endpoint-ids ID, or
reject-vpc-endpoint-connections with the same arguments. Then see that somebody is told of the next
one: aws ec2 create-vpc-endpoint-connection-notification."""
exceptions = [
  "requests that are younger than min_age_days",
  "the age is that of the endpoint: AWS does not say when the request was last repeated",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[params]
min_age_days = 7
---*/
SELECT
  c.vpc_endpoint_id AS resource_id,
  c.account_id,
  c.region,
  CASE
    WHEN c.vpc_endpoint_state <> 'pendingAcceptance' THEN 'ok'
    WHEN c.age_days IS NULL THEN 'skip'
    WHEN c.age_days < p.min_age_days THEN 'ok'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN c.vpc_endpoint_state = 'pendingAcceptance' AND c.age_days IS NULL THEN 'the age of the request is not known'
  END AS reason,
  COALESCE(a.account_name, c.vpc_endpoint_owner) AS owner,
  c.vpc_endpoint_owner,
  CASE WHEN a.account_id IS NULL THEN FALSE ELSE TRUE END AS owner_in_organization,
  c.vpc_endpoint_region,
  c.service_id,
  s.service_name,
  c.age_days
FROM vpc_endpoint_connection AS c
JOIN vpc_endpoint_service AS s
  ON s.account_id = c.account_id AND s.region = c.region AND s.service_id = c.service_id
LEFT JOIN account AS a ON a.account_id = c.vpc_endpoint_owner
CROSS JOIN param AS p
WHERE c.vpc_endpoint_state NOT IN ('deleting', 'deleted') AND s.service_state NOT IN ('Deleting', 'Deleted')
