"""Verbs over frames by a peer, each timed in one process; also makes the rows. Tells the times as JSON."""

import json
import sys
import time

import numpy
import pyarrow
import pyarrow.ipc

job, folder = sys.argv[1:3]
amount = int(sys.argv[3])


def make(rows):
    """Sales and two tables to join them with, of which the dictionaries are small or left out."""
    random = numpy.random.default_rng(7)
    keys = max(1, rows // 10)

    def texts(prefix, numbers, width):
        return pyarrow.array([f"{prefix}{number:0{width}}" for number in numbers.tolist()])

    def coded(prefix, numbers, count):
        names = pyarrow.array([f"{prefix}{number}" for number in range(count)])
        codes = pyarrow.array(numbers.astype("int32"))
        return pyarrow.DictionaryArray.from_arrays(codes, names)

    at = random.integers(1_700_000_000, 1_720_000_000, rows) * 1000
    sales = {
        "region": coded("r", random.integers(0, 8, rows), 8),
        "city": coded("city ", random.integers(0, 500, rows), 500),
        "user": texts("user-", random.integers(0, keys, rows), 8),
        "note": texts("n", random.permutation(rows), 9),
        "key": pyarrow.array(random.integers(0, keys, rows).astype("int32")),
        "value": pyarrow.array(random.random(rows) * 1000),
        "moment": pyarrow.array(at, pyarrow.timestamp("ms")),
        "hour": pyarrow.array(at // 3_600_000 * 3_600_000, pyarrow.timestamp("ms")),
    }
    order = random.permutation(keys)
    rates = {
        "key": pyarrow.array(order.astype("int32")),
        "rate": pyarrow.array(random.random(keys)),
    }
    levels = {"user": texts("user-", order, 8), "level": rates["rate"]}
    for name, columns in {"sales": sales, "rates": rates, "levels": levels}.items():
        table = pyarrow.table(columns)
        with pyarrow.ipc.new_stream(f"{folder}/{name}.arrow", table.schema) as file:
            file.write_table(table)


def read(name):
    with pyarrow.ipc.open_stream(f"{folder}/{name}.arrow") as file:
        return file.read_all()


def measure(works, rounds):
    times = {}
    for name, work in works.items():
        for round in range(rounds + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            result = work()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            del result
            if round > 0:
                times.setdefault(name, []).append([cpu * 1000, wall * 1000])
    print(json.dumps(times))


def duckdb_works():
    import duckdb

    connection = duckdb.connect()
    for name in ["sales", "rates", "levels"]:
        rows = read(name)
        connection.register("rows", rows)
        connection.execute(f"CREATE TABLE {name} AS FROM rows")

    def of(query):
        return lambda: connection.execute(f"CREATE OR REPLACE TEMP TABLE made AS {query}").fetchall()

    return {
        "group by two texts": of("SELECT region, city, sum(value), count(*) FROM sales GROUP BY ALL"),
        "group by many texts": of("SELECT user, sum(value) FROM sales GROUP BY ALL"),
        "group by hours": of("SELECT hour, sum(value) FROM sales GROUP BY ALL"),
        "median by group": of("SELECT city, median(value) FROM sales GROUP BY ALL"),
        "join on a number": of("FROM sales JOIN rates USING (key)"),
        "join on a text": of("FROM sales JOIN levels USING (user)"),
        "sort numbers": of("FROM sales ORDER BY value"),
        "sort texts": of("FROM sales ORDER BY note"),
        "sort times": of("FROM sales ORDER BY moment"),
        "sort by two": of("FROM sales ORDER BY region, value DESC"),
        "filter numbers": of("FROM sales WHERE value > 500"),
        "filter texts": of("FROM sales WHERE note = 'n000000007'"),
        "filter times": of("FROM sales WHERE moment >= TIMESTAMP '2024-05-01'"),
        "filter, then group": of("SELECT city, sum(value) FROM sales WHERE region = 'r3' GROUP BY ALL"),
        "distinct texts": of("SELECT DISTINCT user FROM sales"),
    }


def polars_works():
    import datetime

    import polars

    sales, rates, levels = (polars.from_arrow(read(name)) for name in ["sales", "rates", "levels"])
    column = polars.col
    total = column("value").sum()
    may = datetime.datetime(2024, 5, 1)
    return {
        "group by two texts": lambda: sales.group_by("region", "city").agg(total, polars.len()),
        "group by many texts": lambda: sales.group_by("user").agg(total),
        "group by hours": lambda: sales.group_by("hour").agg(total),
        "median by group": lambda: sales.group_by("city").agg(column("value").median()),
        "join on a number": lambda: sales.join(rates, on="key"),
        "join on a text": lambda: sales.join(levels, on="user"),
        "sort numbers": lambda: sales.sort("value"),
        "sort texts": lambda: sales.sort("note"),
        "sort times": lambda: sales.sort("moment"),
        "sort by two": lambda: sales.sort("region", "value", descending=[False, True]),
        "filter numbers": lambda: sales.filter(column("value") > 500),
        "filter texts": lambda: sales.filter(column("note") == "n000000007"),
        "filter times": lambda: sales.filter(column("moment") >= may),
        "filter, then group": lambda: sales.filter(column("region") == "r3").group_by("city").agg(total),
        "distinct texts": lambda: sales.select(column("user").unique()),
    }


if job == "make":
    make(amount)
else:
    measure({"duckdb": duckdb_works, "polars": polars_works}[job](), amount)
