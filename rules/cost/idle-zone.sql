/*---
title = "A zone of the endpoint carries nothing while others do"
category = "cost"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint"
message = "nothing passed through {idle_zones} in {observed_days:count day}, while {busy_zones} carried all; taking it out leaves {zones_left:count zone}, so one more fault of a zone is felt"
rationale = """
Each zone of an endpoint is billed by the hour. One that carried nothing for the whole window, while
the others did, may be spared: that zone's clients are gone, or never were. The price is resilience.
Every zone that is taken out brings the endpoint a step nearer to a single point of failure, and new
clients in that zone will cross to another. So at least min_zones_left zones have to stay; where fewer
would, the idle zone is told and not accused: what it costs buys the second zone."""
recommended_action = """
Where no client is expected in {idle_zones}, take the endpoint out of there:
`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {resource_id} --remove-subnet-ids {idle_subnet_ids}`.
The zonal DNS name goes with it."""
exceptions = [
  "fewer than min_zones_left zones would be left: reported as info",
  "the endpoint is younger than min_age_days, so that the zone may have been added for clients to come",
  "the endpoint carried nothing at all: orphaned-endpoint says so",
  "CloudWatch did not answer for each of its zones, or a zone is not known: not judged",
  "when a zone was added is not known to AWS's API: one that was added lately looks the same",
  "its hours are charged to nobody or to somebody else, as where the provider pays",
  "an AWS service made it and manages it, or a tag such as GuardDutyManaged says so",
  "the zone stands by for a disaster: waive it",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html",
  "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html",
  "https://aws.amazon.com/privatelink/pricing/",
]

[messages]
needed = "nothing passed through {idle_zones} in {observed_days:count day}; without it {zones_left:count zone} would be left, which is why it is worth its price"

[actions]
needed = "Leave it where it buys a second zone. Look whether clients stand in {idle_zones}, and why none of them uses its zone."

[params]
min_age_days = 30
min_zones_left = 2
---*/
WITH live AS (
  SELECT e.account_id, e.region, e.vpc_endpoint_id, e.service_name, e.vpc_id, e.age_days, u.observed_days, c.hourly_rate, c.hours_cost, c.cost_basis
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  WHERE e.vpc_endpoint_id <> '' AND e.state = 'available' AND e.vpc_endpoint_type = 'Interface' AND NOT e.requester_managed AND u.usage = 'active'
),
placed AS (
  SELECT l.account_id, l.region, l.vpc_endpoint_id, s.subnet_id, s.availability_zone_id, t.status_code, t.bytes_processed
  FROM live AS l
  JOIN vpc_endpoint_subnet AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
  LEFT JOIN vpc_endpoint_subnet_usage AS t
    ON t.account_id = s.account_id AND t.region = s.region AND t.vpc_endpoint_id = s.vpc_endpoint_id
    AND t.subnet_id = s.subnet_id
),
by_zone AS (
  SELECT
    account_id, region, vpc_endpoint_id, availability_zone_id,
    SUM(bytes_processed) AS bytes_processed,
    MIN(subnet_id) AS subnet_id,
    COUNT(*) AS placements,
    SUM(CASE WHEN availability_zone_id IS NULL THEN 1 ELSE 0 END) AS unplaced,
    SUM(CASE WHEN status_code = 'Complete' THEN 0 ELSE 1 END) AS unanswered
  FROM placed
  GROUP BY account_id, region, vpc_endpoint_id, availability_zone_id
),
spread AS (
  SELECT
    account_id, region, vpc_endpoint_id,
    SUM(placements) AS placements,
    SUM(unplaced) AS unplaced,
    SUM(unanswered) AS unanswered,
    SUM(CASE WHEN bytes_processed > 0 THEN 1 ELSE 0 END) AS zones_left,
    SUM(CASE WHEN bytes_processed > 0 THEN 0 ELSE 1 END) AS idle,
    STRING_AGG(CASE WHEN bytes_processed > 0 THEN NULL ELSE availability_zone_id END, ', ' ORDER BY availability_zone_id) AS idle_zones,
    STRING_AGG(CASE WHEN bytes_processed > 0 THEN availability_zone_id END, ', ' ORDER BY availability_zone_id) AS busy_zones,
    STRING_AGG(CASE WHEN bytes_processed > 0 THEN NULL ELSE subnet_id END, '","' ORDER BY availability_zone_id) AS idle_subnets
  FROM by_zone
  GROUP BY account_id, region, vpc_endpoint_id
),
-- At the rate that the endpoint is charged, which is null where nothing was; and never more than all its hours.
priced AS (
  SELECT
    l.*,
    CASE WHEN s.idle * l.hourly_rate * 730 > l.hours_cost THEN l.hours_cost ELSE s.idle * l.hourly_rate * 730 END AS idle_cost
  FROM live AS l
  JOIN spread AS s
    ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
)
SELECT
  l.vpc_endpoint_id AS resource_id,
  l.account_id,
  l.region,
  CASE
    WHEN s.placements < 2 THEN 'ok'
    -- Where no zone published, the dimensions are not proven.
    WHEN s.unplaced > 0 OR s.unanswered > 0 OR s.zones_left = 0 THEN 'skip'
    WHEN s.idle = 0 OR l.hourly_rate = 0 OR l.hours_cost = 0 THEN 'ok'
    WHEN l.age_days IS NULL THEN 'skip'
    WHEN l.age_days < p.min_age_days THEN 'ok'
    WHEN s.zones_left < p.min_zones_left THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE WHEN s.zones_left < p.min_zones_left THEN 'needed' END AS variant,
  CASE
    WHEN s.unplaced > 0 THEN 'in which zones it stands is not known'
    WHEN s.unanswered > 0 THEN 'CloudWatch did not answer for each of its zones'
    WHEN s.zones_left = 0 THEN 'the endpoint carried traffic, and no zone published any'
    WHEN l.age_days IS NULL THEN 'its age is not known'
  END AS reason,
  l.idle_cost AS monthly_cost,
  CASE WHEN s.zones_left >= p.min_zones_left THEN l.idle_cost END AS monthly_saving,
  CASE WHEN l.idle_cost IS NULL THEN 'unknown_rate' ELSE l.cost_basis END AS cost_basis,
  s.idle_zones,
  CASE WHEN s.idle = 1 THEN s.idle_subnets WHEN s.idle > 1 AND s.unanswered = 0 THEN CONCAT('["', s.idle_subnets, '"]') END AS idle_subnet_ids,
  s.busy_zones,
  s.zones_left,
  l.observed_days,
  l.age_days,
  l.service_name,
  l.vpc_id
FROM priced AS l
JOIN spread AS s
  ON s.account_id = l.account_id AND s.region = l.region AND s.vpc_endpoint_id = l.vpc_endpoint_id
CROSS JOIN param AS p
