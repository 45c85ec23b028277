/*---
title = "A subnet goes through NAT past a gateway endpoint of its VPC"
category = "cost"
severity = "medium"
confidence = "medium"
resource = "vpc_endpoint"
message = "the service is reached through {nat_gateway_id} from {subnets:count subnet} with consumers, whose route tables do not lead to the endpoint: {route_table_ids}"
rationale = """
A gateway endpoint serves the subnets whose route tables it is tied to. A route table that was made
later is forgotten easily: its subnets reach the same service through the NAT gateway, which charges for
every gigabyte what the gateway endpoint carries for nothing. How much that is, flow logs alone can tell."""
recommended_action = """
Tie the endpoint to the route tables, after a look at its policy, which then holds for these subnets too;
connections to the service that are open at that moment break:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --add-route-table-ids {route_tables_to_tie}`."""
exceptions = [
  "the subnet's route table does not lead to a public NAT gateway: it may be meant to reach nothing",
  "nothing in the subnet could be a consumer",
  "another gateway endpoint of the same service serves the route table",
  "an interface endpoint of the service with private DNS stands in the VPC, which then takes the traffic, unless that DNS is for on-premises networks only",
  "services other than S3, which the subnet's consumers may not use: reported as info",
  "no route table leads to the endpoint at all: gateway-endpoint-without-route-table says so",
  "it is younger than min_age_days: route tables may follow",
  "an AWS service made the endpoint and manages it, or a tag such as GuardDutyManaged says so: reported as info",
  "the route to NAT is for some addresses only, as a partner's, which cannot be seen from here: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DnsOptionsSpecification.html",
  "https://aws.amazon.com/vpc/pricing/",
]

[messages]
perhaps = "what goes to {service_name} from {subnets:count subnet} with consumers, if anything, takes {nat_gateway_id}: their route tables do not lead to the endpoint: {route_table_ids}"
managed = "{subnets:count subnet} with consumers reach the service through {nat_gateway_id}, but an AWS service manages this endpoint: look at that service"

[actions]
managed = "Ask the owner of the AWS service's resource which subnets it is meant for; where others are to be served, make a gateway endpoint of their own."

[params]
min_age_days = 7
---*/
WITH served AS (
  SELECT DISTINCT r.account_id, r.region, r.vpc_id, e.service_name, r.route_table_id
  FROM route AS r
  JOIN vpc_endpoint AS e
    ON e.account_id = r.account_id AND e.region = r.region AND e.vpc_endpoint_id = r.vpc_endpoint_id
  WHERE r.state = 'active' AND e.vpc_endpoint_type = 'Gateway'
),
serving AS (
  SELECT account_id, region, vpc_id, service_name, COUNT(*) AS route_tables
  FROM served
  GROUP BY account_id, region, vpc_id, service_name
),
consumed AS (
  SELECT DISTINCT account_id, region, subnet_id FROM network_interface WHERE is_consumer
),
-- A gateway of which AWS does not say otherwise is public: CreateNatGateway's default.
through_nat AS (
  SELECT DISTINCT t.account_id, t.region, t.vpc_id, t.route_table_id, t.subnet_id, t.nat_gateway_id
  FROM route_table AS t
  JOIN consumed AS c
    ON c.account_id = t.account_id AND c.region = t.region AND c.subnet_id = t.subnet_id
  JOIN nat_gateway AS n
    ON n.account_id = t.account_id AND n.region = t.region AND n.nat_gateway_id = t.nat_gateway_id
  WHERE n.state = 'available' AND COALESCE(n.connectivity_type, 'public') = 'public'
),
-- Where a VPC has two gateway endpoints of one service, the first speaks for both.
gateway AS (
  SELECT
    account_id, region, vpc_id, service_name,
    MIN(vpc_endpoint_id) AS vpc_endpoint_id,
    MAX(age_days) AS age_days,
    MIN(CASE WHEN requester_managed THEN 1 ELSE 0 END) AS is_managed,
    CASE WHEN service_name LIKE 'eu.amazonaws.%' THEN CONCAT('com', SUBSTR(service_name, 3)) ELSE service_name END AS plain_name
  FROM vpc_endpoint
  WHERE vpc_endpoint_id <> '' AND vpc_endpoint_type = 'Gateway' AND state = 'available'
  GROUP BY account_id, region, vpc_id, service_name
),
-- VPCs in which the service's name leads to an interface endpoint, whatever the routes say. In China
-- (cn.com.amazonaws) and the European Sovereign Cloud (eu.amazonaws) interface endpoints may be named otherwise than
-- gateway endpoints.
named AS (
  SELECT DISTINCT
    account_id, region, vpc_id,
    CASE
      WHEN service_name LIKE 'cn.com.amazonaws.%' THEN SUBSTR(service_name, 4)
      WHEN service_name LIKE 'eu.amazonaws.%' THEN CONCAT('com', SUBSTR(service_name, 3))
      ELSE service_name
    END AS plain_name
  FROM vpc_endpoint
  WHERE vpc_endpoint_type = 'Interface' AND state = 'available' AND private_dns_enabled
    AND NOT COALESCE(private_dns_only_for_inbound_resolver_endpoint, FALSE)
),
lacking AS (
  SELECT g.account_id, g.region, g.vpc_endpoint_id, t.route_table_id, t.subnet_id, t.nat_gateway_id
  FROM gateway AS g
  JOIN through_nat AS t
    ON t.account_id = g.account_id AND t.region = g.region AND t.vpc_id = g.vpc_id
  LEFT JOIN served AS s
    ON s.account_id = t.account_id AND s.region = t.region AND s.route_table_id = t.route_table_id AND s.service_name = g.service_name
  LEFT JOIN named AS i
    ON i.account_id = g.account_id AND i.region = g.region AND i.vpc_id = g.vpc_id AND i.plain_name = g.plain_name
  WHERE s.route_table_id IS NULL AND i.vpc_id IS NULL
),
lacking_table AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, route_table_id FROM lacking
),
listed AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    COUNT(*) AS route_tables,
    STRING_AGG(route_table_id, ', ' ORDER BY route_table_id) AS route_table_ids,
    STRING_AGG(route_table_id, '","' ORDER BY route_table_id) AS route_tables_to_tie
  FROM lacking_table
  GROUP BY account_id, region, vpc_endpoint_id
),
counted AS (
  SELECT account_id, region, vpc_endpoint_id, COUNT(*) AS subnets, MIN(nat_gateway_id) AS nat_gateway_id
  FROM lacking
  GROUP BY account_id, region, vpc_endpoint_id
)
SELECT
  g.vpc_endpoint_id AS resource_id,
  g.account_id,
  g.region,
  CASE
    WHEN COALESCE(g.service_name, '') = '' THEN 'skip'
    WHEN c.subnets IS NULL OR s.route_tables IS NULL THEN 'ok'
    WHEN g.age_days IS NULL THEN 'skip'
    WHEN g.age_days < p.min_age_days THEN 'ok'
    WHEN g.is_managed = 1 OR g.service_name NOT LIKE '%.s3' THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN g.is_managed = 1 THEN 'managed'
    WHEN g.service_name NOT LIKE '%.s3' THEN 'perhaps'
  END AS variant,
  CASE WHEN g.service_name LIKE '%.s3' THEN 'medium' ELSE 'low' END AS confidence,
  CASE
    WHEN COALESCE(g.service_name, '') = '' THEN 'its service is not known'
    WHEN g.age_days IS NULL THEN 'its age is not known'
  END AS reason,
  g.service_name,
  g.vpc_id,
  COALESCE(c.subnets, 0) AS subnets,
  c.nat_gateway_id,
  l.route_table_ids,
  CASE WHEN l.route_tables = 1 THEN l.route_tables_to_tie WHEN l.route_tables > 1 THEN CONCAT('["', l.route_tables_to_tie, '"]') END AS route_tables_to_tie
FROM gateway AS g
LEFT JOIN serving AS s
  ON s.account_id = g.account_id AND s.region = g.region AND s.vpc_id = g.vpc_id AND s.service_name = g.service_name
LEFT JOIN counted AS c
  ON c.account_id = g.account_id AND c.region = g.region AND c.vpc_endpoint_id = g.vpc_endpoint_id
LEFT JOIN listed AS l
  ON l.account_id = g.account_id AND l.region = g.region AND l.vpc_endpoint_id = g.vpc_endpoint_id
CROSS JOIN param AS p
