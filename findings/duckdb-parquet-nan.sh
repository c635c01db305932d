#!/usr/bin/env bash
# DuckDB 2.0.1 over Parquet of pyarrow 26.0.1: a column with NaN in it. In a table of DuckDB, NaN is above all
# numbers, so `x > 100` keeps it and max(x) is NaN. Over the Parquet file the same query leaves it out
# or keeps it by what else is in the file: pyarrow leaves NaN out of the statistics by which DuckDB skips
# groups of rows and answers max(x). `read_parquet(…, can_have_nan = true)` answers as the table does.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet duckdb==2.0.1 pyarrow==26.0.1 >/dev/null 2>&1
cat > try.py <<'PY'
import duckdb, pyarrow as pa, pyarrow.parquet as parquet
for other in (200.0, 2.0):
    parquet.write_table(pa.table({"x": [1.0, float("nan"), other, 50.0]}), "n.parquet")
    for source in ("'n.parquet'", "read_parquet('n.parquet', can_have_nan = true)", "made"):
        made = duckdb.connect()
        made.sql("CREATE TABLE made AS FROM 'n.parquet'")
        above = made.sql(f"SELECT x FROM {source} WHERE x > 100").fetchall()
        print(other, source, [x for (x,) in above], made.sql(f"SELECT max(x) FROM {source}").fetchall()[0][0])
PY
got=$(venv/bin/python try.py)
printf '%s\n' "$got"
expected="200.0 'n.parquet' [nan, 200.0] 200.0
200.0 read_parquet('n.parquet', can_have_nan = true) [nan, 200.0] nan
200.0 made [nan, 200.0] nan
2.0 'n.parquet' [] 50.0
2.0 read_parquet('n.parquet', can_have_nan = true) [nan] nan
2.0 made [nan] nan"
[ "$got" = "$expected" ]
