"""Holds an export of charges against every static rule of FOCUS 1.2.

    focus_rules.py RULES.json CHARGES.parquet|CHARGES.csv

Prints as JSON how many rules were asked and, for those that rows violate, how many rows do. Rules are
asked as DuckDB queries; all criteria of applicability are taken to be met. A rule counts for the rows
that meet its condition and those of the rules that it is part of. Alternatives are asked together, as the
rule that joins them.
"""

import json
import sys

import duckdb

KNOWN_CURRENCIES = ("USD", "EUR", "GBP", "CNY", "JPY", "INR", "AUD", "CAD", "CHF", "BRL")
# Attributes of FOCUS 1.2: UnitFormat (units of data, time and count), DateTimeFormat.
KNOWN_UNITS = r"^([KMGTPE]i?B|[KMGTPE]i?b|B|b|(Year|Month|Day|Hour|Minute|Second)s?|[A-Z][A-Za-z ]+s?)(-(Year|Month|Day|Hour|Minute|Second)s?)?$"


def text(name):
    return '"' + name.replace('"', '""') + '"'


def value(found):
    if found is None:
        return "NULL"
    return str(found) if isinstance(found, (int, float)) else "'" + str(found).replace("'", "''") + "'"


class Rules:
    def __init__(self, model, connection):
        self.rules = model["ModelRules"]
        self.connection = connection
        described = connection.execute("DESCRIBE charges").fetchall()
        self.types = {row[0]: row[1] for row in described}
        self.parents = {}
        self.alternatives = set()
        for name, rule in self.rules.items():
            requirement = rule["Requirement"]
            for item in requirement.get("Items", []):
                if item.get("CheckFunction") == "CheckModelRule" and item["ModelRuleId"] in self.rules:
                    self.parents.setdefault(item["ModelRuleId"], []).append(name)
                    if requirement["CheckFunction"] == "OR":
                        self.alternatives.add(item["ModelRuleId"])

    def is_present(self, check):
        names = [check[key] for key in ("ColumnName", "ColumnAName", "ColumnBName", "ResultColumnName") if key in check]
        return all(name in self.types for name in names)

    def sql(self, check):
        """Whether a row meets a check, as SQL that is never NULL; None for a check that rows cannot answer."""
        if "AND" in check:
            items = check["AND"]
            check = {"CheckFunction": "AND", "Items": items if isinstance(items, list) else [items]}
        kind = check.get("CheckFunction")
        if kind is None:
            return None
        column = next((text(check[key]) for key in ("ColumnName", "CheckCondition") if key in check), None)
        if kind in ("AND", "OR"):
            parts = [self.sql(item) for item in check["Items"]]
            # An alternative that rows cannot answer may be the one that is met.
            if kind == "OR" and None in parts:
                return None
            parts = [part for part in parts if part is not None]
            return "(" + f" {kind} ".join(parts) + ")" if parts else None
        if kind == "CheckModelRule":
            rule = self.rules.get(check["ModelRuleId"])
            if rule is None:
                return None
            met = self.sql(rule["Requirement"])
            condition = self.sql(rule["Condition"]) if rule["Condition"] else None
            return f"(NOT {condition} OR {met})" if met and condition else met
        if kind == "ColumnPresent":
            return "TRUE" if check["ColumnName"] in self.types else "FALSE"
        if not self.is_present(check):
            return "FALSE"
        data = self.types.get(check.get("ColumnName", ""), "")
        empty = f"{column} IS NULL"
        if kind == "CheckValue":
            return f"({column} IS NOT DISTINCT FROM {value(check['Value'])})"
        if kind == "CheckNotValue":
            return f"({column} IS DISTINCT FROM {value(check['Value'])})"
        if kind == "CheckSameValue":
            return f"({text(check['ColumnAName'])} IS NOT DISTINCT FROM {text(check['ColumnBName'])})"
        if kind == "CheckNotSameValue":
            return f"({text(check['ColumnAName'])} IS DISTINCT FROM {text(check['ColumnBName'])})"
        if kind == "CheckGreaterOrEqualThanValue":
            return f"({empty} OR {column} >= {value(check['Value'])})"
        if kind == "CheckDecimalValue":
            return f"({column} IS NOT NULL AND isfinite({column}::DOUBLE))"
        if kind == "TypeString":
            return str(data == "VARCHAR").upper()
        if kind == "TypeDecimal":
            return str(data.split("(")[0] in ("DOUBLE", "FLOAT", "DECIMAL")).upper()
        if kind == "TypeDateTime":
            return str(data.startswith("TIMESTAMP")).upper()
        if kind == "FormatDateTime":
            return str(data == "TIMESTAMP WITH TIME ZONE").upper()
        if kind == "FormatNumeric":
            return f"({empty} OR isfinite({column}::DOUBLE))"
        if kind == "FormatString":
            return f"({empty} OR ({column} <> '' AND {column} = trim({column})))"
        if kind == "FormatUnit":
            return f"({empty} OR regexp_matches({column}, '{KNOWN_UNITS}'))"
        if kind == "FormatKeyValue":
            return f"({empty} OR coalesce(json_type({column}) = 'OBJECT', FALSE))"
        if kind == "FormatCurrency":
            return f"({empty} OR regexp_matches({column}, '^[A-Z]{{3}}$'))"
        if kind == "CheckNationalCurrency":
            return f"({empty} OR {column} IN {KNOWN_CURRENCIES})"
        if kind == "ColumnByColumnEqualsColumnValue":
            left, right, result = (text(check[key]) for key in ("ColumnAName", "ColumnBName", "ResultColumnName"))
            return f"coalesce(abs({left} * {right} - {result}) <= 1e-9 + 1e-9 * abs({result}), TRUE)"
        if kind == "CheckDistinctCount":
            left, right = text(check["ColumnAName"]), text(check["ColumnBName"])
            return (f"({left} IS NULL OR {left} IN (SELECT {left} FROM charges WHERE {left} IS NOT NULL "
                    f"GROUP BY {left} HAVING count(DISTINCT {right}) = {check['ExpectedCount']}))")
        raise SystemExit(f"no query for {kind}")

    def conditions(self, name):
        """When a rule counts: its own condition, and those of what it is part of."""
        own = self.rules[name]["Condition"]
        found = [self.sql(own)] if own else []
        above = []
        for parent in self.parents.get(name, []):
            of_parent = self.conditions(parent)
            above.append(" AND ".join(of_parent) if of_parent else "TRUE")
        if above and "TRUE" not in above:
            found.append("(" + " OR ".join(above) + ")")
        return [condition for condition in found if condition]

    def violated(self):
        asked, found = 0, {}
        for name, rule in self.rules.items():
            requirement = rule["Requirement"]
            is_list = requirement.get("CheckFunction") == "AND" and all(
                item.get("CheckFunction") == "CheckModelRule" for item in requirement["Items"])
            # A list is asked rule by rule, and what may be is no rule.
            if not requirement or is_list or rule["Keyword"] == "MAY" or self.is_alternative(name):
                continue
            met = self.sql(requirement)
            if met is None:
                continue
            asked += 1
            where = " AND ".join(self.conditions(name) + [f"NOT {met}"])
            rows = self.connection.execute(f"SELECT count(*) FROM charges WHERE {where}").fetchone()[0]
            if rows:
                found[name] = {"keyword": rule["Keyword"], "rows": rows, "rule": rule["MustSatisfy"]}
        return {"asked": asked, "violated": found}

    def is_alternative(self, name):
        return name in self.alternatives


def main():
    model, charges = sys.argv[1:]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    reader = "read_parquet" if charges.endswith(".parquet") else "read_csv"
    connection.execute(f"CREATE VIEW charges AS SELECT * FROM {reader}('{charges}')")
    with open(model, encoding="utf-8") as file:
        print(json.dumps(Rules(json.load(file), connection).violated()))


main()
