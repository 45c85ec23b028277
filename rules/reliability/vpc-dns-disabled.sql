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
aws ec2 modify-vpc-attribute --region REGION --vpc-id VPC --enable-dns-support, and in a second call
--enable-dns-hostnames."""
exceptions = [
  "no available endpoint in the VPC has private DNS",
  "AWS did not give an attribute",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
  "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html",
]
---*/
WITH dependent AS (
  SELECT account_id, region, vpc_id, COUNT(*) AS endpoints, STRING_AGG(vpc_endpoint_id, ', ' ORDER BY vpc_endpoint_id) AS vpc_endpoint_ids
  FROM vpc_endpoint
  WHERE private_dns_enabled AND state = 'available' AND vpc_endpoint_type <> 'Gateway'
  GROUP BY account_id, region, vpc_id
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
    WHEN NOT a.enable_dns_support AND NOT a.enable_dns_hostnames THEN 'enableDnsSupport and enableDnsHostnames are'
    WHEN NOT a.enable_dns_support THEN 'enableDnsSupport is'
    WHEN NOT a.enable_dns_hostnames THEN 'enableDnsHostnames is'
  END AS missing,
  CASE WHEN a.enable_dns_support IS NULL OR a.enable_dns_hostnames IS NULL THEN 'AWS did not give an attribute' END AS reason,
  d.endpoints,
  d.vpc_endpoint_ids,
  a.enable_dns_support,
  a.enable_dns_hostnames
FROM dependent AS d
LEFT JOIN vpc_attribute AS a
  ON a.account_id = d.account_id AND a.region = d.region AND a.vpc_id = d.vpc_id
