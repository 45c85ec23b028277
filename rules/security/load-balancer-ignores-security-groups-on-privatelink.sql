/*---
title = "Security groups of the load balancer do not apply to PrivateLink traffic"
category = "security"
severity = "medium"
confidence = "high"
resource = "load_balancer"
message = "the security groups of {load_balancer_name} do not apply to what comes through PrivateLink for {services}"
rationale = """
A Network Load Balancer with security groups checks its clients, and may be told to pass over what
comes through PrivateLink. Then whoever is connected to the service reaches every listener, whatever
the groups say, and a reader of the groups takes the service for better guarded than it is."""
recommended_action = """
See that the inbound rules admit the consumers' addresses, which are those inside their own VPCs:
`aws elbv2 describe-load-balancers --region {region} --load-balancer-arns {resource_id}` names the groups. Then
switch on Enforce inbound rules on PrivateLink traffic, under Security, Edit in the EC2 console."""
exceptions = [
  "load balancers without security groups, and Gateway Load Balancers",
  "consumers whose addresses are not known or overlap, with the list of allowed principals as the barrier: waive it",
  "the load balancer also serves a VPC link of API Gateway, for which AWS advises to leave it off: waive it",
  "AWS answers with another word than on or off: not judged",
  "load balancers whose services are all being deleted",
]
references = [
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html",
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-nlb-for-vpclink-using-console.html",
]
---*/
WITH offered AS (
  SELECT l.account_id, l.region, l.load_balancer_arn, STRING_AGG(s.service_id, ', ' ORDER BY s.service_id) AS services
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN vpc_endpoint_service AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.service_id = l.service_id
  WHERE s.service_state NOT IN ('Deleting', 'Deleted')
  GROUP BY l.account_id, l.region, l.load_balancer_arn
)
SELECT
  b.load_balancer_arn AS resource_id,
  b.account_id,
  b.region,
  CASE
    WHEN b.enforce_security_group_inbound_rules_on_private_link_traffic = 'off' THEN 'alarm'
    -- AWS gives it for load balancers with security groups alone.
    WHEN COALESCE(b.enforce_security_group_inbound_rules_on_private_link_traffic, 'on') = 'on' THEN 'ok'
    ELSE 'skip'
  END AS status,
  CASE
    WHEN COALESCE(b.enforce_security_group_inbound_rules_on_private_link_traffic, 'on') NOT IN ('on', 'off')
      THEN 'AWS does not say whether its security groups apply'
  END AS reason,
  b.load_balancer_name,
  b.load_balancer_type,
  b.scheme,
  o.services,
  b.enforce_security_group_inbound_rules_on_private_link_traffic
FROM load_balancer AS b
JOIN offered AS o
  ON o.account_id = b.account_id AND o.region = b.region AND o.load_balancer_arn = b.load_balancer_arn
WHERE b.load_balancer_arn <> ''
