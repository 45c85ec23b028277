/*---
title = "Where the listeners of endpoint services forward to: one row per service, listener and target group"
source = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Listener.html"

[columns]
account_id = "The account that offers the service."
region = "The Region."
service_id = "The service."
listener_arn = "A listener of a load balancer of the service."
port = "Its port; null for a Gateway Load Balancer."
target_group_arn = "A target group to which it forwards."
---*/
SELECT b.account_id, b.region, b.service_id, n.listener_arn, n.port, b.target_group_arn
FROM service_target_group AS b
JOIN listener AS n
  ON n.account_id = b.account_id AND n.region = b.region AND n.load_balancer_arn = b.load_balancer_arn
-- A listener names its target groups in one text.
WHERE POSITION(b.target_group_arn IN n.target_group_arns) > 0
