/*---
title = "Endpoint leads to a service of the organization that cannot answer"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
operations_of_views = ["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth"]
message = "available, but {service_name} of {provider} has no healthy target ({targets:count target})"
rationale = """
A consumer's endpoint stays `available` whatever becomes of the service: its clients connect, and
nothing answers. (A Network Load Balancer whose targets all fail their checks sends to all of them, so
that traffic may pass nevertheless.) Only where the provider is audited too can it be told from a fault of the client, so
this rule joins both sides, for services whose provider is in the organization."""
recommended_action = """
Tell the provider, who sees the same fault as unhealthy-targets. In its account {provider_id},
`aws elbv2 describe-target-health --region {provider_region} --target-group-arn {target_group_arn}`
names each target's reason. If the service is gone for good:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "services of partners and of accounts outside the organization, whose targets nobody here can see",
  "services whose targets are starting: reported as info",
  "services whose target groups do not check health, or whose targets or state AWS describes in a new word: not judged",
  "all targets fail their checks and traffic was measured all the same: the load balancer sends to all of them then, or the fault is younger than the traffic (info)",
  "there is no target, or the service is not available, and traffic was measured: it may be from before (low confidence)",
  "endpoints that were refused and whose service is no longer visible: reported as info, as the service may be gone or the permission withdrawn",
  "an AWS service made the endpoint and it was refused; otherwise that is not an excuse, as the fault is the provider's",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html",
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html",
]

[messages]
no_target = "available, but {service_name} of {provider} has no target at all"
port = "available, but nobody answers on port {shut_ports} of {service_name} of {provider}: no target behind it is healthy"
unavailable = "available, but {service_name} of {provider} is in the state {service_state}"
starting = "{service_name} of {provider} has no healthy target yet; its targets are starting"
used = "{service_name} of {provider} has no healthy target ({targets:count target}), yet {monthly_gigabytes} GB a month pass through the endpoint: a load balancer whose targets all fail their checks sends to all of them, or the fault is younger than the traffic"
no_target_used = "available, but {service_name} of {provider} has no target at all; the {monthly_gigabytes} GB a month that were measured may be from before"
unavailable_used = "available, but {service_name} of {provider} is in the state {service_state}; the {monthly_gigabytes} GB a month that were measured may be from before"
invisible = "{state}, and {service_name} is no longer visible to this account: the service is gone, or the permission was withdrawn"

[actions]
no_target = """
Tell the provider, account {provider_id}: nothing is registered behind the load balancers of
{service_name}. If the service is gone for good:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
no_target_used = """
Tell the provider, account {provider_id}: nothing is registered behind the load balancers of
{service_name}. If the service is gone for good:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
unavailable = """
Tell the provider. In its account {provider_id},
`aws ec2 describe-vpc-endpoint-service-configurations --region {provider_region} --service-ids {service_id}`
shows the service. If it is gone for good:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
unavailable_used = """
Tell the provider. In its account {provider_id},
`aws ec2 describe-vpc-endpoint-service-configurations --region {provider_region} --service-ids {service_id}`
shows the service. If it is gone for good:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
invisible = """
Ask the provider whether the service still exists and whether this account may connect. If not:
`aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
---*/
WITH live AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, e.vpc_id, e.service_name, e.service_region, e.state,
    COALESCE(c.monthly_gigabytes, -1) AS monthly_gigabytes
  FROM vpc_endpoint AS e
  LEFT JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  -- Names of customers' services hold this label: com.amazonaws.vpce..., in China cn.com.amazonaws.vpce...
  WHERE e.vpc_endpoint_id <> '' AND e.service_name LIKE '%.vpce.%' AND (e.state = 'available' OR (e.state = 'rejected' AND NOT e.requester_managed))
),
offered AS (
  SELECT
    s.service_name, s.service_id, s.region, s.account_id, s.service_state,
    CASE WHEN h.healthy > 0 THEN h.shut_target_group_arn ELSE h.target_group_arn END AS target_group_arn,
    COALESCE(h.targets, 0) AS targets,
    COALESCE(h.healthy, 0) AS healthy,
    COALESCE(h.initial, 0) AS initial,
    COALESCE(h.unchecked, 0) AS unchecked,
    h.shut_ports,
    COALESCE(h.unseen_load_balancers, 0) AS unseen_load_balancers
  FROM vpc_endpoint_service AS s
  LEFT JOIN service_health AS h
    ON h.account_id = s.account_id AND h.region = s.region AND h.service_id = s.service_id
),
-- What the consumer's own account is told of the service, and whether its owner is in the organization.
visible AS (
  SELECT d.account_id, d.region, d.service_name, MAX(a.account_id) AS provider_id
  FROM service_detail AS d
  LEFT JOIN account AS a ON a.account_id = d.owner
  GROUP BY d.account_id, d.region, d.service_name
),
judged AS (
  SELECT
    l.account_id, l.region, l.vpc_endpoint_id, l.vpc_id, l.service_name, l.state, l.monthly_gigabytes,
    o.account_id AS provider_id, o.region AS provider_region, o.service_id, o.target_group_arn, o.service_state, o.targets, o.healthy, o.initial, o.unchecked, o.shut_ports,
    o.unseen_load_balancers,
    CASE
      WHEN l.state = 'rejected' AND o.account_id IS NULL AND v.service_name IS NULL THEN 'invisible'
      WHEN l.state = 'rejected' THEN 'left out'
      WHEN o.account_id IS NULL AND v.provider_id IS NULL THEN 'left out'
      WHEN o.account_id IS NULL THEN 'unread'
      WHEN o.service_state IN ('Deleting', 'Deleted', 'Failed') AND l.monthly_gigabytes > 0 THEN 'unavailable_used'
      WHEN o.service_state IN ('Deleting', 'Deleted', 'Failed') THEN 'unavailable'
      WHEN o.service_state <> 'Available' THEN 'between'
      WHEN o.unseen_load_balancers > 0 THEN 'unseen'
      WHEN o.healthy > 0 AND o.shut_ports IS NOT NULL THEN 'port'
      WHEN o.healthy > 0 THEN 'healthy'
      WHEN o.targets = 0 AND l.monthly_gigabytes > 0 THEN 'no_target_used'
      WHEN o.targets = 0 THEN 'no_target'
      WHEN o.unchecked > 0 THEN 'unchecked'
      WHEN o.initial > 0 THEN 'starting'
      WHEN l.monthly_gigabytes > 0 THEN 'used'
      ELSE 'dead'
    END AS fate
  FROM live AS l
  LEFT JOIN offered AS o ON o.service_name = l.service_name AND o.region = l.service_region
  LEFT JOIN visible AS v
    ON v.account_id = l.account_id AND v.region = l.region AND v.service_name = l.service_name
)
SELECT
  j.vpc_endpoint_id AS resource_id,
  j.account_id,
  j.region,
  CASE
    WHEN j.fate IN ('dead', 'no_target', 'no_target_used', 'unavailable', 'unavailable_used', 'port') THEN 'alarm'
    WHEN j.fate IN ('starting', 'invisible', 'used') THEN 'info'
    WHEN j.fate = 'healthy' THEN 'ok'
    ELSE 'skip'
  END AS status,
  CASE
    WHEN j.fate IN ('no_target', 'no_target_used', 'unavailable', 'unavailable_used', 'starting', 'invisible', 'port', 'used') THEN j.fate
  END AS variant,
  -- Which of the service's ports a consumer needs, nobody can tell from here.
  CASE WHEN j.fate = 'port' THEN 'medium' ELSE 'high' END AS severity,
  CASE
    WHEN j.fate IN ('invisible', 'used', 'no_target_used', 'unavailable_used') THEN 'low'
    WHEN j.fate = 'port' AND j.monthly_gigabytes > 0 THEN 'low'
    -- Unless it is known that nothing passes, what fails its checks may answer all the same.
    WHEN j.fate = 'port' OR (j.fate = 'dead' AND j.monthly_gigabytes < 0) THEN 'medium'
    ELSE 'high'
  END AS confidence,
  CASE
    WHEN j.fate = 'unread' THEN 'the account of the organization that offers the service could not be read'
    WHEN j.fate = 'unseen' THEN 'a load balancer of the service could not be described'
    WHEN j.fate = 'between' THEN 'the service is in a state between being made and being available'
    WHEN j.fate = 'unchecked' THEN 'the service''s target groups do not check health'
  END AS reason,
  COALESCE(a.account_name, j.provider_id) AS provider,
  j.provider_id,
  j.provider_region,
  j.service_id,
  j.target_group_arn,
  j.service_name,
  j.service_state,
  j.state,
  j.vpc_id,
  j.targets,
  j.healthy,
  j.shut_ports,
  CASE WHEN j.monthly_gigabytes >= 0 THEN CASE WHEN j.monthly_gigabytes < 1 THEN ROUND(j.monthly_gigabytes, 4) ELSE ROUND(j.monthly_gigabytes, 1) END END AS monthly_gigabytes
FROM judged AS j
LEFT JOIN account AS a ON a.account_id = j.provider_id
WHERE j.fate <> 'left out'
