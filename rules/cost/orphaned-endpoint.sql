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
Ask the owner named in the tags. If nobody needs it: aws ec2 delete-vpc-endpoints --region REGION
--vpc-endpoint-ids ID. Deleting one whose private DNS is on sends its name back to public
addresses."""
exceptions = [
  "it is younger than min_age_days",
  "its traffic cannot be measured: cross-Region access, types without metrics, metrics refused",
  "no other endpoint proves that the metric's dimensions are right",
  "an AWS service made it and manages it: reported as info, for that service's owner to look at",
  "it stands by for a disaster, or serves a job that runs less often than the window is long: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
managed = "no bytes in {observed_days:count day}, but an AWS service manages it: look at that service, do not delete the endpoint"

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
    WHEN e.requester_managed THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE WHEN e.requester_managed THEN 'managed' END AS variant,
  u.confidence,
  CASE WHEN u.usage <> 'unmeasurable' AND e.age_days IS NULL THEN 'its age is not known' ELSE u.reason END AS reason,
  c.monthly_cost,
  CASE WHEN e.requester_managed THEN NULL ELSE c.monthly_cost END AS monthly_saving,
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
WHERE e.state = 'available' AND e.vpc_endpoint_type <> 'Gateway'
