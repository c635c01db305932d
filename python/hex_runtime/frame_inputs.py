"""How a frame of the runtime arrives, in a cell or as it was published: as pandas, polars or pyarrow has it."""

from __future__ import annotations

import importlib.util
import mmap
import os

from .arrow_stream import BOOL, DATE, FLOAT, LARGE_UTF8, TIMESTAMP, UTF8, ReadColumn, read_columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

#: The forms of a frame, and the package of each; the first that is installed is the one unless told.
FORMS = {"pandas": "pandas", "arrow": "pyarrow", "polars": "polars", "polars-lazy": "polars"}


def installed_form() -> str | None:
    """pandas where it is installed, else pyarrow, else polars; None where none of them is."""
    forms = ("pandas", "arrow", "polars")
    return next((form for form in forms if importlib.util.find_spec(FORMS[form]) is not None), None)


def read_frame(source: str | bytes, form: str) -> Any:
    """The frame in a file of ours, by its path or content, in the form that is asked for."""
    if form == "polars":
        return _read_polars(source)
    if form == "polars-lazy":
        return _read_polars(source).lazy()
    if form == "arrow":
        return _read_arrow(source)
    if importlib.util.find_spec("pyarrow") is None:
        return _read_pandas_alone(source)
    return to_pandas(_read_arrow(source))


def _read_polars(source: str | bytes) -> Any:
    import polars as pl

    # Earlier releases published streams.
    frame = pl.read_ipc_stream(source) if _is_stream(source) else pl.read_ipc(source)
    stable = {name: _stable_in_polars(kind) for name, kind in frame.schema.items()}
    return frame.cast({name: kind for name, kind in stable.items() if kind is not None})


def _stable_in_polars(kind: Any) -> Any:
    import polars as pl

    if kind in (pl.Categorical, pl.Enum):
        return pl.String
    if kind == pl.Int32:
        return pl.Int64
    return pl.Datetime("us", kind.time_zone) if kind == pl.Datetime else None


def _is_stream(source: str | bytes) -> bool:
    return isinstance(source, bytes) and source[:6] != b"ARROW1"


def _read_arrow(source: str | bytes) -> Any:
    import pyarrow as pa

    opened = pa.memory_map(source) if isinstance(source, str) else pa.BufferReader(source)
    with opened as file:
        table = (pa.ipc.open_stream if _is_stream(source) else pa.ipc.open_file)(file).read_all()
    return table.cast(pa.schema([(field.name, _stable(field.type)) for field in table.schema]))


def _stable(kind: Any) -> Any:
    """One type for a kind of column, whatever its values are: how we keep these hangs on them."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_int32(kind):
        return pa.int64()
    return pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else kind


def to_pandas(table: Any) -> Any:
    """A table of pyarrow as pandas has it, whole numbers and booleans whole where some are missing."""
    import pandas as pd
    import pyarrow as pa

    # As floats, whole numbers with missing ones would be rounded, and booleans would be objects.
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    gaps = [
        field.name
        for index, field in enumerate(table.schema)
        if field.type in nullable and table.column(index).null_count > 0
    ]
    if not gaps:
        return table.to_pandas()
    parts = [table.drop_columns(gaps).to_pandas(), table.select(gaps).to_pandas(types_mapper=nullable.get)]
    return pd.concat(parts, axis=1)[table.column_names]


def _map(path: str) -> mmap.mmap:
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)


def _read_pandas_alone(source: str | bytes) -> Any:
    import numpy as np
    import pandas as pd

    data = memoryview(_map(source) if isinstance(source, str) else source)
    batches = read_columns(data)
    columns = {}
    for index, first in enumerate(batches[0]):
        parts = [_to_series(batch[index]) for batch in batches]
        columns[first.name] = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    rows = sum(batch[0].length for batch in batches) if batches[0] else 0
    return pd.DataFrame(columns, index=pd.RangeIndex(rows)) if columns else pd.DataFrame(index=pd.RangeIndex(rows), dtype=np.float64)


def _to_series(column: ReadColumn) -> Any:
    import numpy as np
    import pandas as pd

    validity, *buffers = column.buffers
    missing = np.zeros(column.length, dtype=bool)
    if column.missing:
        missing = np.unpackbits(np.frombuffer(validity, np.uint8), count=column.length, bitorder="little") == 0
    if column.dictionary is not None:
        texts = np.array([*_texts_of(column.dictionary), None], dtype=object)
        codes = np.frombuffer(buffers[0], np.int32, column.length)
        return pd.Series(texts[np.where(missing, len(texts) - 1, codes)], dtype=_text_type())
    if column.type.kind in (UTF8, LARGE_UTF8):
        texts = np.array(_texts_of(column), dtype=object)
        texts[missing] = None
        return pd.Series(texts, dtype=_text_type())
    return _to_fixed(column, buffers[0], missing)


def _text_type() -> Any:
    import pandas as pd

    return "str" if int(pd.__version__.partition(".")[0]) >= 3 else object


def _texts_of(column: ReadColumn) -> Sequence[str]:
    _, offsets, data = column.buffers
    places = offsets[: 4 * column.length + 4].cast("i") if column.type.kind == UTF8 else offsets[: 8 * column.length + 8].cast("q")
    joined = bytes(data[: places[-1]])
    if joined.isascii():
        text = joined.decode("ascii")
        return [text[places[row] : places[row + 1]] for row in range(column.length)]
    return [joined[places[row] : places[row + 1]].decode("utf-8") for row in range(column.length)]


def _to_fixed(column: ReadColumn, values: memoryview, missing: Any) -> Any:
    import numpy as np
    import pandas as pd

    kind, count = column.type.kind, column.length
    if kind == BOOL:
        items = np.unpackbits(np.frombuffer(values, np.uint8), count=count, bitorder="little").astype(bool)
        return pd.Series(pd.arrays.BooleanArray(items, missing)) if column.missing else pd.Series(items)
    if kind == DATE:
        days = np.frombuffer(values, np.int32, count).astype("datetime64[D]").astype(object)
        days[missing] = None
        return pd.Series(days, dtype=object)
    if kind == TIMESTAMP:
        moments = np.frombuffer(values, np.int64, count).copy()
        moments[missing] = np.iinfo(np.int64).min
        series = pd.Series(moments.view(f"datetime64[{column.type.unit}]").astype("datetime64[us]"))
        return series.dt.tz_localize("UTC") if column.type.zone else series
    if kind == FLOAT:
        items = np.frombuffer(values, f"f{column.type.bits // 8}", count).copy()
        items[missing] = np.nan
        return pd.Series(items)
    items = np.frombuffer(values, np.int32 if column.type.bits == 32 else np.int64, count).astype(np.int64)
    return pd.Series(pd.arrays.IntegerArray(items, missing)) if column.missing else pd.Series(items)

