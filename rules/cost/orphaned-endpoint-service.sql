/*---
title = "Nobody is connected to the endpoint service whose load balancers bill"
category = "cost"
severity = "low"
confidence = "medium"
resource = "vpc_endpoint_service"
operations_of_views = ["ec2:DescribeVpcEndpoints", "cloudwatch:GetMetricData"]
message = "no endpoint is connected; {load_balancers} bills on"
rationale = """
A service itself costs its provider nothing, but the load balancers behind it bill by the hour,
connected or not. A service without a single connection is most often left over from a product or a
customer that is gone, and it keeps a way into the network open."""
recommended_action = """
Make sure that nothing else uses the load balancer (its metric ActiveFlowCount, its clients inside the VPC). Then
delete the service:
`aws ec2 delete-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}`, and the load
balancer: `aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {load_balancer_arn}`."""
exceptions = [
  "an endpoint, or an attachment of another kind, is connected or waits to be accepted; a state that plaudit does not know counts as connected",
  "its load balancers are younger than min_age_days: its consumers may be on the way",
  "its load balancers serve another service too, to which somebody is connected",
  "traffic passed through it in the window, so that its last consumer left lately: reported as info",
  "its load balancers have clients that do not come through PrivateLink, which cannot be seen from here",
  "services that are not in the state Available",
]
references = [
  "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
  "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html",
  "https://aws.amazon.com/elasticloadbalancing/pricing/",
]

[messages]
lately = "no endpoint is connected any more, though {gigabytes} GB passed in the window; {load_balancers} bills on"

[actions]
several = """
Make sure that nothing else uses the load balancers {load_balancers} (their clients inside the VPC, their metric
ActiveFlowCount). Then delete the service:
`aws ec2 delete-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}`, and the load
balancers, the first with `aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {load_balancer_arn}`."""
lately = """
Ask its last consumers whether they come back. If not, delete the service:
`aws ec2 delete-vpc-endpoint-service-configurations --region {region} --service-ids {resource_id}`. Its load balancers
bill until they are deleted too."""

[params]
min_age_days = 30
---*/
WITH connected AS (
  SELECT DISTINCT account_id, region, service_id
  FROM vpc_endpoint_connection
  WHERE vpc_endpoint_state NOT IN ('rejected', 'failed', 'expired', 'deleting', 'deleted')
),
-- Load balancers that some connected service needs.
needed AS (
  SELECT DISTINCT l.account_id, l.region, l.load_balancer_arn
  FROM vpc_endpoint_service_load_balancer AS l
  JOIN connected AS c
    ON c.account_id = l.account_id AND c.region = l.region AND c.service_id = l.service_id
),
hourly AS (
  SELECT region, rate FROM price WHERE usage_type = 'LoadBalancerUsage' AND tier_start = 0
),
behind AS (
  SELECT
    l.account_id, l.region, l.service_id,
    COUNT(*) AS load_balancer_count,
    MIN(l.load_balancer_arn) AS load_balancer_arn,
    STRING_AGG(COALESCE(b.load_balancer_name, l.load_balancer_arn), ', ' ORDER BY l.load_balancer_arn) AS load_balancers,
    SUM(CASE WHEN n.load_balancer_arn IS NULL THEN 0 ELSE 1 END) AS needed,
    SUM(CASE WHEN b.age_days IS NULL THEN 1 ELSE 0 END) AS ageless,
    MIN(b.age_days) AS age_days,
    -- The rate that is known is that of Network Load Balancers.
    SUM(CASE WHEN b.load_balancer_type = 'network' THEN h.rate END) AS hourly_rate,
    SUM(CASE WHEN b.load_balancer_type = 'network' AND h.rate IS NOT NULL THEN 0 ELSE 1 END) AS unpriced
  FROM vpc_endpoint_service_load_balancer AS l
  LEFT JOIN load_balancer AS b
    ON b.account_id = l.account_id AND b.region = l.region AND b.load_balancer_arn = l.load_balancer_arn
  LEFT JOIN needed AS n
    ON n.account_id = l.account_id AND n.region = l.region AND n.load_balancer_arn = l.load_balancer_arn
  LEFT JOIN hourly AS h ON h.region = l.region
  GROUP BY l.account_id, l.region, l.service_id
)
SELECT
  s.service_id AS resource_id,
  s.account_id,
  s.region,
  CASE
    WHEN c.service_id IS NOT NULL OR b.needed > 0 THEN 'ok'
    WHEN b.ageless > 0 THEN 'skip'
    WHEN b.age_days < p.min_age_days THEN 'ok'
    WHEN v.gigabytes > 0 THEN 'info'
    ELSE 'alarm'
  END AS status,
  CASE
    WHEN v.gigabytes > 0 THEN 'lately'
    WHEN b.load_balancer_count > 1 THEN 'several'
  END AS variant,
  CASE WHEN b.ageless > 0 THEN 'when its load balancer was created is not known' END AS reason,
  CASE WHEN b.unpriced = 0 THEN b.hourly_rate * 730 END AS monthly_cost,
  CASE WHEN b.unpriced = 0 AND COALESCE(v.gigabytes, 0) <= 0 THEN b.hourly_rate * 730 END AS monthly_saving,
  CASE WHEN b.unpriced = 0 THEN 'list_price' ELSE 'unknown_rate' END AS cost_basis,
  s.service_name,
  s.service_type,
  b.load_balancers,
  b.load_balancer_count,
  b.load_balancer_arn,
  b.age_days,
  v.gigabytes
FROM vpc_endpoint_service AS s
JOIN behind AS b
  ON b.account_id = s.account_id AND b.region = s.region AND b.service_id = s.service_id
LEFT JOIN connected AS c
  ON c.account_id = s.account_id AND c.region = s.region AND c.service_id = s.service_id
LEFT JOIN service_traffic AS v
  ON v.account_id = s.account_id AND v.region = s.region AND v.service_id = s.service_id
CROSS JOIN param AS p
WHERE s.service_id <> '' AND s.service_state = 'Available'
