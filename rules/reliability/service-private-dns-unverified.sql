/*---
title = "Private DNS name of the endpoint service is not verified"
category = "reliability"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint_service"
message = "{private_dns_name} is not verified ({private_dns_name_state}): consumers cannot use the name"
rationale = """
Consumers may use a service's private DNS name only once AWS has seen proof that the provider owns the
domain. Until then, an endpoint with private DNS on cannot be made, and where a proof is later taken
away from the domain, new endpoints fail while the old ones go on."""
recommended_action = """
Put the TXT record that AWS asks for into the domain (aws ec2
describe-vpc-endpoint-service-configurations --service-ids ID shows its name and value), then aws ec2
start-vpc-endpoint-service-private-dns-verification --region REGION --service-id ID. Or give the name
up: aws ec2 modify-vpc-endpoint-service-configuration --service-id ID --remove-private-dns-name."""
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
    WHEN private_dns_name_state IS NULL THEN 'skip'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN private_dns_name IS NOT NULL AND private_dns_name_state IS NULL THEN 'AWS does not say whether its private DNS name is verified'
  END AS reason,
  service_name,
  private_dns_name,
  private_dns_name_state
FROM vpc_endpoint_service
WHERE service_state = 'Available'
