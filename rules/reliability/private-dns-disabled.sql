/*---
title = "Private DNS of an endpoint is off, and nobody uses it"
category = "reliability"
severity = "medium"
confidence = "medium"
resource = "vpc_endpoint"
operations_of_views = ["ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules", "ec2:GetManagedPrefixListEntries", "ec2:DescribeNetworkAcls"]
message = "private DNS is off, no other endpoint of the service has it in the VPC, and nothing passed in {observed_days:count day}: {private_dns_name} leads past it"
rationale = """
Without private DNS the service's own name leads to public addresses, and SDKs and the AWS CLI call by
that name. The endpoint is then found only by those who name it in their configuration."""
recommended_action = """
`aws route53 list-hosted-zones-by-vpc --region {region} --vpc-id {vpc_id} --vpc-region {region}` shows whether a private
hosted zone answers for {private_dns_name}: AWS refuses two answers for one name. If none does,
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --private-dns-enabled`. If
nobody needs the endpoint, `aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {resource_id}`."""
exceptions = [
  "another endpoint of the same service in the VPC has private DNS, and not for on-premises networks only",
  "the service has no private DNS name",
  "it carries traffic, or its traffic cannot be measured: somebody may have a zone of their own (info)",
  "its security groups admit other networks, or the VPC has no consumers: a central hub is meant to be so (info)",
  "an AWS service made the endpoint and manages it (info)",
  "services of other companies, and services in another Region",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
]

[messages]
hub = "private DNS is off, as it is where an endpoint serves other networks by a private hosted zone: read whether one exists for {private_dns_name}"
used = "private DNS is off, but somebody may find it by another name: its use is {usage}"
managed = "private DNS is off, but an AWS service manages the endpoint: look at that service"

[actions]
hub = """
`aws route53 list-hosted-zones-by-vpc --region {region} --vpc-id {vpc_id} --vpc-region {region}` shows whether a private
hosted zone answers for {private_dns_name}. If one does, all is well."""
used = """
Ask the owner by which name clients find it. `aws route53 list-hosted-zones-by-vpc --region {region} --vpc-id {vpc_id} --vpc-region {region}`
shows the private hosted zones of the VPC."""
managed = """
Look at the AWS service that made the endpoint: what it makes only that service can change."""
---*/
WITH resolved AS (
  SELECT DISTINCT account_id, region, vpc_id, service_name
  FROM vpc_endpoint
  WHERE vpc_endpoint_type = 'Interface' AND private_dns_enabled AND state = 'available'
    AND (private_dns_only_for_inbound_resolver_endpoint IS NULL OR NOT private_dns_only_for_inbound_resolver_endpoint)
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN e.private_dns_enabled OR o.vpc_id IS NOT NULL THEN 'ok'
    WHEN n.offers IS NULL THEN 'skip'
    WHEN n.private_dns_name IS NULL THEN 'ok'
    WHEN e.requester_managed OR r.admits_outside IS NULL OR r.admits_outside = 1 OR u.usage <> 'idle' THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN e.requester_managed THEN 'managed'
    WHEN r.admits_outside IS NULL OR r.admits_outside = 1 THEN 'hub'
    WHEN u.usage <> 'idle' THEN 'used'
  END AS variant,
  CASE WHEN r.admits_outside = 0 AND u.usage = 'idle' THEN 'medium' ELSE 'low' END AS confidence,
  CASE WHEN n.offers IS NULL THEN 'the service is not listed, so its private name is not known' END AS reason,
  e.service_name,
  e.vpc_id,
  n.private_dns_name,
  u.usage,
  u.observed_days
FROM vpc_endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN listed_service AS n
  ON n.account_id = e.account_id AND n.region = e.region AND n.service_name = e.service_name
LEFT JOIN resolved AS o
  ON o.account_id = e.account_id AND o.region = e.region AND o.vpc_id = e.vpc_id AND o.service_name = e.service_name
LEFT JOIN endpoint_reachability AS r
  ON r.account_id = e.account_id AND r.region = e.region AND r.vpc_endpoint_id = e.vpc_endpoint_id
WHERE e.state = 'available' AND e.vpc_endpoint_type = 'Interface' AND e.service_region = e.region
  AND e.service_name IS NOT NULL AND e.vpc_endpoint_id <> ''
  -- Whose a service is, AWS says itself. Where it does not, the name tells.
  AND (n.is_of_aws = 1 OR (COALESCE(n.owners, 0) = 0 AND e.service_name NOT LIKE '%vpce-svc-%'))
