/*---
title = "Who reaches endpoints: one row per endpoint of which `vpc_endpoint_reachability` judges a subnet"
source = "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"

[columns]
account_id = "The account that owns the endpoint."
region = "The Region."
vpc_endpoint_id = "The endpoint."
looked_at = "How many rows of `vpc_endpoint_reachability` it has."
groups_blocked = "Of these, how many the security groups keep out."
groups_unclear = "Of these, how many of which it is not known whether the security groups let them in."
groups_reason = "Why that is not known; null where it is."
blocked_port = "The first port at which somebody is kept out by the security groups."
acls_blocked = "Of all, how many the network ACLs keep out."
acls_partly = "Of all, how many the network ACLs let in for a part."
acls_unclear = "Of all, how many of which it is not known whether the network ACLs let them in."
acls_reason = "Why that is not known; null where it is."
admits_outside = "1 where the security groups admit somebody outside the VPC, else 0."
outside_unclear = "How many rows do not tell whether somebody outside the VPC is admitted."
---*/
SELECT
  r.account_id, r.region, r.vpc_endpoint_id,
  COUNT(*) AS looked_at,
  SUM(CASE WHEN r.security_group = 'blocked' THEN 1 ELSE 0 END) AS groups_blocked,
  SUM(CASE WHEN r.security_group IN ('allowed', 'partly', 'blocked') THEN 0 ELSE 1 END) AS groups_unclear,
  MIN(CASE WHEN r.security_group IN ('allowed', 'partly', 'blocked') THEN NULL ELSE r.reason END) AS groups_reason,
  MIN(CASE WHEN r.security_group = 'blocked' THEN r.port END) AS blocked_port,
  SUM(CASE WHEN r.network_acl = 'blocked' THEN 1 ELSE 0 END) AS acls_blocked,
  SUM(CASE WHEN r.network_acl = 'partly' THEN 1 ELSE 0 END) AS acls_partly,
  SUM(CASE WHEN r.network_acl IN ('allowed', 'partly', 'blocked') THEN 0 ELSE 1 END) AS acls_unclear,
  MIN(CASE WHEN r.network_acl IN ('allowed', 'partly', 'blocked') THEN NULL ELSE r.reason END) AS acls_reason,
  MAX(CASE WHEN r.admits_outside THEN 1 ELSE 0 END) AS admits_outside,
  SUM(CASE WHEN r.admits_outside IS NULL OR r.security_group NOT IN ('allowed', 'partly', 'blocked') THEN 1 ELSE 0 END) AS outside_unclear
FROM vpc_endpoint_reachability AS r
GROUP BY r.account_id, r.region, r.vpc_endpoint_id
