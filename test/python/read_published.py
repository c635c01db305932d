"""Answers calls of hex_runtime.read, given as JSON by standard input, with what came: kinds and values."""
import json
import os
import sys
import warnings

# As if it were not installed.
if "HIDDEN" in os.environ:
    sys.modules[os.environ["HIDDEN"]] = None

import hex_runtime

warnings.simplefilter("always")


def text_of(value):
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else repr(value)


def seen(table):
    module = type(table).__module__.split(".")[0]
    if module == "pandas":
        kinds = {name: str(kind) for name, kind in table.dtypes.items()}
        rows = table.astype(object).to_dict("records")
    elif module == "polars":
        kinds = {name: str(kind) for name, kind in table.schema.items()}
        rows = table.to_dicts()
    else:
        kinds = {field.name: str(field.type) for field in table.schema}
        rows = table.to_pylist()
    return kinds, [[text_of(row[name]) for name in kinds] for row in rows]


def answer(call):
    name = call.pop("name")
    with warnings.catch_warnings(record=True) as told:
        try:
            kinds, rows = seen(hex_runtime.read(name, **call))
        except hex_runtime.HexError as error:
            return {"error": str(error)}
    return {"kinds": kinds, "rows": rows, "warnings": [str(each.message) for each in told]}


print(json.dumps([answer(call) for call in json.load(sys.stdin)]))
