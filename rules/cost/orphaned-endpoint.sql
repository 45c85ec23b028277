/*---
title = "Endpoint carried no traffic in the window"
category = "cost"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
message = "no bytes in {observed_days:count day}, {zones_billed:count zone} still billed"
rationale = """
AWS charges an interface or Gateway Load Balancer endpoint for every hour and zone in which it is
provisioned, whether or not anything passes through it. An endpoint that carried nothing for a
quarter is most often left over from a workload that is gone."""
recommended_action = """
Ask the owner named in its tags:
`aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`. If nobody needs it, delete
it: `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`. Where its private DNS is
on, the service's name leads to public addresses again."""
exceptions = [
  "it is younger than min_age_days",
  "its traffic cannot be measured: cross-Region access, types without metrics, metrics refused",
  "no other endpoint proves that the metric's dimensions are right",
  "an AWS service made it and manages it, or a tag such as GuardDutyManaged says so: reported as info, for that service's owner to look at",
  "it has no network interface, so nothing is charged by the hour: reported as info",
  "its hours are charged to nobody or to somebody else: reported as info",
  "it stands by for a disaster, or serves a job that runs less often than the window is long: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
managed = "no bytes in {observed_days:count day}, but an AWS service manages it: look at that service, do not delete the endpoint"
no_interface = "no bytes in {observed_days:count day}, and no network interface: it serves nobody, and nothing is charged by the hour"
unbilled = "no bytes in {observed_days:count day}; its hours are not charged to this account"

[actions]
managed = "Find the resource of the AWS service that made it. The endpoint goes with it, and where it does not, AWS Support deletes it."
gateway_load_balancer = """
Ask the owner named in its tags. If nobody needs it, delete the routes that lead to it, which
`aws ec2 describe-route-tables --region {region} --filters Name=vpc-id,Values={vpc_id}` lists; AWS refuses to
delete an endpoint with routes. Then delete it:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""

[params]
min_age_days = 90
---*/
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN u.usage = 'active' THEN 'ok'
    WHEN e.age_days < p.min_age_days THEN 'ok'
    WHEN u.usage = 'unmeasurable' OR e.age_days IS NULL THEN 'skip'
    WHEN e.requester_managed OR c.zones_billed = 0 OR c.hours_cost = 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN c.zones_billed = 0 THEN 'no_interface'
    WHEN c.hours_cost = 0 THEN 'unbilled'
    WHEN e.vpc_endpoint_type = 'GatewayLoadBalancer' THEN 'gateway_load_balancer'
  END AS variant,
  u.confidence,
  CASE WHEN u.usage <> 'unmeasurable' AND e.age_days IS NULL THEN 'its age is not known' ELSE u.reason END AS reason,
  c.monthly_cost,
  CASE WHEN e.requester_managed OR c.zones_billed = 0 OR c.hours_cost = 0 THEN NULL ELSE c.monthly_cost END AS monthly_saving,
  c.cost_basis,
  c.zones_billed,
  e.vpc_endpoint_type,
  e.service_name,
  e.vpc_id,
  e.age_days,
  u.usage,
  u.observed_days
FROM vpc_endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
JOIN vpc_endpoint_cost AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
CROSS JOIN param AS p
WHERE e.vpc_endpoint_id <> '' AND e.state = 'available' AND e.vpc_endpoint_type <> 'Gateway'
