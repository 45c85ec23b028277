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
aws ec2 create-vpc-endpoint-connection-notification --region REGION --service-id ID
--connection-notification-arn TOPIC --connection-events Connect Delete, with an SNS topic that
somebody reads."""
exceptions = [
  "services that accept every request",
  "an EventBridge rule or a job that polls takes the place of the notification, which cannot be seen from here: waive it",
  "services that are not in the state Available",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
]
---*/
WITH told AS (
  SELECT DISTINCT account_id, region, service_id
  FROM vpc_endpoint_notification
  WHERE connection_notification_state = 'Enabled' AND connection_events LIKE '%Connect%' AND service_id IS NOT NULL
)
SELECT
  s.service_id AS resource_id,
  s.account_id,
  s.region,
  CASE WHEN NOT s.acceptance_required OR t.service_id IS NOT NULL THEN 'ok' ELSE 'alarm' END AS status,
  s.service_name,
  s.acceptance_required
FROM vpc_endpoint_service AS s
LEFT JOIN told AS t
  ON t.account_id = s.account_id AND t.region = s.region AND t.service_id = s.service_id
WHERE s.service_state = 'Available'
