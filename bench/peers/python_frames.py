"""One step of the way of a frame from Python to the runtime and back, or of pandas' own ways, in a process of its own."""

import json
import sys
import time

import pandas as pd
import pyarrow
import pyarrow.feather  # noqa: F401

job, csv, path = sys.argv[1:4]


def measure(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    print(json.dumps({"wallMs": (time.perf_counter() - wall) * 1000, "cpuMs": (time.process_time() - cpu) * 1000}))


def read():
    return pd.read_csv(csv, parse_dates=["day"])


def ours_write():
    from hex_runtime.runner.results import write_result

    sales = read()
    measure(lambda: write_result(sales, path, "the result", print, is_script=False))


def ours_read():
    from hex_runtime.frame_inputs import read_frame

    measure(lambda: read_frame(path, "pandas"))


def to_csv():
    sales = read()
    measure(lambda: sales.to_csv(path, index=False))


def to_feather():
    sales = read()
    measure(lambda: sales.to_feather(path, compression="uncompressed"))


jobs = {
    "ours-write": ours_write,
    "ours-read": ours_read,
    "to-csv": to_csv,
    "read-csv": lambda: measure(lambda: pd.read_csv(path, parse_dates=["day"])),
    "to-feather": to_feather,
    "read-feather": lambda: measure(lambda: pd.read_feather(path)),
}
jobs[job]()
