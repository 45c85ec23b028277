/*---
title = "Endpoint service has unhealthy targets behind its load balancers"
category = "reliability"
severity = "critical"
confidence = "high"
resource = "vpc_endpoint_service"
operations_of_views = ["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth"]
message = "{unhealthy:count target} of {targets} unhealthy"
rationale = """
A consumer's endpoint says `available` whatever becomes of the targets behind the service: its state
tells that the connection was accepted, not that anybody answers. Only the provider can see that the
load balancer has nowhere to send to."""
recommended_action = """
`aws elbv2 describe-target-health --region {region} --target-group-arn {target_group_arn}` names the reason
for each target. Mend the health check's path, port or security group, or the target itself. Tell the
owners of the consumer endpoints."""
exceptions = [
  "targets that are starting (`initial`): reported as info while none is healthy",
  "targets that are draining or unused, while others are healthy",
  "target groups that do not check health, whose state is `unavailable`, and states that AWS adds: not judged",
  "consumers' traffic was measured all the same: a load balancer whose targets all fail their checks sends to all of them, or the fault is younger than the traffic (low confidence)",
  "services that are not in the state Available",
]
references = [
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html",
]

[messages]
port = "no target behind port {shut_ports} is healthy; {consumers:count endpoint} in the organization still available: {consumer_endpoints}"
port_unused = "no target behind port {shut_ports} is healthy; no endpoint that was read leads to it"
no_target = "no target is registered; {consumers:count endpoint} in the organization still available: {consumer_endpoints}"
no_target_unused = "no target is registered; no endpoint that was read leads to it"
none_healthy = "none of {targets:count target} is healthy; {consumers:count endpoint} in the organization still available: {consumer_endpoints}"
none_healthy_unused = "none of {targets:count target} is healthy; no endpoint that was read leads to it"
no_target_carrying = "no target is registered; {consumers:count endpoint} in the organization still available: {consumer_endpoints}; the {monthly_gigabytes} GB a month that were measured there may be from before"
none_healthy_carrying = "none of {targets:count target} is healthy, yet {monthly_gigabytes} GB a month were measured at {consumers:count endpoint} in the organization: {consumer_endpoints}; a load balancer whose targets all fail their checks sends to all of them, or the fault is younger than the traffic"
starting = "no target is healthy yet, {initial:count target} starting"
some_unhealthy = "{unhealthy} of {targets:count target} unhealthy; {consumers:count endpoint} in the organization: {consumer_endpoints}"
some_unhealthy_unused = "{unhealthy} of {targets:count target} unhealthy; no endpoint that was read leads to it"

[actions]
no_target = """
Register targets behind the service, or give it up.
`aws ec2 describe-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}` names
its load balancers. Tell the owners of the consumer endpoints."""
no_target_carrying = """
Register targets behind the service, or give it up.
`aws ec2 describe-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}` names
its load balancers. Tell the owners of the consumer endpoints."""
no_target_unused = """
Register targets behind the service, or give it up, if nobody of another organization uses it:
`aws ec2 describe-vpc-endpoint-connections --region {region} --filters Name=service-id,Values={resource_id}`
tells, and `aws ec2 delete-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}`
deletes it."""
---*/
-- Consumers in the organization, in whatever account and Region; those in accounts that could not
-- be read are not among them.
WITH consumer AS (
  SELECT
    e.service_name,
    e.service_region,
    COUNT(*) AS consumers,
    STRING_AGG(e.vpc_endpoint_id, ', ' ORDER BY e.vpc_endpoint_id) AS consumer_endpoints,
    SUM(COALESCE(g.monthly_gigabytes, 0)) AS monthly_gigabytes
  FROM vpc_endpoint AS e
  LEFT JOIN vpc_endpoint_cost AS g
    ON g.account_id = e.account_id AND g.region = e.region AND g.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.state = 'available' AND e.service_name IS NOT NULL
  GROUP BY e.service_name, e.service_region
),
judged AS (
  SELECT
    s.service_id, s.account_id, s.region, s.service_name,
    COALESCE(h.targets, 0) AS targets,
    COALESCE(h.healthy, 0) AS healthy,
    COALESCE(h.unhealthy, 0) AS unhealthy,
    COALESCE(h.initial, 0) AS initial,
    COALESCE(h.unchecked, 0) AS unchecked,
    h.shut_ports,
    COALESCE(h.unseen_load_balancers, 0) AS unseen_load_balancers,
    COALESCE(c.consumers, 0) AS consumers,
    c.consumer_endpoints,
    COALESCE(c.monthly_gigabytes, 0) AS monthly_gigabytes,
    COALESCE(h.shut_target_group_arn, h.unhealthy_target_group_arn, h.target_group_arn) AS target_group_arn
  FROM vpc_endpoint_service AS s
  LEFT JOIN service_health AS h
    ON h.account_id = s.account_id AND h.region = s.region AND h.service_id = s.service_id
  LEFT JOIN consumer AS c
    ON c.service_name = s.service_name AND c.service_region = s.region
  WHERE s.service_state = 'Available' AND s.service_id <> ''
)
SELECT
  service_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN unseen_load_balancers > 0 THEN 'skip'
    WHEN targets = 0 THEN 'alarm'
    WHEN healthy = 0 AND unchecked > 0 THEN 'skip'
    WHEN healthy = 0 AND initial > 0 THEN 'info'
    WHEN healthy = 0 OR unhealthy > 0 OR shut_ports IS NOT NULL THEN 'alarm'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN targets = 0 AND consumers = 0 THEN 'no_target_unused'
    WHEN targets = 0 AND monthly_gigabytes > 0 THEN 'no_target_carrying'
    WHEN targets = 0 THEN 'no_target'
    WHEN healthy = 0 AND initial > 0 THEN 'starting'
    WHEN healthy = 0 AND consumers = 0 THEN 'none_healthy_unused'
    WHEN healthy = 0 AND monthly_gigabytes > 0 THEN 'none_healthy_carrying'
    WHEN healthy = 0 THEN 'none_healthy'
    WHEN shut_ports IS NOT NULL AND consumers = 0 THEN 'port_unused'
    WHEN shut_ports IS NOT NULL THEN 'port'
    WHEN consumers = 0 THEN 'some_unhealthy_unused'
    ELSE 'some_unhealthy'
  END AS variant,
  CASE WHEN healthy = 0 OR shut_ports IS NOT NULL THEN 'critical' ELSE 'medium' END AS severity,
  CASE
    WHEN healthy = 0 AND monthly_gigabytes > 0 THEN 'low'
    -- The traffic may be that of the other ports.
    WHEN shut_ports IS NOT NULL AND monthly_gigabytes > 0 THEN 'medium'
    ELSE 'high'
  END AS confidence,
  CASE
    WHEN unseen_load_balancers > 0 THEN 'a load balancer of the service could not be described'
    WHEN healthy = 0 AND unchecked > 0 THEN 'its target groups do not check health'
  END AS reason,
  service_name,
  targets,
  healthy,
  unhealthy,
  initial,
  shut_ports,
  target_group_arn,
  CASE WHEN monthly_gigabytes > 0 THEN CASE WHEN monthly_gigabytes < 1 THEN ROUND(monthly_gigabytes, 4) ELSE ROUND(monthly_gigabytes, 1) END END AS monthly_gigabytes,
  consumers,
  consumer_endpoints
FROM judged
