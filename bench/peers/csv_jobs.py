"""One job of the benchmarks of CSV and Parquet by a peer. Tells in a line of JSON how long the job took, and the most memory."""

import json
import os
import resource
import sys
import time

job, tool, path = sys.argv[1:4]
written = sys.argv[4] if len(sys.argv) > 4 else None


def measure(work):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"wallMs": wall * 1000, "cpuMs": cpu * 1000, "peakBytes": peak}))
    return result


def read_pandas():
    return pandas.read_csv(path)


def read_polars():
    return polars.read_csv(path, infer_schema_length=None)


def read_duckdb():
    return duckdb.execute("CREATE TABLE data AS FROM read_csv(?, sample_size = -1)", [path])


def parquet_pandas():
    return pandas.read_parquet(path)


def parquet_polars():
    return polars.read_parquet(path)


def parquet_duckdb():
    return duckdb.execute("CREATE TABLE data AS FROM read_parquet(?)", [path])


def prepare_parquet():
    """Writes the CSV at `path` as the tool writes Parquet by default."""
    if tool == "pandas":
        pandas.read_csv(path, parse_dates=["day"]).to_parquet(written)
    else:
        polars.read_csv(path, try_parse_dates=True, infer_schema_length=None).write_parquet(written)


def publish_pandas():
    sales = pandas.read_csv(path, parse_dates=["day"])
    measure(lambda: sales.to_csv(written, index=False))
    os.remove(written)


def publish_polars():
    sales = polars.read_csv(path, try_parse_dates=True)

    def write():
        sales.write_csv(written)
        sales.write_ipc(f"{written}.arrow")

    measure(write)
    os.remove(written)
    os.remove(f"{written}.arrow")


if tool == "pandas":
    import pandas
elif tool == "polars":
    import polars
else:
    import duckdb

if job == "prepare-parquet":
    prepare_parquet()
elif job == "parquet":
    measure({"pandas": parquet_pandas, "polars": parquet_polars, "duckdb": parquet_duckdb}[tool])
elif job == "publish":
    {"pandas": publish_pandas, "polars": publish_polars}[tool]()
else:
    read = {"pandas": read_pandas, "polars": read_polars, "duckdb": read_duckdb}[tool]
    if job == "read-warm":
        for _ in range(20):
            read()
    measure(read)
