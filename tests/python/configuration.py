"""Holds documents against a JSON Schema, and prints for each line of stdin what is wrong with it."""

import json
import sys

from jsonschema import Draft7Validator

schema = json.load(open(sys.argv[1]))
Draft7Validator.check_schema(schema)
validator = Draft7Validator(schema)
for line in sys.stdin:
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(line))]
    print(json.dumps("; ".join(wrong)))
