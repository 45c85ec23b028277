"""Opens Parquet as people do: python opened.py FILE... Says what no reader would take."""

import sys

import pandas
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

# What every reader knows and SQL engines map to one of their own types.
TYPES = {"large_string", "string", "int64", "double", "bool", "date32[day]", "timestamp[us, tz=UTC]"}

for file in sys.argv[1:]:
    table = pyarrow.parquet.read_table(file)
    for field in table.schema:
        if str(field.type) not in TYPES:
            print(f"{file}: {field.name} is {field.type}")
    text = next(field.name for field in table.schema if str(field.type).endswith("string"))
    value = next((value for value in table[text].to_pylist() if value is not None), "")
    # Each of these refuses `string_view`, and so does all that is built on them.
    expected = sum(one == value for one in table[text].to_pylist())
    filtered = pyarrow.dataset.dataset(file).to_table(filter=pyarrow.compute.field(text) == value)
    by_pandas = pandas.read_parquet(file, filters=[(text, "in", [value])])
    if not filtered.num_rows == len(by_pandas) == expected:
        print(f"{file}: {filtered.num_rows}, {len(by_pandas)} and {expected} rows where {text} is {value}")
    table.sort_by(text)
    table.group_by(text).aggregate([(text, "count")])
    table.join(table.select([text]).group_by(text).aggregate([]), text)
