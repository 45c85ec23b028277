/*---
title = "A subnet goes through NAT past a gateway endpoint of its VPC"
category = "cost"
severity = "medium"
confidence = "high"
resource = "vpc_endpoint"
message = "the service is reached through {nat_gateway_id} from {subnets:count subnet} with consumers, whose route tables do not lead to the endpoint: {route_table_ids}"
rationale = """
A gateway endpoint serves the subnets whose route tables it is tied to. A route table that was made
later is forgotten easily: its subnets reach the same service through the NAT gateway, which charges for
every gigabyte what the gateway endpoint carries for nothing."""
recommended_action = """
aws ec2 modify-vpc-endpoint --region REGION --vpc-endpoint-id ID --add-route-table-ids RTB. The endpoint's
policy then holds for these subnets too."""
exceptions = [
  "the subnet's route table does not lead to a public NAT gateway: it may be meant to reach nothing",
  "nothing in the subnet could be a consumer",
  "another gateway endpoint of the same service serves the route table",
  "no route table leads to the endpoint at all: gateway-endpoint-without-route-table says so",
  "it is younger than min_age_days: route tables may follow",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  "https://aws.amazon.com/vpc/pricing/",
]

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
through_nat AS (
  SELECT DISTINCT t.account_id, t.region, t.vpc_id, t.route_table_id, t.subnet_id, t.nat_gateway_id
  FROM route_table AS t
  JOIN consumed AS c
    ON c.account_id = t.account_id AND c.region = t.region AND c.subnet_id = t.subnet_id
  JOIN nat_gateway AS n
    ON n.account_id = t.account_id AND n.region = t.region AND n.nat_gateway_id = t.nat_gateway_id
  WHERE n.state = 'available' AND n.connectivity_type = 'public'
),
-- Where a VPC has two gateway endpoints of one service, the first speaks for both.
gateway AS (
  SELECT account_id, region, vpc_id, service_name, MIN(vpc_endpoint_id) AS vpc_endpoint_id, MAX(age_days) AS age_days
  FROM vpc_endpoint
  WHERE vpc_endpoint_type = 'Gateway' AND state = 'available'
  GROUP BY account_id, region, vpc_id, service_name
),
lacking AS (
  SELECT g.account_id, g.region, g.vpc_endpoint_id, t.route_table_id, t.subnet_id, t.nat_gateway_id
  FROM gateway AS g
  JOIN through_nat AS t
    ON t.account_id = g.account_id AND t.region = g.region AND t.vpc_id = g.vpc_id
  LEFT JOIN served AS s
    ON s.account_id = t.account_id AND s.region = t.region AND s.route_table_id = t.route_table_id AND s.service_name = g.service_name
  WHERE s.route_table_id IS NULL
),
lacking_table AS (
  SELECT DISTINCT account_id, region, vpc_endpoint_id, route_table_id FROM lacking
),
listed AS (
  SELECT account_id, region, vpc_endpoint_id, STRING_AGG(route_table_id, ', ' ORDER BY route_table_id) AS route_table_ids
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
    WHEN c.subnets IS NULL OR s.route_tables IS NULL THEN 'ok'
    WHEN g.age_days IS NULL THEN 'skip'
    WHEN g.age_days < p.min_age_days THEN 'ok'
    ELSE 'alarm'
  END AS status,
  CASE WHEN g.age_days IS NULL THEN 'its age is not known' END AS reason,
  g.service_name,
  g.vpc_id,
  COALESCE(c.subnets, 0) AS subnets,
  c.nat_gateway_id,
  l.route_table_ids
FROM gateway AS g
LEFT JOIN serving AS s
  ON s.account_id = g.account_id AND s.region = g.region AND s.vpc_id = g.vpc_id AND s.service_name = g.service_name
LEFT JOIN counted AS c
  ON c.account_id = g.account_id AND c.region = g.region AND c.vpc_endpoint_id = g.vpc_endpoint_id
LEFT JOIN listed AS l
  ON l.account_id = g.account_id AND l.region = g.region AND l.vpc_endpoint_id = g.vpc_endpoint_id
CROSS JOIN param AS p
