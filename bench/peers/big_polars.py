"""What an app run and a logic run of the benchmark of big frames do, by polars: `app ARROW` or `logic CSV FOLDER`."""

import hashlib
import os
import sys

import polars


def app(path):
    """Opens an Arrow file, which polars maps, and prints the first rows, also of one region; nothing of it is checked."""
    sales = polars.read_ipc(path)
    regions = sales["region"].unique()
    found = sales.filter(polars.col("region") == "r3")
    print(len(regions), len(found))
    print(sales.head(20).write_json())
    print(found.head(20).write_json())


def logic(path, folder):
    """Reads a CSV, and writes it as CSV and as Arrow, both with their SHA-256 and down to the disk."""
    # Types of a sample: looking for dates over all rows takes it 100 times as long.
    sales = polars.read_csv(path, try_parse_dates=True)
    names = [os.path.join(folder, name) for name in ("sales.csv", "sales.arrow")]
    sales.write_csv(names[0])
    sales.write_ipc(names[1])
    for name in names:
        with open(name, "rb+") as file:
            print(hashlib.file_digest(file, "sha256").hexdigest())
            os.fsync(file.fileno())
        os.remove(name)


{"app": app, "logic": logic}[sys.argv[1]](*sys.argv[2:])
