/*---
title = "Private DNS name of the endpoint service is not verified"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_service"
message = "{private_dns_name} is not verified ({private_dns_name_state}): no new consumer can use the name"
rationale = """
Consumers may use a service's private DNS name only once AWS has seen proof that the provider owns the
domain. Until then, an endpoint with private DNS on cannot be made, and where a proof is later taken
away from the domain, new endpoints fail while the old ones go on."""
recommended_action = """
`aws ec2 describe-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}` shows name
and value of the TXT record that proves the domain. Put it into the domain, then
`aws ec2 start-vpc-endpoint-service-private-dns-verification --region {region} --service-id {resource_id}`. Or
give the name up:
`aws ec2 modify-vpc-endpoint-service-configuration --region {region} --service-id {resource_id} --remove-private-dns-name`."""
exceptions = [
  "services without a private DNS name",
  "services that are not in the state Available",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
]
---*/
SELECT
  service_id AS resource_id,
  account_id,
  region,
  CASE
    WHEN private_dns_name IS NULL OR private_dns_name_state = 'verified' THEN 'ok'
    WHEN private_dns_name_state IN ('pendingVerification', 'failed') THEN 'alarm'
    ELSE 'skip'
  END AS status,
  CASE
    WHEN private_dns_name IS NOT NULL AND COALESCE(private_dns_name_state, '') NOT IN ('verified', 'pendingVerification', 'failed')
      THEN 'AWS does not say whether its private DNS name is verified'
  END AS reason,
  service_name,
  private_dns_name,
  private_dns_name_state
FROM vpc_endpoint_service
WHERE service_state = 'Available' AND service_id <> ''
