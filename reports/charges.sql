/*---
title = "Charges"
description = "What was billed for PrivateLink, in the columns of FOCUS 1.2 as AWS exports them, with x_UsageType: one row per account, Region, usage type, resource, category and month. ListCost is empty where the bill does not say."
terminal = ["BillingPeriodStart", "SubAccountName", "BilledCost", "SkuMeter", "RegionId", "ChargeCategory"]
terminal_wide = ["ConsumedQuantity", "ConsumedUnit", "EffectiveCost", "ResourceName"]

[columns]
BilledCost = "money"
EffectiveCost = "money"
ListCost = "money"
---*/
SELECT
  CAST(NULL AS VARCHAR) AS "AvailabilityZone",
  c.billed_cost AS "BilledCost",
  c.billing_account_id AS "BillingAccountId",
  p.account_name AS "BillingAccountName",
  'AWS Account' AS "BillingAccountType",
  c.billing_currency AS "BillingCurrency",
  CONCAT(CAST(c.billing_period_end AS VARCHAR), 'T00:00:00Z') AS "BillingPeriodEnd",
  CONCAT(CAST(c.billing_period_start AS VARCHAR), 'T00:00:00Z') AS "BillingPeriodStart",
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
  CONCAT(CAST(c.charge_period_end AS VARCHAR), 'T00:00:00Z') AS "ChargePeriodEnd",
  CONCAT(CAST(c.charge_period_start AS VARCHAR), 'T00:00:00Z') AS "ChargePeriodStart",
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
  CAST(NULL AS DOUBLE) AS "ContractedUnitPrice",
  c.effective_cost AS "EffectiveCost",
  CAST(NULL AS VARCHAR) AS "InvoiceId",
  'Amazon Web Services' AS "InvoiceIssuerName",
  c.list_cost AS "ListCost",
  CAST(NULL AS DOUBLE) AS "ListUnitPrice",
  CASE WHEN c.charge_category = 'Usage' THEN 'Standard' END AS "PricingCategory",
  c.billing_currency AS "PricingCurrency",
  CAST(NULL AS DOUBLE) AS "PricingCurrencyContractedUnitPrice",
  c.effective_cost AS "PricingCurrencyEffectiveCost",
  CAST(NULL AS DOUBLE) AS "PricingCurrencyListUnitPrice",
  c.consumed_quantity AS "PricingQuantity",
  c.consumed_unit AS "PricingUnit",
  'AWS' AS "ProviderName",
  'AWS' AS "PublisherName",
  c.region_id AS "RegionId",
  c.region_id AS "RegionName",
  c.resource_id AS "ResourceId",
  c.vpc_endpoint_id AS "ResourceName",
  CASE WHEN c.vpc_endpoint_id IS NOT NULL THEN 'vpc-endpoint' END AS "ResourceType",
  'Networking' AS "ServiceCategory",
  'Amazon Virtual Private Cloud' AS "ServiceName",
  'Network Connectivity' AS "ServiceSubcategory",
  CAST(NULL AS VARCHAR) AS "SkuId",
  c.usage_type AS "SkuMeter",
  CAST(NULL AS VARCHAR) AS "SkuPriceDetails",
  CAST(NULL AS VARCHAR) AS "SkuPriceId",
  c.sub_account_id AS "SubAccountId",
  a.account_name AS "SubAccountName",
  'AWS Account' AS "SubAccountType",
  COALESCE(e.tags, '{}') AS "Tags",
  CAST(NULL AS VARCHAR) AS "x_Discounts",
  c.x_operation AS "x_Operation",
  'AmazonVPC' AS "x_ServiceCode",
  c.x_usage_type AS "x_UsageType"
FROM charge AS c
LEFT JOIN account AS a ON a.account_id = c.sub_account_id
LEFT JOIN account AS p ON p.account_id = c.billing_account_id
LEFT JOIN vpc_endpoint AS e
  ON e.account_id = c.sub_account_id AND e.region = c.region_id AND e.vpc_endpoint_id = c.vpc_endpoint_id
WHERE c.usage_type LIKE 'Vpc%'
ORDER BY c.billing_period_start DESC, c.sub_account_id, c.region_id, c.x_usage_type, c.resource_id, c.charge_category, c.x_line_item_type
