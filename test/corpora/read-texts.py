"""Reads CSV files with all as text, by pandas and by DuckDB.

Lines of standard input are JSON: {path, delimiter, encoding, isAlone}; a line of output for each is
{pandas, duckdb}, where each is {names, rows} or {error}. A missing value is an empty text here.
"""
import json
import sys

import duckdb
import pandas


def by_pandas(path, delimiter, encoding, is_alone):
    table = pandas.read_csv(
        path, sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False, index_col=False,
        skip_blank_lines=not is_alone,
    )
    return {"names": [str(name) for name in table.columns], "rows": table.values.tolist()}


def by_duckdb(path, delimiter, encoding, is_alone):
    result = duckdb.execute(
        "SELECT * FROM read_csv(?, all_varchar = true, header = true, delim = ?, quote = '\"', "
        "escape = '\"', comment = '', skip = 0, encoding = ?, hive_partitioning = false)",
        [path, delimiter, encoding],
    )
    rows = [[value or "" for value in row] for row in result.fetchall()]
    return {"names": [column[0] for column in result.description], "rows": rows}


def attempt(read, asked):
    try:
        return read(asked["path"], asked["delimiter"], asked["encoding"], asked["isAlone"])
    except Exception as error:  # what a reader refuses is told, not judged
        return {"error": str(error).strip().splitlines()[0] if str(error).strip() else repr(error)}


for line in sys.stdin:
    asked = json.loads(line)
    answers = {"pandas": attempt(by_pandas, asked), "duckdb": attempt(by_duckdb, asked)}
    print(json.dumps(answers), flush=True)
