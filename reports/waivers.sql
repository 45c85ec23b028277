/*---
title = "Waivers"
description = "How each waiver fared when the rules last ran: expired and unused ones first. An expired waiver hides nothing; an unused one can be removed."
terminal = ["outcome", "rule_id", "findings", "expires", "owner", "resource", "reason", "place"]
terminal_wide = ["account", "region", "tag"]

[columns]
outcome = "status"
---*/
SELECT
  w.outcome,
  w.rule_id,
  w.resource,
  w.account,
  w.region,
  w.tag,
  w.findings,
  w.expires,
  w.owner,
  w.reason,
  w.place
FROM waiver_outcome AS w
ORDER BY
  CASE w.outcome WHEN 'expired' THEN 0 WHEN 'unused' THEN 1 WHEN 'unjudged' THEN 2 ELSE 3 END,
  w.rule_id,
  w.place
