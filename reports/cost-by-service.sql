/*---
title = "Cost by service"
description = "Which services the endpoints lead to and what that costs per month: one row per service, endpoint type and cost basis."
terminal = ["service_name", "monthly_cost", "cost_basis", "monthly_saving", "endpoints", "idle_endpoints"]
terminal_wide = ["vpc_endpoint_type", "accounts", "vpcs", "zones", "monthly_gigabytes", "hours_cost", "bytes_cost"]

[columns]
hours_cost = "money"
bytes_cost = "money"
monthly_cost = "money"
monthly_saving = "money"
---*/
WITH saving AS (
  SELECT account_id, region, resource_id, MAX(monthly_saving) AS monthly_saving
  FROM finding
  WHERE status = 'alarm' AND waived_until IS NULL AND resource_type = 'vpc_endpoint'
  GROUP BY account_id, region, resource_id
),
endpoint AS (
  SELECT
    COALESCE(e.service_name, e.resource_configuration_arn, e.service_network_arn) AS service_name,
    e.vpc_endpoint_type, e.account_id, e.vpc_id,
    c.cost_basis, c.zones_billed, c.hours_cost, c.bytes_cost, c.monthly_cost, c.monthly_gigabytes, s.monthly_saving,
    CASE WHEN u.usage = 'idle' THEN 1 ELSE 0 END AS idle
  FROM vpc_endpoint AS e
  JOIN vpc_endpoint_cost AS c
    ON c.account_id = e.account_id AND c.region = e.region AND c.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN vpc_endpoint_usage AS u
    ON u.account_id = e.account_id AND u.region = e.region AND u.vpc_endpoint_id = e.vpc_endpoint_id
  LEFT JOIN saving AS s
    ON s.account_id = e.account_id AND s.region = e.region AND s.resource_id = e.vpc_endpoint_id
),
total AS (
  SELECT
    service_name,
    vpc_endpoint_type,
    cost_basis,
    COUNT(*) AS endpoints,
    SUM(idle) AS idle_endpoints,
    COUNT(DISTINCT account_id) AS accounts,
    COUNT(DISTINCT vpc_id) AS vpcs,
    SUM(zones_billed) AS zones,
    SUM(monthly_gigabytes) AS monthly_gigabytes,
    SUM(hours_cost) AS hours_cost,
    SUM(bytes_cost) AS bytes_cost,
    SUM(monthly_cost) AS monthly_cost,
    SUM(monthly_saving) AS monthly_saving
  FROM endpoint
  GROUP BY service_name, vpc_endpoint_type, cost_basis
)
SELECT
  service_name,
  vpc_endpoint_type,
  cost_basis,
  endpoints,
  idle_endpoints,
  accounts,
  vpcs,
  zones,
  monthly_gigabytes,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE hours_cost END AS hours_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE bytes_cost END AS bytes_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE monthly_cost END AS monthly_cost,
  CASE WHEN cost_basis = 'unknown_rate' THEN NULL ELSE monthly_saving END AS monthly_saving
FROM total
ORDER BY COALESCE(monthly_cost, 0) DESC, service_name, vpc_endpoint_type, cost_basis
