"""Prints a CSV file as JSON: by the csv module, and as pandas reads its columns as text."""
import csv
import json
import sys

reader, path = sys.argv[1:]
if reader == "csv":
    csv.field_size_limit(2**27)
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
else:
    import pandas

    table = pandas.read_csv(path, dtype=str, keep_default_na=False, header=None)
    rows = table.values.tolist()
print(json.dumps(rows))
