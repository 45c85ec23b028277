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
`aws ec2 accept-vpc-endpoint-connections --region {region} --service-id {service_id} --vpc-endpoint-ids {resource_id}`
lets it in, and
`aws ec2 reject-vpc-endpoint-connections --region {region} --service-id {service_id} --vpc-endpoint-ids {resource_id}`
refuses it. Then see that somebody is told of the next one: missing-connection-notification says how."""
exceptions = [
  "requests that are younger than min_age_days",
  "requests of transit gateway attachments, which have no endpoint: not judged",
  "the age is that of the endpoint: AWS does not say when the request was last repeated",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[params]
min_age_days = 7
---*/
WITH unnamed AS (
  SELECT
    account_id, region, service_id,
    MIN(vpc_endpoint_owner) AS vpc_endpoint_owner, MIN(vpc_endpoint_region) AS vpc_endpoint_region, MAX(age_days) AS age_days
  FROM vpc_endpoint_connection
  WHERE vpc_endpoint_id = '' AND vpc_endpoint_state = 'pendingAcceptance'
  GROUP BY account_id, region, service_id
),
request AS (
  SELECT
    c.vpc_endpoint_id AS resource_id, 'vpc_endpoint_connection' AS resource_type,
    c.account_id, c.region, c.service_id, s.service_name, c.vpc_endpoint_owner, c.vpc_endpoint_region, c.vpc_endpoint_state AS state, c.age_days
  FROM vpc_endpoint_connection AS c
  JOIN vpc_endpoint_service AS s
    ON s.account_id = c.account_id AND s.region = c.region AND s.service_id = c.service_id
  WHERE c.vpc_endpoint_id <> '' AND c.vpc_endpoint_state NOT IN ('deleting', 'deleted') AND s.service_state NOT IN ('Deleting', 'Deleted')
  UNION ALL
  -- A connection without an endpoint is that of a transit gateway attachment, whose id is not known here.
  SELECT
    s.service_id AS resource_id, 'vpc_endpoint_service' AS resource_type,
    s.account_id, s.region, s.service_id, s.service_name, c.vpc_endpoint_owner, c.vpc_endpoint_region, 'unnamed' AS state, c.age_days
  FROM unnamed AS c
  JOIN vpc_endpoint_service AS s
    ON s.account_id = c.account_id AND s.region = c.region AND s.service_id = c.service_id
  WHERE s.service_state NOT IN ('Deleting', 'Deleted')
)
SELECT
  c.resource_id,
  c.resource_type,
  c.account_id,
  c.region,
  CASE
    WHEN c.state = 'unnamed' THEN 'skip'
    WHEN c.state <> 'pendingAcceptance' THEN 'ok'
    WHEN c.age_days IS NULL THEN 'skip'
    WHEN c.age_days < p.min_age_days THEN 'ok'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN c.state = 'unnamed' THEN 'a request without an endpoint waits, perhaps that of a transit gateway attachment'
    WHEN c.state = 'pendingAcceptance' AND c.age_days IS NULL THEN 'the age of the request is not known'
  END AS reason,
  COALESCE(a.account_name, c.vpc_endpoint_owner, 'an account that AWS does not name') AS owner,
  c.vpc_endpoint_owner,
  CASE WHEN a.account_id IS NULL THEN FALSE ELSE TRUE END AS owner_in_organization,
  c.vpc_endpoint_region,
  c.service_id,
  c.service_name,
  c.age_days
FROM request AS c
LEFT JOIN account AS a ON a.account_id = c.vpc_endpoint_owner
CROSS JOIN param AS p
