"""Writes each of many results as a cell's would be, and tells what was said; one process for all."""

import datetime as dt
import json
import os
import sys
from decimal import Decimal

folder, without = sys.argv[1], sys.argv[2:]
for name in without:
    # As where it is not installed.
    sys.modules[name] = None

import numpy as np
import pandas as pd

if "polars" not in without:
    import polars as pl
if "pyarrow" not in without:
    import pyarrow as pa
import duckdb

from hex_runtime.runner.refusal import Refusal
from hex_runtime.runner.results import write_result

UTC = dt.timezone.utc
names = dict(globals())


def write(made: str, path: str) -> dict:
    told: list = []
    try:
        result = eval(made, dict(names))
        found = write_result(result, path, "THE RESULT", told.append, is_script=False)
    except Refusal as refusal:
        hint = f" ({refusal.hint})" if refusal.hint else ""
        return {"refused": f"{refusal}{hint}", "told": told}
    return {"kind": found["kind"], "told": told}


answers = {}
for index, (title, made) in enumerate(json.load(sys.stdin).items()):
    answers[title] = {**write(made, os.path.join(folder, f"{index}.arrow")), "file": f"{index}.arrow"}
json.dump(answers, sys.stdout)
