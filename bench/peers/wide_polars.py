import sys

import polars

sales = polars.read_csv(sys.argv[1], try_parse_dates=True)
regions = sales["region"].unique()
found = sales.filter(polars.col("region") == "r3")
print(len(regions), len(found))
print(sales.head(20).write_json())
print(found.head(20).write_json())
