"""Anything that holds a table, as an Arrow file for the runtime."""

from __future__ import annotations

import sys

from .refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    Tell = Callable[[str], None]

#: What a column may be of.
TYPES = "numbers, texts, booleans, days or times"

#: The largest that a batch of texts may be in Arrow.
ROWS_AT_ONCE = 2**31


def is_table(value: Any) -> bool:
    """Whether it is a table of a library, not of Python's own lists and dicts."""
    return _is_pandas(value) or _is_polars(value) or _is_arrow(value) or hasattr(value, "__arrow_c_stream__")


def write_table(value: Any, path: str, place: str, tell: Tell) -> None:
    """Writes the table.

    :raises Refusal: for what no frame can hold, naming the column
    """
    if _is_pandas(value):
        _write_pandas(value, path, place, tell)
    elif _is_polars(value):
        _write_polars(value, path, place)
    elif _is_arrow(value):
        _write_arrow(_to_arrow(value), path, place)
    else:
        _write_capsule(value, path, place)


def _module(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _is_pandas(value: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def _is_polars(value: Any) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, (polars.DataFrame, polars.LazyFrame, polars.Series))


def _is_arrow(value: Any) -> bool:
    if _module(value) != "pyarrow":
        return False
    names = {kind.__name__ for kind in type(value).__mro__}
    return bool(names & {"Table", "RecordBatch", "RecordBatchReader", "Dataset", "Scanner"})


def _write_pandas(value: Any, path: str, place: str, tell: Tell) -> None:
    from .pandas_tables import arrow_of_frame, columns_of_frame, has_arrow, to_plain_frame

    frame = to_plain_frame(value, place, tell)
    if has_arrow():
        _write_arrow(arrow_of_frame(frame, place, tell), path, place)
        return
    from ..arrow_stream import write_stream

    with open(path, "wb") as file:
        write_stream(file, columns_of_frame(frame, place, tell), len(frame))


def _write_polars(value: Any, path: str, place: str) -> None:
    import polars as pl

    frame = value
    if isinstance(value, pl.Series):
        frame = value.to_frame(value.name or "value")
    elif isinstance(value, pl.LazyFrame):
        frame = value.collect()
    if frame.width == 0:
        raise Refusal(place, "a table with at least one column", "a DataFrame without columns")
    for name, kind in frame.schema.items():
        column = f"pl.col({name!r})"
        hints = {
            "Object": f"write {column}.map_elements(str)",
            "Decimal": f"cast it: {column}.cast(pl.Float64), or pl.String to keep its digits",
            "Duration": f"write it as a number: {column}.dt.total_microseconds()",
            "Int128": f"cast it: {column}.cast(pl.Int64), or pl.String",
            "UInt128": f"cast it: {column}.cast(pl.Int64), or pl.String",
            "List": f"write it as text: {column}.map_elements(lambda items: json.dumps(items.to_list()))",
            "Array": f"write it as text: {column}.map_elements(lambda items: json.dumps(items.to_list()))",
            "Struct": f"write it as text: {column}.struct.json_encode()",
        }
        hint = hints.get(str(kind.base_type()))
        if hint is not None:
            raise Refusal(f"column {name!r} of {place}", TYPES, f"the type {kind}", hint)
    frame.rechunk().write_ipc(path, compression="uncompressed", compat_level=pl.CompatLevel.oldest())


def _to_arrow(value: Any) -> Any:
    import pyarrow as pa

    if isinstance(value, pa.Table):
        return value
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    return value.read_all() if isinstance(value, pa.RecordBatchReader) else value.to_table()


def _write_arrow(table: Any, path: str, place: str) -> None:
    import pyarrow as pa

    if table.num_columns == 0:
        raise Refusal(place, "a table with at least one column", f"a table of {table.num_rows} rows without columns")
    for field in table.schema:
        hint = _arrow_hint(field.type)
        if hint is not None:
            raise Refusal(f"column {field.name!r} of {place}", TYPES, f"the type {field.type}", hint)
    # In one piece: the runtime then has its columns without a copy.
    whole = _with_short_places(table.unify_dictionaries().combine_chunks()).replace_schema_metadata(None)
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, whole.schema) as writer:
        writer.write_table(whole, max_chunksize=ROWS_AT_ONCE)
        if whole.num_rows == 0:
            writer.write_batch(pa.RecordBatch.from_pylist([], schema=whole.schema))


def _arrow_hint(kind: Any) -> str | None:
    """What to write for a type that no frame has; None for the others."""
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        return "write it as floats, .astype(float), or as texts, which keep its digits"
    if pa.types.is_duration(kind):
        return "write it as whole numbers or floats, such as .dt.total_seconds()"
    return "write it as texts, as json.dumps gives them" if pa.types.is_nested(kind) else None


def _with_short_places(table: Any) -> Any:
    """Texts below two gigabytes with places of 32 bits, as the runtime keeps them: it need not copy these."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_large_string(field.type) and column.nbytes < 2**31:
            table = table.set_column(index, field.with_type(pa.string()), column.cast(pa.string()))
    return table


def _write_capsule(value: Any, path: str, place: str) -> None:
    import importlib.util

    if importlib.util.find_spec("pyarrow") is not None:
        import pyarrow as pa

        _write_arrow(pa.RecordBatchReader.from_stream(value).read_all(), path, place)
    elif importlib.util.find_spec("polars") is not None:
        import polars as pl

        _write_polars(pl.DataFrame(value), path, place)
    else:
        kind = f"{_module(value)} {type(value).__qualname__}"
        raise Refusal(place, "a table that can be read here", f"a {kind}", "PYTHON -m pip install pyarrow")
