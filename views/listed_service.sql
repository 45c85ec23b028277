/*---
title = "Services as AWS lists them to an account: one row per account, Region and name of a service"
source = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html"

[columns]
account_id = "The account to which it is listed."
region = "The Region."
service_name = "The service."
offers = "How many listings share the name: one may stand for an interface and for a gateway."
takes_policy = "1 where one of them takes an endpoint policy, else 0."
private_dns_name = "The private DNS name, the last of several in order."
first_name = "The name by which SDKs call it: the private DNS name without a leading `*.`, the last of several in order."
is_of_aws = "1 where AWS owns one of them, else 0."
owners = "How many of them name an owner."
---*/
SELECT
  d.account_id, d.region, d.service_name,
  COUNT(*) AS offers,
  MAX(CASE WHEN d.vpc_endpoint_policy_supported THEN 1 ELSE 0 END) AS takes_policy,
  MAX(d.private_dns_name) AS private_dns_name,
  MAX(CASE WHEN d.private_dns_name LIKE '*.%' THEN SUBSTR(d.private_dns_name, 3) ELSE d.private_dns_name END) AS first_name,
  MAX(CASE WHEN d.owner = 'amazon' THEN 1 ELSE 0 END) AS is_of_aws,
  COUNT(d.owner) AS owners
FROM service_detail AS d
GROUP BY d.account_id, d.region, d.service_name
