import sys

import polars

planets = polars.read_csv(sys.argv[1])
found = planets.filter(polars.col("method") == "Transit")
print(len(found), found["mass"].mean())
print(found.head(20).write_json())
