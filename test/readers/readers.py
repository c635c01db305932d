"""Prints as JSON what readers of CSV see in the CSV files of a folder.

Arguments: the folder, then the names of readers. Each file is read twice: as the reader does by
default, and as the line does that reads it right, for which `<name>.types.json` has the columns'
types. A value is told as its kind and text, such as "number 1", a missing one as null.
"""
import datetime
import decimal
import io
import json
import os
import pathlib
import subprocess
import sys
import warnings
import zoneinfo

os.environ["TZ"] = "UTC"
warnings.simplefilter("ignore")


def told(value):
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool):
        return f"boolean {str(value).lower()}"
    if isinstance(value, (int, float, decimal.Decimal)):
        return f"number {value!r}" if not isinstance(value, decimal.Decimal) else f"number {value}"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            return f"datetime {value.isoformat()}"
        return f"instant {value.astimezone(zoneinfo.ZoneInfo('UTC')).replace(tzinfo=None).isoformat()}"
    if isinstance(value, datetime.date):
        return f"date {value.isoformat()}"
    if isinstance(value, datetime.timedelta):
        return f"duration {value}"
    if isinstance(value, str):
        return f"text {value}"
    return f"{type(value).__name__} {value}"


def seen(names, types, columns):
    return {
        "names": list(names),
        "types": [str(type_) for type_ in types],
        "values": [[told(value) for value in column] for column in columns],
    }


# --- pandas: what it takes for missing is NaN in its own columns


def pandas_columns(table):
    import pandas

    for name in range(table.shape[1]):
        column = table.iloc[:, name]
        is_arrow = isinstance(column.dtype, pandas.ArrowDtype)
        values = column.array._pa_array.to_pylist() if is_arrow else column.tolist()
        yield values if is_arrow else [None if pandas.isna(value) else value for value in values]


def seen_by_pandas(table):
    return seen(table.columns, table.dtypes, pandas_columns(table))


def pandas_default(path, types):
    import pandas

    return seen_by_pandas(pandas.read_csv(path))


def pandas_arrow_default(path, types):
    import pandas

    return seen_by_pandas(pandas.read_csv(path, engine="pyarrow", dtype_backend="pyarrow"))


def arrow_types(types):
    import pyarrow as pa

    kinds = {
        "integer": pa.int64(), "bigint": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(), "datetime": pa.timestamp("us"), "instant": pa.timestamp("us", "UTC"),
        "string": pa.string(),
    }
    return {name: kinds[type_] for name, type_ in types.items()}


def right_arrow(path, types):
    import pyarrow.csv as pc

    null = "NA" if len(types) == 1 else ""
    return pc.read_csv(path, parse_options=pc.ParseOptions(newlines_in_values=True), convert_options=pc.ConvertOptions(column_types=arrow_types(types), null_values=[null], strings_can_be_null=True, quoted_strings_can_be_null=False))


def pandas_right(path, types):
    import pandas

    return seen_by_pandas(right_arrow(path, types).to_pandas(types_mapper=pandas.ArrowDtype))


def pandas_alone_right(path, types):
    """Without pyarrow: the best that pandas' own reader can do."""
    import pandas

    kinds = {"integer": "Int64", "bigint": "Int64", "number": "float64", "boolean": "boolean"}
    times = [name for name, type_ in types.items() if type_ in ("date", "datetime", "instant")]
    dtype = {name: kinds.get(type_, "string") for name, type_ in types.items() if name not in times}
    null = "NA" if len(types) == 1 else ""
    missing = {name: [null, "NaN"] if type_ == "number" else [null] for name, type_ in types.items()}
    return seen_by_pandas(pandas.read_csv(path, dtype=dtype, parse_dates=times, keep_default_na=False, na_values=missing))


# --- pyarrow


def seen_by_pyarrow(table):
    return seen(table.column_names, table.schema.types, (arrow_values(column) for column in table.columns))


def arrow_values(column):
    import pyarrow as pa

    # Python's times have no nanoseconds: they are told as pyarrow casts them, which fails if cut.
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz))
    return column.to_pylist()


def pyarrow_default(path, types):
    import pyarrow.csv

    return seen_by_pyarrow(pyarrow.csv.read_csv(path))


def pyarrow_right(path, types):
    return seen_by_pyarrow(right_arrow(path, types))


# --- polars


def seen_by_polars(table):
    return seen(table.columns, table.dtypes, (column.to_list() for column in table))


def polars_default(path, types):
    import polars

    return seen_by_polars(polars.read_csv(path))


def polars_right(path, types):
    import polars as pl

    kinds = {
        "integer": pl.Int64, "bigint": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean,
        "date": pl.Date, "datetime": pl.Datetime("us"), "instant": pl.Datetime("us", "UTC"),
        "string": pl.String,
    }
    return seen_by_polars(pl.read_csv(path, schema={name: kinds[type_] for name, type_ in types.items()}, null_values="NA" if len(types) == 1 else None))


# --- DuckDB


def seen_by_duckdb(sql):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    result = connection.execute(sql)
    rows = result.fetchall()
    names = [column[0] for column in result.description]
    columns = zip(*rows) if rows else [[] for _ in names]
    return seen(names, [column[1] for column in result.description], columns)


def duckdb_default(path, types):
    return seen_by_duckdb(f"SELECT * FROM '{path}'")


def duckdb_right(path, types):
    kinds = {
        "integer": "BIGINT", "bigint": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
        "date": "DATE", "datetime": "TIMESTAMP", "instant": "TIMESTAMPTZ", "string": "VARCHAR",
    }
    columns = json.dumps({name: kinds[type_] for name, type_ in types.items()}).replace('"', "'")
    null = "NA" if len(types) == 1 else ""
    return seen_by_duckdb(f"SELECT * FROM read_csv('{path}', columns = {columns}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '{null}', allow_quoted_nulls = false)")


# --- ClickHouse, as the package chdb


def seen_by_clickhouse(source, settings=""):
    import chdb

    described = chdb.query(f"DESCRIBE TABLE {source} {settings}", "JSONCompact").data()
    rows = chdb.query(f"SELECT * FROM {source} {settings}", "JSONCompactEachRow").data()
    types = [column[1] for column in json.loads(str(described))["data"]]
    names = [column[0] for column in json.loads(str(described))["data"]]
    lines = [json.loads(line, parse_float=str) for line in str(rows).splitlines()]
    return {
        "names": names,
        "types": types,
        "values": [[clickhouse_told(line[index], type_) for line in lines] for index, type_ in enumerate(types)],
    }


def clickhouse_told(value, type_):
    kind = type_.removeprefix("Nullable(")
    if value is None:
        return None
    if kind.startswith(("Int", "UInt", "Float")):
        return f"number {value}"
    if kind.startswith("DateTime"):
        zone = "instant" if "'UTC'" in kind else "datetime"
        return f"{zone} {value.replace(' ', 'T')}"
    kinds = {"Bool": "boolean", "Date": "date", "Date32": "date", "String": "text"}
    text = str(value).lower() if isinstance(value, bool) else value
    return f"{kinds[kind.rstrip(')')]} {text}"


CLICKHOUSE_OUTPUT = "output_format_json_quote_64bit_integers = 0, output_format_json_quote_denormals = 1"


def clickhouse_default(path, types):
    return seen_by_clickhouse(f"file('{path}')", f"SETTINGS {CLICKHOUSE_OUTPUT}")


def clickhouse_right(path, types):
    kinds = {
        "integer": "Int64", "bigint": "Int64", "number": "Float64", "boolean": "Bool",
        "date": "Date32", "datetime": "DateTime64(6)", "instant": "DateTime64(6, 'UTC')",
        "string": "String",
    }
    columns = ", ".join(f"`{name}` Nullable({kinds[type_]})" for name, type_ in types.items())
    quoted = columns.replace("'", "\\'")
    null = "NA" if len(types) == 1 else ""
    return seen_by_clickhouse(f"file('{path}', 'CSVWithNames', '{quoted}')", f"SETTINGS format_csv_null_representation = '{null}', input_format_csv_empty_as_default = 0, date_time_input_format = 'best_effort', {CLICKHOUSE_OUTPUT}")


# --- csvkit


def seen_by_csvkit(path, *flags):
    from csvkit.utilities.csvjson import CSVJSON
    from csvkit.utilities.csvstat import CSVStat

    output = io.StringIO()
    CSVJSON([*flags, path], output).run()
    rows = json.loads(output.getvalue(), parse_float=str_number, parse_int=str_number)
    types = io.StringIO()
    CSVStat(["--type", *(flag for flag in flags if flag != "--blanks"), path], types).run()
    names = list(rows[0])
    # For a file of one column it prints the type alone.
    kinds = [line.rsplit(": ", 1)[-1].strip() for line in types.getvalue().strip().splitlines()]
    return {
        "names": names,
        "types": kinds,
        "values": [[csvkit_told(row[name], kind) for row in rows] for name, kind in zip(names, kinds)],
    }


class str_number(str):
    """The text of a JSON number, apart from that of a JSON text."""


def csvkit_told(value, kind):
    if value is None:
        return None
    if isinstance(value, (str_number, float)):
        return f"number {value}"
    kinds = {"Date": "date", "DateTime": "datetime", "TimeDelta": "duration"}
    if kind == "DateTime" and value.endswith("+00:00"):
        return f"instant {value.removesuffix('+00:00')}"
    return f"{kinds[kind]} {value}" if kind in kinds else told(value)


def csvkit_default(path, types):
    return seen_by_csvkit(path)


def csvkit_right(path, types):
    return seen_by_csvkit(path, "-I", "--blanks")


# --- Miller


def seen_by_miller(path, *flags):
    command = ["mlr", "--icsv", "--ojson", *flags, "cat", path]
    rows = json.loads(subprocess.check_output(command), strict=False, parse_float=str_number, parse_int=str_number)
    names = list(rows[0]) if rows else []
    return {
        "names": names,
        "types": ["" for _ in names],
        "values": [[csvkit_told(row.get(name), "") for row in rows] for name in names],
    }


def miller_default(path, types):
    return seen_by_miller(path)


def miller_right(path, types):
    return seen_by_miller(path, "-S")


READERS = {
    "pandas": (pandas_default, pandas_alone_right),
    "pandas + pyarrow": (pandas_arrow_default, pandas_right),
    "polars": (polars_default, polars_right),
    "pyarrow": (pyarrow_default, pyarrow_right),
    "DuckDB": (duckdb_default, duckdb_right),
    "ClickHouse": (clickhouse_default, clickhouse_right),
    "csvkit": (csvkit_default, csvkit_right),
    "Miller": (miller_default, miller_right),
}


def attempt(read, path, types):
    try:
        return read(path, types)
    except Exception as error:  # what a reader refuses is what is told of it
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def main(folder, *names):
    files = sorted(pathlib.Path(folder).glob("*.csv"))
    result = {}
    for name in names:
        default, right = READERS[name]
        result[name] = {"default": {}, "right": {}}
        for file in files:
            types = json.loads(file.with_suffix(".types.json").read_text())
            result[name]["default"][file.stem] = attempt(default, str(file), types)
            result[name]["right"][file.stem] = attempt(right, str(file), types)
    print(json.dumps(result))


main(*sys.argv[1:])
