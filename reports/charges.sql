/*---
title = "Charges"
description = "What was billed for PrivateLink, in the columns of FOCUS 1.2 as AWS exports them: one row per account, Region, usage type, resource, price, category and month. x_ListCostBasis says where ListCost comes from."
terminal = ["BillingPeriodStart", "SubAccountName", "BilledCost", "x_UsageType", "RegionId", "ChargeCategory"]
terminal_wide = ["ConsumedQuantity", "ConsumedUnit", "EffectiveCost", "x_VpcEndpointId"]

[columns]
BilledCost = "money"
EffectiveCost = "money"
ListCost = "money"
---*/
-- Tiers are those of the month's whole quantity: a list price is known while that stays in the first one.
WITH quantity AS (
  SELECT c.region_id, c.usage_type, c.billing_period_start, SUM(c.consumed_quantity) AS quantity
  FROM charge AS c
  GROUP BY c.region_id, c.usage_type, c.billing_period_start
),
listed AS (
  SELECT q.region_id, q.usage_type, q.billing_period_start, p.rate
  FROM quantity AS q
  INNER JOIN price AS p ON p.region = q.region_id AND p.usage_type = q.usage_type
  WHERE p.tier_start = 0 AND (p.tier_end IS NULL OR q.quantity <= p.tier_end)
),
named AS (
  SELECT t.account_id, t.region, t.resource_id, t.value AS name
  FROM tag AS t
  WHERE t.key = 'Name' AND t.value <> ''
),
costed AS (
  SELECT
    c.*,
    l.rate,
    CASE
      -- A charge that rests on no other one lists at what it comes to (FOCUS 1.2, ListCost).
      WHEN c.charge_category = 'Credit' THEN c.billed_cost
      WHEN c.list_cost IS NOT NULL THEN c.list_cost
      WHEN c.charge_category = 'Usage' THEN c.consumed_quantity * l.rate
    END AS listed_cost,
    CASE
      WHEN c.charge_category = 'Credit' OR c.list_cost IS NOT NULL THEN 'billed'
      WHEN c.charge_category = 'Usage' AND l.rate IS NOT NULL THEN 'list-price'
    END AS list_cost_basis
  FROM charge AS c
  LEFT JOIN listed AS l
    ON l.region_id = c.region_id AND l.usage_type = c.usage_type AND l.billing_period_start = c.billing_period_start
)
SELECT
  CAST(NULL AS VARCHAR) AS "AvailabilityZone",
  c.billed_cost AS "BilledCost",
  c.billing_account_id AS "BillingAccountId",
  p.account_name AS "BillingAccountName",
  'AWS Account' AS "BillingAccountType",
  c.billing_currency AS "BillingCurrency",
  CAST(c.billing_period_end AS TIMESTAMP) AS "BillingPeriodEnd",
  CAST(c.billing_period_start AS TIMESTAMP) AS "BillingPeriodStart",
  CAST(NULL AS VARCHAR) AS "CapacityReservationId",
  CAST(NULL AS VARCHAR) AS "CapacityReservationStatus",
  c.charge_category AS "ChargeCategory",
  CAST(NULL AS VARCHAR) AS "ChargeClass",
  CONCAT('PrivateLink: ', c.usage_type) AS "ChargeDescription",
  CASE
    WHEN c.charge_category = 'Usage' THEN 'Usage-Based'
    WHEN c.x_line_item_type IN ('RIFee', 'SavingsPlanRecurringFee') THEN 'Recurring'
    ELSE 'One-Time'
  END AS "ChargeFrequency",
  CAST(c.charge_period_end AS TIMESTAMP) AS "ChargePeriodEnd",
  CAST(c.charge_period_start AS TIMESTAMP) AS "ChargePeriodStart",
  CAST(NULL AS VARCHAR) AS "CommitmentDiscountCategory",
  CAST(NULL AS VARCHAR) AS "CommitmentDiscountId",
  CAST(NULL AS VARCHAR) AS "CommitmentDiscountName",
  CAST(NULL AS DOUBLE) AS "CommitmentDiscountQuantity",
  CAST(NULL AS VARCHAR) AS "CommitmentDiscountStatus",
  CAST(NULL AS VARCHAR) AS "CommitmentDiscountType",
  CAST(NULL AS VARCHAR) AS "CommitmentDiscountUnit",
  c.consumed_quantity AS "ConsumedQuantity",
  c.consumed_unit AS "ConsumedUnit",
  -- Negotiated rates are in what is billed, and no commitment covers endpoints.
  c.billed_cost AS "ContractedCost",
  CASE
    WHEN c.charge_category <> 'Usage' THEN NULL
    WHEN c.consumed_quantity > 0 AND c.billed_cost >= 0 THEN c.billed_cost / c.consumed_quantity
  END AS "ContractedUnitPrice",
  c.effective_cost AS "EffectiveCost",
  CAST(NULL AS VARCHAR) AS "InvoiceId",
  'AWS' AS "InvoiceIssuerName",
  c.listed_cost AS "ListCost",
  CASE
    WHEN c.charge_category <> 'Usage' THEN NULL
    WHEN c.consumed_quantity > 0 AND c.listed_cost >= 0 THEN c.listed_cost / c.consumed_quantity
    WHEN c.listed_cost = 0 THEN c.rate
  END AS "ListUnitPrice",
  CASE WHEN c.charge_category = 'Usage' THEN 'Standard' END AS "PricingCategory",
  c.billing_currency AS "PricingCurrency",
  CASE
    WHEN c.charge_category <> 'Usage' THEN NULL
    WHEN c.consumed_quantity > 0 AND c.billed_cost >= 0 THEN c.billed_cost / c.consumed_quantity
  END AS "PricingCurrencyContractedUnitPrice",
  c.effective_cost AS "PricingCurrencyEffectiveCost",
  CASE
    WHEN c.charge_category <> 'Usage' THEN NULL
    WHEN c.consumed_quantity > 0 AND c.listed_cost >= 0 THEN c.listed_cost / c.consumed_quantity
    WHEN c.listed_cost = 0 THEN c.rate
  END AS "PricingCurrencyListUnitPrice",
  c.consumed_quantity AS "PricingQuantity",
  c.consumed_unit AS "PricingUnit",
  'AWS' AS "ProviderName",
  'AWS' AS "PublisherName",
  c.region_id AS "RegionId",
  c.region_id AS "RegionName",
  c.resource_id AS "ResourceId",
  n.name AS "ResourceName",
  CASE WHEN c.vpc_endpoint_id IS NOT NULL THEN 'vpc-endpoint' END AS "ResourceType",
  'Networking' AS "ServiceCategory",
  'Amazon Virtual Private Cloud' AS "ServiceName",
  'Network Connectivity' AS "ServiceSubcategory",
  CASE WHEN c.charge_category <> 'Tax' THEN c.sku_id END AS "SkuId",
  CASE WHEN c.charge_category <> 'Tax' AND c.sku_id IS NOT NULL THEN c.usage_type END AS "SkuMeter",
  CAST(NULL AS VARCHAR) AS "SkuPriceDetails",
  CASE WHEN c.charge_category <> 'Tax' AND c.sku_id IS NOT NULL THEN c.sku_price_id END AS "SkuPriceId",
  c.sub_account_id AS "SubAccountId",
  a.account_name AS "SubAccountName",
  'AWS Account' AS "SubAccountType",
  COALESCE(e.tags, '{}') AS "Tags",
  CAST(NULL AS VARCHAR) AS "x_Discounts",
  c.x_operation AS "x_Operation",
  'AmazonVPC' AS "x_ServiceCode",
  c.x_usage_type AS "x_UsageType",
  c.list_cost_basis AS "x_ListCostBasis",
  c.vpc_endpoint_id AS "x_VpcEndpointId"
FROM costed AS c
LEFT JOIN account AS a ON a.account_id = c.sub_account_id
LEFT JOIN account AS p ON p.account_id = c.billing_account_id
LEFT JOIN vpc_endpoint AS e
  ON e.account_id = c.sub_account_id AND e.region = c.region_id AND e.vpc_endpoint_id = c.vpc_endpoint_id
LEFT JOIN named AS n
  ON n.account_id = c.sub_account_id AND n.region = c.region_id AND n.resource_id = c.vpc_endpoint_id
WHERE c.usage_type LIKE 'Vpc%'
ORDER BY c.billing_period_start DESC, c.sub_account_id, c.region_id, c.x_usage_type, c.resource_id, c.charge_category, c.x_line_item_type, c.sku_price_id
