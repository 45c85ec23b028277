/*---
title = "Private zone or Resolver rule answers before an endpoint's private DNS"
category = "reliability"
severity = "high"
confidence = "medium"
resource = "vpc_endpoint"
message = "{answered_by} answers for {domain_names} in {vpc_id}: by that name no client there reaches the endpoint"
rationale = """
Private DNS gives the service's own name the addresses of the endpoint, by a private hosted zone that AWS
owns. Of several answers the one for the most specific name is given, and of a forwarding rule and a zone
of one name the rule's. Clients are then led past the endpoint, to public addresses or to none: the call
fails, or leaves by NAT and passes neither the endpoint's policy nor its security groups."""
recommended_action = """
Ask in the VPC what the name resolves to: `dig +short {domain_name}`. If that is the endpoint, all is well
and the finding can be waived. If not, see who reaches the endpoint, and by which name."""
exceptions = [
  "zones that AWS services own, as that of the endpoint itself",
  "rules and zones of a parent domain, and of `.`: the endpoint's name is more specific",
  "names below one that is no wildcard: the endpoint does not answer for them",
  "rules of type SYSTEM, RECURSIVE and DELEGATE, and rules that are not associated with the VPC, or no more",
  "private DNS is off, as in a hub that serves its zone to other VPCs",
  "private DNS answers on-premises networks only",
  "traffic passes through the endpoint all the same, so the answer may lead to it (info)",
  "what a Route 53 Profile brings, which AWS does not list with the VPC",
]
references = [
  "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html",
  "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-domain-name-matches.html",
  "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-autodefined-rules.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
]

[messages]
some_zone = "{answered_by} answers for {domain_names} in {vpc_id}: by these names clients there do not reach the endpoint, by its others they do"
some_rule = "{answered_by} answers for {domain_names} in {vpc_id}: by these names clients there do not reach the endpoint, by its others they do"
used = "{answered_by} answers for {domain_names} in {vpc_id}, and clients reach the endpoint all the same: see whether that answer leads to it"

[actions]
zone = """
Ask in the VPC what the name resolves to: `dig +short {domain_name}`. If that is not the endpoint, delete the
zone's records of that name, or take the VPC out of the zone:
`aws route53 disassociate-vpc-from-hosted-zone --region {region} --hosted-zone-id {answer_id} --vpc VPCRegion={region},VPCId={vpc_id}`.
AWS refuses that for the last VPC of a zone."""
rule = """
Ask in the VPC what the name resolves to: `dig +short {domain_name}`. If that is not the endpoint, take the
VPC out of the rule:
`aws route53resolver disassociate-resolver-rule --region {region} --vpc-id {vpc_id} --resolver-rule-id {answer_id}`.
Or let a more specific rule of type SYSTEM keep the name in the VPC."""
some_zone = """
Ask in the VPC what the name resolves to: `dig +short {domain_name}`. If that is not the endpoint, delete the
zone's records of that name, or take the VPC out of the zone:
`aws route53 disassociate-vpc-from-hosted-zone --region {region} --hosted-zone-id {answer_id} --vpc VPCRegion={region},VPCId={vpc_id}`.
AWS refuses that for the last VPC of a zone."""
some_rule = """
Ask in the VPC what the name resolves to: `dig +short {domain_name}`. If that is not the endpoint, take the
VPC out of the rule:
`aws route53resolver disassociate-resolver-rule --region {region} --vpc-id {vpc_id} --resolver-rule-id {answer_id}`.
Or let a more specific rule of type SYSTEM keep the name in the VPC."""
---*/
WITH endpoint AS (
  SELECT account_id, region, vpc_endpoint_id, vpc_id, service_name
  FROM vpc_endpoint
  WHERE vpc_endpoint_type = 'Interface' AND state = 'available' AND private_dns_enabled AND vpc_endpoint_id <> ''
    AND (private_dns_only_for_inbound_resolver_endpoint IS NULL OR NOT private_dns_only_for_inbound_resolver_endpoint)
),
-- Each domain of a service once, and whether the names below it are the endpoint's as well.
domain AS (
  SELECT account_id, region, service_name, domain_name, MAX(is_wildcard) AS is_wildcard
  FROM (
    SELECT
      account_id, region, service_name,
      CASE WHEN private_dns_name LIKE '*.%' THEN SUBSTR(private_dns_name, 3) ELSE private_dns_name END AS domain_name,
      CASE WHEN private_dns_name LIKE '*.%' THEN 1 ELSE 0 END AS is_wildcard
    FROM service_detail_private_dns_name
  ) AS given
  GROUP BY account_id, region, service_name, domain_name
),
counted AS (
  SELECT account_id, region, service_name, COUNT(*) AS domains
  FROM domain
  GROUP BY account_id, region, service_name
),
answer AS (
  SELECT account_id, region, vpc_id, name AS domain_name, hosted_zone_id AS answered_by
  FROM hosted_zone
  WHERE owning_service IS NULL
  UNION ALL
  SELECT a.account_id, a.region, a.vpc_id, r.domain_name, r.resolver_rule_id AS answered_by
  FROM resolver_rule_association AS a
  JOIN resolver_rule AS r
    ON r.account_id = a.account_id AND r.region = a.region AND r.resolver_rule_id = a.resolver_rule_id
  WHERE r.rule_type = 'FORWARD' AND a.status = 'COMPLETE' AND COALESCE(r.status, 'COMPLETE') <> 'DELETING'
),
-- Rules that may apply in an unknown way.
unknown AS (
  SELECT a.account_id, a.region, a.vpc_id, COUNT(*) AS rules
  FROM resolver_rule_association AS a
  LEFT JOIN resolver_rule AS r
    ON r.account_id = a.account_id AND r.region = a.region AND r.resolver_rule_id = a.resolver_rule_id
  WHERE a.resolver_rule_id NOT LIKE 'rslvr-autodefined-%'
    AND (
      (r.domain_name IS NULL AND a.status = 'COMPLETE')
      OR COALESCE(r.rule_type, 'FORWARD') NOT IN ('FORWARD', 'SYSTEM', 'RECURSIVE', 'DELEGATE')
      OR COALESCE(a.status, '') NOT IN ('COMPLETE', 'CREATING', 'DELETING', 'FAILED', 'OVERRIDDEN')
    )
  GROUP BY a.account_id, a.region, a.vpc_id
),
shadow AS (
  SELECT
    e.account_id, e.region, e.vpc_endpoint_id, s.domain_name, s.answered_by,
    CASE WHEN s.domain_name = d.domain_name THEN 1 ELSE 0 END AS is_whole,
    CASE WHEN s.domain_name = l.first_name THEN 1 ELSE 0 END AS is_first
  FROM endpoint AS e
  JOIN listed_service AS l
    ON l.account_id = e.account_id AND l.region = e.region AND l.service_name = e.service_name
  JOIN domain AS d
    ON d.account_id = e.account_id AND d.region = e.region AND d.service_name = e.service_name
  JOIN answer AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.vpc_id = e.vpc_id
  WHERE s.domain_name = d.domain_name
    OR (
      d.is_wildcard = 1 AND LENGTH(s.domain_name) > LENGTH(d.domain_name)
      AND SUBSTR(s.domain_name, LENGTH(s.domain_name) - LENGTH(d.domain_name)) = CONCAT('.', d.domain_name)
    )
),
shadowed AS (
  SELECT
    account_id, region, vpc_endpoint_id, SUM(is_whole) AS wholly, MAX(is_first) AS first_is_taken,
    MIN(domain_name) AS domain_name,
    STRING_AGG(domain_name, ', ' ORDER BY domain_name) AS domain_names
  FROM (
    SELECT account_id, region, vpc_endpoint_id, domain_name, MAX(is_whole) AS is_whole, MAX(is_first) AS is_first
    FROM shadow
    GROUP BY account_id, region, vpc_endpoint_id, domain_name
  ) AS name
  GROUP BY account_id, region, vpc_endpoint_id
),
answering AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    -- Of a zone and a rule the rule is asked first: rslvr-rr-... comes after Z...
    MAX(answered_by) AS answer_id,
    STRING_AGG(answered_by, ', ' ORDER BY answered_by) AS answered_by
  FROM (
    SELECT DISTINCT account_id, region, vpc_endpoint_id, answered_by FROM shadow
  ) AS source
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  e.vpc_endpoint_id AS resource_id,
  e.account_id,
  e.region,
  CASE
    WHEN l.offers IS NULL THEN 'skip'
    WHEN w.wholly IS NULL AND k.rules IS NOT NULL THEN 'skip'
    WHEN w.wholly IS NULL THEN 'ok'
    WHEN w.wholly >= c.domains AND u.usage = 'active' THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN w.wholly IS NULL THEN NULL
    WHEN w.wholly < c.domains AND b.answer_id LIKE 'rslvr-%' THEN 'some_rule'
    WHEN w.wholly < c.domains THEN 'some_zone'
    WHEN u.usage = 'active' THEN 'used'
    WHEN b.answer_id LIKE 'rslvr-%' THEN 'rule'
    ELSE 'zone'
  END AS variant,
  CASE
    WHEN (w.wholly >= c.domains OR w.first_is_taken = 1) AND u.usage <> 'active' THEN 'high'
    WHEN w.wholly IS NOT NULL THEN 'medium'
  END AS severity,
  CASE
    WHEN w.wholly >= c.domains AND u.usage = 'idle' THEN 'high'
    WHEN w.wholly >= c.domains AND u.usage = 'active' THEN 'low'
    ELSE 'medium'
  END AS confidence,
  CASE
    WHEN l.offers IS NULL THEN 'the service is not listed, so its private name is not known'
    WHEN w.wholly IS NULL AND k.rules IS NOT NULL THEN 'a Resolver rule applies in the VPC that the account does not list, or that does what is not known'
  END AS reason,
  e.service_name,
  e.vpc_id,
  w.domain_name,
  w.domain_names,
  b.answer_id,
  b.answered_by,
  u.usage
FROM endpoint AS e
JOIN vpc_endpoint_usage AS u
  ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN listed_service AS l
  ON l.account_id = e.account_id AND l.region = e.region AND l.service_name = e.service_name
LEFT JOIN counted AS c
  ON c.account_id = e.account_id AND c.region = e.region AND c.service_name = e.service_name
LEFT JOIN unknown AS k
  ON k.account_id = e.account_id AND k.region = e.region AND k.vpc_id = e.vpc_id
LEFT JOIN shadowed AS w
  ON w.account_id = e.account_id AND w.region = e.region AND w.vpc_endpoint_id = e.vpc_endpoint_id
LEFT JOIN answering AS b
  ON b.account_id = e.account_id AND b.region = e.region AND b.vpc_endpoint_id = e.vpc_endpoint_id
