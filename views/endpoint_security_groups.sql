/*---
title = "Security groups of endpoints together: one row per endpoint that has one"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html"

[columns]
account_id = "The account that owns the endpoint."
region = "The Region."
vpc_endpoint_id = "The endpoint."
group_count = "How many it has."
first_group_id = "The first by its id."
group_ids = "All of them in order, with commas between them."
group_ids_value = "All of them as an option of the AWS CLI takes them: one bare, several as a list in JSON."
---*/
SELECT
  g.account_id, g.region, g.vpc_endpoint_id,
  COUNT(*) AS group_count,
  MIN(g.group_id) AS first_group_id,
  STRING_AGG(g.group_id, ', ' ORDER BY g.group_id) AS group_ids,
  CASE WHEN COUNT(*) = 1 THEN MIN(g.group_id) ELSE CONCAT('["', STRING_AGG(g.group_id, '","' ORDER BY g.group_id), '"]') END AS group_ids_value
FROM vpc_endpoint_security_group AS g
GROUP BY g.account_id, g.region, g.vpc_endpoint_id
