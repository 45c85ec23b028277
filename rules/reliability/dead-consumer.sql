/*---
title = "Endpoint leads to a service of the organization that cannot answer"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc_endpoint"
message = "available, but {service_name} of {provider} has no healthy target ({targets:count target})"
rationale = """
A consumer's endpoint stays `available` whatever becomes of the service: its clients connect, and
nothing answers. Only where the provider is audited too can it be told from a fault of the client, so
this rule joins both sides, for services whose provider is in the organization."""
recommended_action = """
Tell the provider, who sees the same fault as unhealthy-targets: aws elbv2 describe-target-health
--target-group-arn ARN names each target's reason. If the service is gone for good: aws ec2
delete-vpc-endpoints --region REGION --vpc-endpoint-ids ID."""
exceptions = [
  "services of partners and of accounts outside the organization, whose targets nobody here can see",
  "services whose targets are starting: reported as info",
  "services whose target groups do not check health: not judged",
  "endpoints that were refused and whose service is no longer visible: reported as info, as the service may be gone or the permission withdrawn",
  "an AWS service made the endpoint and manages it",
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
invisible = "{state}, and {service_name} is no longer visible to this account: the service is gone, or the permission was withdrawn"
---*/
WITH live AS (
  SELECT account_id, region, vpc_endpoint_id, vpc_id, service_name, service_region, state
  FROM vpc_endpoint
  WHERE state IN ('available', 'rejected') AND service_name LIKE 'com.amazonaws.vpce.%' AND NOT requester_managed
),
-- A target group may serve several ports of one load balancer; its targets count once.
behind AS (
  SELECT DISTINCT l.account_id, l.region, l.service_id, g.target_group_arn
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN target_group AS g
    ON g.account_id = l.account_id AND g.region = l.region AND g.load_balancer_arn = l.load_balancer_arn
),
health AS (
  SELECT
    b.account_id, b.region, b.service_id,
    COUNT(*) AS targets,
    SUM(CASE WHEN t.state = 'healthy' THEN 1 ELSE 0 END) AS healthy,
    SUM(CASE WHEN t.state = 'initial' THEN 1 ELSE 0 END) AS initial,
    SUM(CASE WHEN t.state = 'unavailable' THEN 1 ELSE 0 END) AS unchecked
  FROM behind AS b
  JOIN target_health AS t
    ON t.account_id = b.account_id AND t.region = b.region AND t.target_group_arn = b.target_group_arn
  GROUP BY b.account_id, b.region, b.service_id
),
-- Each port by itself: a listener whose target groups have no healthy target is shut, whatever the others
-- do. It names its target groups in one text.
port AS (
  SELECT
    l.account_id, l.region, l.service_id, n.listener_arn, n.port,
    SUM(CASE WHEN t.state IN ('healthy', 'initial', 'unavailable') THEN 1 ELSE 0 END) AS perhaps
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN listener AS n
    ON n.account_id = l.account_id AND n.region = l.region AND n.load_balancer_arn = l.load_balancer_arn
  JOIN target_group AS g
    ON g.account_id = n.account_id AND g.region = n.region AND g.load_balancer_arn = n.load_balancer_arn
  LEFT JOIN target_health AS t
    ON t.account_id = g.account_id AND t.region = g.region AND t.target_group_arn = g.target_group_arn
  WHERE POSITION(g.target_group_arn IN n.target_group_arns) > 0
  GROUP BY l.account_id, l.region, l.service_id, n.listener_arn, n.port
),
shut AS (
  SELECT
    account_id, region, service_id,
    STRING_AGG(CAST(port AS VARCHAR), ', ' ORDER BY CAST(port AS VARCHAR)) AS shut_ports
  FROM port
  WHERE perhaps = 0 AND port IS NOT NULL
  GROUP BY account_id, region, service_id
),
-- Load balancers that a service names and that could not be described.
unseen AS (
  SELECT l.account_id, l.region, l.service_id, COUNT(*) AS load_balancers
  FROM vpc_endpoint_service_load_balancer AS l
  LEFT JOIN load_balancer AS b
    ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
  WHERE b.load_balancer_name IS NULL
  GROUP BY l.account_id, l.region, l.service_id
),
offered AS (
  SELECT
    s.service_name, s.region, s.account_id, s.service_state,
    COALESCE(h.targets, 0) AS targets,
    COALESCE(h.healthy, 0) AS healthy,
    COALESCE(h.initial, 0) AS initial,
    COALESCE(h.unchecked, 0) AS unchecked,
    x.shut_ports,
    COALESCE(u.load_balancers, 0) AS unseen_load_balancers
  FROM vpc_endpoint_service AS s
  LEFT JOIN health AS h
    ON h.account_id = s.account_id AND h.region = s.region AND h.service_id = s.service_id
  LEFT JOIN shut AS x
    ON x.account_id = s.account_id AND x.region = s.region AND x.service_id = s.service_id
  LEFT JOIN unseen AS u
    ON u.account_id = s.account_id AND u.region = s.region AND u.service_id = s.service_id
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
    l.account_id, l.region, l.vpc_endpoint_id, l.vpc_id, l.service_name, l.state,
    o.account_id AS provider_id, o.service_state, o.targets, o.healthy, o.initial, o.unchecked, o.shut_ports,
    o.unseen_load_balancers,
    CASE
      WHEN l.state = 'rejected' AND o.account_id IS NULL AND v.service_name IS NULL THEN 'invisible'
      WHEN l.state = 'rejected' THEN 'left out'
      WHEN o.account_id IS NULL AND v.provider_id IS NULL THEN 'left out'
      WHEN o.account_id IS NULL THEN 'unread'
      WHEN o.service_state <> 'Available' THEN 'unavailable'
      WHEN o.unseen_load_balancers > 0 THEN 'unseen'
      WHEN o.healthy > 0 AND o.shut_ports IS NOT NULL THEN 'port'
      WHEN o.healthy > 0 THEN 'healthy'
      WHEN o.targets = 0 THEN 'no_target'
      WHEN o.unchecked > 0 THEN 'unchecked'
      WHEN o.initial > 0 THEN 'starting'
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
    WHEN j.fate IN ('dead', 'no_target', 'unavailable', 'port') THEN 'alarm'
    WHEN j.fate IN ('starting', 'invisible') THEN 'info'
    WHEN j.fate = 'healthy' THEN 'ok'
    ELSE 'skip'
  END AS status,
  CASE WHEN j.fate IN ('no_target', 'unavailable', 'starting', 'invisible', 'port') THEN j.fate END AS variant,
  -- Which of the service's ports a consumer needs, nobody can tell from here.
  CASE WHEN j.fate = 'port' THEN 'medium' ELSE 'high' END AS severity,
  CASE WHEN j.fate = 'invisible' THEN 'low' WHEN j.fate = 'port' THEN 'medium' ELSE 'high' END AS confidence,
  CASE
    WHEN j.fate = 'unread' THEN 'the account of the organization that offers the service could not be read'
    WHEN j.fate = 'unseen' THEN 'a load balancer of the service could not be described'
    WHEN j.fate = 'unchecked' THEN 'the service''s target groups do not check health'
  END AS reason,
  COALESCE(a.account_name, j.provider_id) AS provider,
  j.provider_id,
  j.service_name,
  j.service_state,
  j.state,
  j.vpc_id,
  j.targets,
  j.healthy,
  j.shut_ports
FROM judged AS j
LEFT JOIN account AS a ON a.account_id = j.provider_id
WHERE j.fate <> 'left out'
