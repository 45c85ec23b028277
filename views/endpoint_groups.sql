/*---
title = "The security groups of endpoints: one row per endpoint that has any"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html"

[columns]
account_id = "The account that owns the endpoint."
region = "The Region."
vpc_endpoint_id = "The endpoint."
group_count = "How many groups it has."
first_group_id = "The first of them by its id."
group_ids = "All of them in order, with commas between them."
quoted_group_ids = "All of them in order, with `\",\"` between them, as they stand within a JSON list."
---*/
SELECT
  g.account_id, g.region, g.vpc_endpoint_id,
  COUNT(*) AS group_count,
  MIN(g.group_id) AS first_group_id,
  STRING_AGG(g.group_id, ', ' ORDER BY g.group_id) AS group_ids,
  STRING_AGG(g.group_id, '","' ORDER BY g.group_id) AS quoted_group_ids
FROM vpc_endpoint_security_group AS g
GROUP BY g.account_id, g.region, g.vpc_endpoint_id
