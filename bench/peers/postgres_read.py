"""Reads a table of PostgreSQL by pandas or ADBC; tells in a line of JSON how long that took, and the memory added."""

import json
import resource
import sys
import time

import pandas

kind, url, sql, rows = sys.argv[1:]
if kind == "pandas":
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgres://", "postgresql+psycopg://"))
    connection = engine.connect()
    read = lambda: pandas.read_sql(sqlalchemy.text(sql), connection)
else:
    from adbc_driver_postgresql import dbapi

    connection = dbapi.connect(url)

    def read():
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()


peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
used = peak()
started, processor = time.perf_counter(), time.process_time()
table = read()
wall, cpu = time.perf_counter() - started, time.process_time() - processor
assert len(table) == int(rows)
print(json.dumps({"wallMs": wall * 1000, "cpuMs": cpu * 1000, "addedBytes": peak() - used}))
