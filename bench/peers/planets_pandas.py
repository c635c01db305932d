import sys

import pandas

planets = pandas.read_csv(sys.argv[1])
found = planets[planets["method"] == "Transit"]
print(len(found), found["mass"].mean())
print(found.head(20).to_json(orient="records"))
