import sys

import pandas

sales = pandas.read_csv(sys.argv[1], parse_dates=["day"])
regions = sales["region"].unique()
found = sales[sales["region"] == "r3"]
print(len(regions), len(found))
print(sales.head(20).to_json(orient="records"))
print(found.head(20).to_json(orient="records"))
