"""Makes tables of what hex-runtime publishes: Arrow files, or CSV with the types of its columns."""

from __future__ import annotations

import io
from typing import Any, List, Sequence, Tuple

from .errors import HexError

Columns = Sequence[Tuple[str, str]]
"""Names and types of columns, such as ("total", "number")."""


def from_arrow(data: bytes, columns: Columns, into: str) -> Any:
    """A table of the bytes of an Arrow file or stream, for "pandas", "polars" or "pyarrow"."""
    if into == "polars":
        import polars

        is_file = data[:6] == b"ARROW1"
        table = (polars.read_ipc if is_file else polars.read_ipc_stream)(io.BytesIO(data))
        return table.cast(dict(_polars_types(columns)))
    _check_known(into)
    return _from_pyarrow(_read_arrow(data), columns, into)


def from_csv(data: bytes, columns: Columns, into: str) -> Any:
    """A table of the bytes of a published CSV, read by its rules: bare empty is missing, `""` is a text."""
    if into == "polars":
        import polars

        return polars.read_csv(io.BytesIO(data), schema=dict(_polars_types(columns)))
    _check_known(into)
    try:
        import pyarrow
        import pyarrow.csv as csv
    except ImportError:
        raise HexError(
            "Expected pyarrow to be installed to read a published CSV into pandas, got none "
            "(python -m pip install pyarrow)"
        ) from None
    table = csv.read_csv(
        pyarrow.py_buffer(data),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict(_arrow_types(columns)),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return _from_pyarrow(table, columns, into)


def _check_known(into: str) -> None:
    if into not in ("pandas", "pyarrow"):
        raise HexError(f'Expected `into` to be "pandas", "polars" or "pyarrow", got {into!r}')


def _read_arrow(data: bytes) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise HexError(
            "Expected pyarrow to be installed to read published frames into pandas, got none "
            "(python -m pip install pyarrow)"
        ) from None
    open_ = pyarrow.ipc.open_file if data[:6] == b"ARROW1" else pyarrow.ipc.open_stream
    return open_(pyarrow.py_buffer(data)).read_all()


def _from_pyarrow(table: Any, columns: Columns, into: str) -> Any:
    import pyarrow

    plain = table.cast(pyarrow.schema(list(_arrow_types(columns))))
    return plain if into == "pyarrow" else to_pandas(plain, columns)


def to_pandas(table: Any, columns: Columns) -> Any:
    """
    A pandas DataFrame: whole numbers and booleans with missing values are of pandas' own nullable types,
    days are objects of datetime.date, points in time are of the zone UTC.
    """
    import pandas

    made = {}
    for index, (name, kind) in enumerate(columns):
        column = table.column(index)
        if column.null_count > 0 and kind in _NULLABLE:
            made[name] = column.to_pandas(types_mapper=lambda _, kind=kind: _NULLABLE[kind]())
        else:
            made[name] = column.to_pandas()
    return pandas.DataFrame(made, columns=[name for name, _ in columns])


def _int64() -> Any:
    import pandas

    return pandas.Int64Dtype()


def _boolean() -> Any:
    import pandas

    return pandas.BooleanDtype()


_NULLABLE = {"integer": _int64, "bigint": _int64, "boolean": _boolean}


def _arrow_types(columns: Columns) -> List[Tuple[str, Any]]:
    import pyarrow

    types = {
        "string": pyarrow.string(),
        "number": pyarrow.float64(),
        "integer": pyarrow.int64(),
        "bigint": pyarrow.int64(),
        "boolean": pyarrow.bool_(),
        "date": pyarrow.date32(),
        "datetime": pyarrow.timestamp("us"),
        "instant": pyarrow.timestamp("us", "UTC"),
    }
    return [(name, types[kind]) for name, kind in columns]


def _polars_types(columns: Columns) -> List[Tuple[str, Any]]:
    import polars

    types = {
        "string": polars.String,
        "number": polars.Float64,
        "integer": polars.Int64,
        "bigint": polars.Int64,
        "boolean": polars.Boolean,
        "date": polars.Date,
        "datetime": polars.Datetime("us"),
        "instant": polars.Datetime("us", "UTC"),
    }
    return [(name, types[kind]) for name, kind in columns]
