/*---
title = "Targets and their health: one row per target group and Availability Zone of its targets"
source = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html"

[columns]
account_id = "The account that offers the service."
region = "The Region."
target_group_arn = "The target group."
availability_zone_id = "The zone of the targets; null for those whose zone is not known."
targets = "How many targets there are."
healthy = "How many of them are healthy."
initial = "How many are starting."
unhealthy = "How many fail their checks, those that drain among them."
silent = "How many do not answer: those that fail their checks, drain, or are not used."
unchecked = "How many are in another state: their health is not checked, or AWS describes it in a new word."
shifted = "From how many a zonal shift keeps traffic away."
unsure = "Of how many it is not known whether a zonal shift is on."
---*/
SELECT
  t.account_id, t.region, t.target_group_arn, t.availability_zone_id,
  COUNT(*) AS targets,
  SUM(CASE WHEN t.state = 'healthy' THEN 1 ELSE 0 END) AS healthy,
  SUM(CASE WHEN t.state = 'initial' THEN 1 ELSE 0 END) AS initial,
  SUM(CASE WHEN t.state IN ('unhealthy', 'unhealthy.draining') THEN 1 ELSE 0 END) AS unhealthy,
  SUM(CASE WHEN t.state IN ('unhealthy', 'draining', 'unhealthy.draining', 'unused') THEN 1 ELSE 0 END) AS silent,
  SUM(CASE WHEN t.state IN ('healthy', 'initial', 'unhealthy', 'draining', 'unhealthy.draining', 'unused') THEN 0 ELSE 1 END) AS unchecked,
  -- https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html
  SUM(CASE WHEN t.administrative_override IN ('zonal_shift_active', 'zonal_shift_delegated_to_dns') THEN 1 ELSE 0 END) AS shifted,
  SUM(CASE WHEN COALESCE(t.administrative_override, 'no_override') IN ('no_override', 'zonal_shift_active', 'zonal_shift_delegated_to_dns') THEN 0 ELSE 1 END) AS unsure
FROM target_health AS t
GROUP BY t.account_id, t.region, t.target_group_arn, t.availability_zone_id
