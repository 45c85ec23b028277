/*---
title = "VPC lacks the DNS attributes on which private DNS depends"
category = "reliability"
severity = "high"
confidence = "high"
resource = "vpc"
message = "{missing} off, so the private names of {endpoints:count endpoint} do not resolve to them: {vpc_endpoint_ids}"
rationale = """
Private DNS answers the service's own name with the endpoint's addresses. It does so only while both
enableDnsSupport and enableDnsHostnames are on. AWS refuses to switch private DNS on without them, but
not to switch them off later: calls then leave by the internet, or fail where there is no way to it."""
recommended_action = """
Switch on both DNS attributes of the VPC, under Actions, Edit VPC settings in the VPC console."""
exceptions = [
  "no available endpoint in the VPC has private DNS",
  "traffic was measured all the same: clients use other names, or it was switched off a short time ago (low confidence)",
  "AWS did not give an attribute",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html",
]

[messages]
used = "{missing} off, so the private names of {endpoints:count endpoint} should not resolve to them, yet {monthly_gigabytes} GB a month pass: clients use other names, or it was switched off a short time ago ({vpc_endpoint_ids})"

[actions]
support = """
`aws ec2 modify-vpc-attribute --region {region} --vpc-id {resource_id} --enable-dns-support`."""
hostnames = """
`aws ec2 modify-vpc-attribute --region {region} --vpc-id {resource_id} --enable-dns-hostnames`."""
both = """
`aws ec2 modify-vpc-attribute --region {region} --vpc-id {resource_id} --enable-dns-support`, and then
`aws ec2 modify-vpc-attribute --region {region} --vpc-id {resource_id} --enable-dns-hostnames`."""
used = """
`aws ec2 modify-vpc-attribute --region {region} --vpc-id {resource_id} --enable-dns-support`, and then
`aws ec2 modify-vpc-attribute --region {region} --vpc-id {resource_id} --enable-dns-hostnames`. The names then
lead to the endpoints: see that their policies and security groups admit who calls by them."""
---*/
WITH dependent AS (
  SELECT
    e.account_id, e.region, e.vpc_id,
    COUNT(*) AS endpoints,
    SUM(COALESCE(c.monthly_gigabytes, 0)) AS monthly_gigabytes,
    STRING_AGG(e.vpc_endpoint_id, ', ' ORDER BY e.vpc_endpoint_id) AS vpc_endpoint_ids
  FROM vpc_endpoint AS e
  LEFT JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.private_dns_enabled AND e.state = 'available' AND e.vpc_endpoint_type <> 'Gateway' AND e.vpc_id <> ''
  GROUP BY e.account_id, e.region, e.vpc_id
)
SELECT
  d.vpc_id AS resource_id,
  d.account_id,
  d.region,
  CASE
    WHEN NOT a.enable_dns_support OR NOT a.enable_dns_hostnames THEN 'alarm'
    WHEN a.enable_dns_support IS NULL OR a.enable_dns_hostnames IS NULL THEN 'skip'
    ELSE 'ok'
  END AS status,
  CASE
    WHEN d.monthly_gigabytes > 0 AND (NOT a.enable_dns_support OR NOT a.enable_dns_hostnames) THEN 'used'
    WHEN NOT a.enable_dns_support AND NOT a.enable_dns_hostnames THEN 'both'
    WHEN NOT a.enable_dns_support THEN 'support'
    WHEN NOT a.enable_dns_hostnames THEN 'hostnames'
  END AS variant,
  CASE WHEN d.monthly_gigabytes > 0 THEN 'low' ELSE 'high' END AS confidence,
  CASE
    WHEN NOT a.enable_dns_support AND NOT a.enable_dns_hostnames THEN 'enableDnsSupport and enableDnsHostnames are'
    WHEN NOT a.enable_dns_support THEN 'enableDnsSupport is'
    WHEN NOT a.enable_dns_hostnames THEN 'enableDnsHostnames is'
  END AS missing,
  CASE WHEN a.enable_dns_support IS NULL OR a.enable_dns_hostnames IS NULL THEN 'AWS did not give an attribute' END AS reason,
  d.endpoints,
  d.vpc_endpoint_ids,
  CASE WHEN d.monthly_gigabytes > 0 THEN CASE WHEN d.monthly_gigabytes < 1 THEN ROUND(d.monthly_gigabytes, 4) ELSE ROUND(d.monthly_gigabytes, 1) END END AS monthly_gigabytes,
  a.enable_dns_support,
  a.enable_dns_hostnames
FROM dependent AS d
LEFT JOIN vpc_attribute AS a
  ON a.account_id = d.account_id AND a.region = d.region AND a.vpc_id = d.vpc_id
