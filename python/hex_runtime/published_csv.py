"""Reads a published CSV by its rules: bare empty is missing, `""` is a text, types are those of the version."""

from __future__ import annotations

import io
from typing import Any, Dict, Sequence, Tuple

from .errors import HexError


def read_csv(data: bytes, columns: Sequence[Tuple[str, str]], form: str) -> Any:
    """A table of the content of a CSV; `columns` are names and types such as ("total", "number")."""
    if form == "polars":
        import polars

        return polars.read_csv(io.BytesIO(data), schema=_polars_types(columns))
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
            column_types=_arrow_types(columns),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    if form == "arrow":
        return table
    from .frame_inputs import to_pandas

    return to_pandas(table)


def _arrow_types(columns: Sequence[Tuple[str, str]]) -> Dict[str, Any]:
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
    return {name: types[kind] for name, kind in columns}


def _polars_types(columns: Sequence[Tuple[str, str]]) -> Dict[str, Any]:
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
    return {name: types[kind] for name, kind in columns}
