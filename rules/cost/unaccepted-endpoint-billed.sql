/*---
title = "Endpoint is billed though its connection was never accepted"
category = "cost"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "{state} for {age_days:count day}, and {zones_billed:count zone} billed all the while"
rationale = """
AWS charges an endpoint for every hour and zone in which it is provisioned, irrespective of the state
of its association with the service. One that waits to be accepted, or was refused, costs as much as
one that works, and carries nothing."""
recommended_action = """
If nobody needs it, delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`. Else ask the owner of its
service to accept a new one. Charges for a refused one stop by themselves only where its service is deleted too."""
exceptions = [
  "it is younger than min_age_days: its acceptance may be on the way",
  "the provider of the service pays for it",
  "it has no network interface",
  "states of which AWS's pricing page does not speak (failed, expired, partial, and any that AWS adds): reported as info",
  "types for which it is not established how AWS charges: not judged",
  "an AWS service made it and manages it, or a tag such as GuardDutyManaged says so: reported as info, for that service's owner to look at",
]
references = [
  "https://aws.amazon.com/privatelink/pricing/",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html",
]

[messages]
unsure = "{state} for {age_days:count day} with {zones_billed:count network interface} left; whether AWS charges this state is not established"
managed = "{state} for {age_days:count day}, but an AWS service manages it: look at that service, do not delete the endpoint"

[actions]
pending = """
Ask the owner of the service to accept it, who does so in the service's account:
`aws ec2 accept-vpc-endpoint-connections --region {service_region} --service-id {service_id} --vpc-endpoint-ids {resource_id}`.
If nobody needs it, delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
managed = "Find the resource of the AWS service that made it. The endpoint goes with it, and where it does not, AWS Support deletes it."

[params]
min_age_days = 7
---*/
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN c.zones_billed = 0 OR c.hours_cost = 0 THEN 'ok'
    WHEN e.vpc_endpoint_type NOT IN ('Interface', 'GatewayLoadBalancer') OR e.state = '' THEN 'skip'
    WHEN e.age_days IS NULL THEN 'skip'
    WHEN e.age_days < p.min_age_days THEN 'ok'
    WHEN e.requester_managed THEN 'info'
    WHEN e.state IN ('pendingAcceptance', 'rejected') THEN 'alarm'
    ELSE 'info'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN e.state NOT IN ('pendingAcceptance', 'rejected') THEN 'unsure'
    WHEN e.state = 'pendingAcceptance' AND POSITION('vpce-svc-' IN e.service_name) > 0 AND e.service_region <> '' THEN 'pending'
  END AS variant,
  CASE WHEN e.state IN ('pendingAcceptance', 'rejected') THEN 'high' ELSE 'low' END AS confidence,
  CASE
    WHEN e.vpc_endpoint_type NOT IN ('Interface', 'GatewayLoadBalancer') THEN 'how endpoints of its type are charged is not established'
    WHEN e.state = '' THEN 'its state is not known'
    WHEN e.age_days IS NULL THEN 'its age is not known'
  END AS reason,
  c.hours_cost AS monthly_cost,
  CASE
    WHEN e.state IN ('pendingAcceptance', 'rejected') AND NOT e.requester_managed THEN c.hours_cost
  END AS monthly_saving,
  c.cost_basis,
  c.zones_billed,
  e.vpc_endpoint_type,
  e.service_name,
  e.service_region,
  CASE WHEN POSITION('vpce-svc-' IN e.service_name) > 0 THEN SUBSTR(e.service_name, POSITION('vpce-svc-' IN e.service_name)) END AS service_id,
  e.vpc_id,
  e.state,
  e.age_days,
  e.last_error_code,
  e.last_error_message
FROM vpc_endpoint AS e
JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
CROSS JOIN param AS p
WHERE e.vpc_endpoint_id <> '' AND e.state NOT IN ('available', 'pending', 'deleting', 'deleted') AND e.vpc_endpoint_type <> 'Gateway'
