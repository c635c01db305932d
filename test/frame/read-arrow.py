"""Prints the times that a reader finds in an Arrow file or stream of columns "local" and "at"."""
import json
import sys

reader, form, path = sys.argv[1:]


def from_polars():
    import polars

    return (polars.read_ipc if form == "file" else polars.read_ipc_stream)(path).rows()


def from_arrow():
    import pyarrow.ipc

    opened = pyarrow.ipc.open_file if form == "file" else pyarrow.ipc.open_stream
    return opened(path).read_all()


def from_duckdb():
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    table = from_arrow()
    plain = """SELECT "local", "at" AT TIME ZONE 'UTC' FROM read"""
    return connection.from_arrow(table).query("read", plain).fetchall()


def text_of(time):
    return None if time is None else time.replace(tzinfo=None).isoformat(timespec="microseconds")


rows = {
    "polars": from_polars,
    "pyarrow": lambda: [tuple(row.values()) for row in from_arrow().to_pylist()],
    "duckdb": from_duckdb,
}[reader]()
print(json.dumps([[text_of(time) for time in row] for row in rows]))
