/*---
title = "Requests to the endpoint service wait, and nobody is told of them"
category = "reliability"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint_service"
message = "each request waits for acceptance, and no notification that is enabled tells of it"
rationale = """
Where a service requires acceptance, a new consumer has nothing until somebody accepts. AWS tells
nobody of the request unless there is a connection notification for the event Connect, so it waits
until somebody happens to look."""
recommended_action = """
Create a notification for the events Connect and Delete with an SNS topic that somebody reads, under Endpoint
services, Notifications in the VPC console.
`aws ec2 describe-vpc-endpoint-connection-notifications --region {region} --filters Name=service-id,Values={resource_id}`
shows what there is."""
exceptions = [
  "services that accept every request",
  "an EventBridge rule or a job that polls takes the place of the notification, which cannot be seen from here: waive it",
  "AWS does not say whether a notification is enabled: not judged",
  "services that are not in the state Available",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]

[messages]
disabled = "each request waits for acceptance, and the notification that would tell of it, {connection_notification_id}, is disabled"

[actions]
disabled = """
AWS disables a notification whose topic is gone or refuses it.
`aws ec2 describe-vpc-endpoint-connection-notifications --region {region} --connection-notification-id {connection_notification_id}`
shows the topic. Let vpce.amazonaws.com publish to it, and make the notification anew."""
---*/
WITH watching AS (
  SELECT
    account_id, region, service_id,
    MAX(CASE WHEN connection_notification_state = 'Enabled' THEN 1 ELSE 0 END) AS enabled,
    MAX(CASE WHEN connection_notification_state IN ('Enabled', 'Disabled') THEN 0 ELSE 1 END) AS unclear,
    MIN(connection_notification_id) AS connection_notification_id
  FROM vpc_endpoint_notification
  WHERE connection_events LIKE '%Connect%' AND service_id IS NOT NULL
  GROUP BY account_id, region, service_id
)
SELECT
  s.service_id AS resource_id,
  s.account_id,
  s.region,
  CASE
    WHEN NOT s.acceptance_required OR t.enabled = 1 THEN 'ok'
    WHEN t.unclear = 1 THEN 'skip'
    ELSE 'alarm'
  END AS status,
  CASE WHEN t.service_id IS NOT NULL THEN 'disabled' END AS variant,
  CASE WHEN t.unclear = 1 THEN 'AWS does not say whether its notification is enabled' END AS reason,
  s.service_name,
  s.acceptance_required,
  t.connection_notification_id
FROM vpc_endpoint_service AS s
LEFT JOIN watching AS t
  ON t.account_id = s.account_id AND t.region = s.region AND t.service_id = s.service_id
WHERE s.service_state = 'Available' AND s.service_id <> ''
