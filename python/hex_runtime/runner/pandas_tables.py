"""What pandas holds as columns: those of numpy by ourselves, all others by pyarrow, where it is installed."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any, Callable, Sequence

from ..arrow_stream import BOOL, DURATION, FLOAT, INT, TIMESTAMP, ArrowType, Column
from .list_columns import column_of, kind_of, plain_values
from .refusal import Refusal, describe

Tell = Callable[[str], None]


_HINTS = {
    "complex": "keep its .real and .imag",
    "interval": "write it as text: .astype(str), or keep its .left and .right",
    "period": "keep its .dt.to_timestamp()",
    "timedelta": "write it as a number: .dt.total_seconds()",
    "void": "give each field a column of its own",
}


def to_plain_frame(value: Any, place: str, tell: Tell) -> Any:
    """A DataFrame with texts as the names of its columns, and an index that only counts."""
    import pandas as pd

    frame = value
    if isinstance(value, pd.Series):
        name = "value" if value.name is None else value.name
        frame = value.to_frame(name)
    frame = _name_columns(_index_to_columns(frame, place, tell), place, tell)
    if frame.shape[1] == 0:
        raise Refusal(place, "a table with at least one column", f"a DataFrame of {len(frame)} rows without columns")
    return frame


def _index_to_columns(frame: Any, place: str, tell: Tell) -> Any:
    import pandas as pd

    index = frame.index
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return frame
    names = [
        name if name is not None else ("index" if index.nlevels == 1 else f"level_{level}")
        for level, name in enumerate(index.names)
    ]
    for name in names:
        if name in frame.columns or names.count(name) > 1:
            raise Refusal(
                f"the index of {place}",
                "named other than its columns, as it is kept as a column",
                f"the name {name!r} twice",
                "write df.reset_index(drop=True), or df.rename_axis(…)",
            )
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    parts = [pd.Series(values, name=name).reset_index(drop=True) for name, values in zip(names, levels)]
    told = ", ".join(repr(name) for name in names)
    tell(f"the index is kept as {'column' if len(names) == 1 else 'columns'} {told} (df.reset_index(drop=True) drops it)")
    plain = frame.reset_index(drop=True)
    for at, (name, values) in enumerate(zip(names, parts)):
        if plain.columns.nlevels > 1:
            raise Refusal(f"the columns of {place}", "of one level", f"{plain.columns.nlevels} levels", _LEVELS_HINT)
        plain.insert(at, name, values)
    return plain


_LEVELS_HINT = 'write df.columns = ["_".join(map(str, names)) for names in df.columns]'


def _name_columns(frame: Any, place: str, tell: Tell) -> Any:
    if frame.columns.nlevels > 1:
        raise Refusal(f"the columns of {place}", "of one level", f"{frame.columns.nlevels} levels", _LEVELS_HINT)
    names = [name if isinstance(name, str) else _to_text(name, place) for name in frame.columns]
    seen: set[str] = set()
    for name in names:
        if name == "" or name in seen:
            got = "an empty name" if name == "" else f"{name!r} twice"
            raise Refusal(f"the names of the columns of {place}", "texts, each another", got)
        seen.add(name)
    others = [name for name in frame.columns if not isinstance(name, str)]
    if others:
        tell(f"the names of columns are texts: {', '.join(repr(str(name)) for name in others[:5])}{' …' if len(others) > 5 else ''}")
    if others or type(frame.columns).__name__ != "Index":
        frame = frame.copy(deep=False)
        frame.columns = names
    return frame


def _to_text(name: Any, place: str) -> str:
    if name is None or name != name or isinstance(name, (tuple, bytes)):
        raise Refusal(f"the names of the columns of {place}", "texts", describe(name))
    return str(name)


def columns_of_frame(frame: Any, place: str, tell: Tell) -> list[Column]:
    """The columns of a plain DataFrame whose types numpy has; see ``can_alone``."""
    return [_column_of(str(name), frame[name], place, tell) for name in frame.columns]


def arrow_of_frame(frame: Any, place: str, tell: Tell) -> Any:
    """A plain DataFrame as a table of pyarrow."""
    import pyarrow as pa

    arrays = []
    for name in frame.columns:
        _check_type(name, frame[name], place)
        series = _known_to_arrow(frame[name])
        if series.dtype == object:
            arrays.append(_arrow_of_objects(name, series, place, tell))
        else:
            array = pa.array(series, from_pandas=True)
            is_coded = pa.types.is_dictionary(array.type) and not _is_text(array.type.value_type)
            arrays.append(array.dictionary_decode() if is_coded else array)
    return pa.Table.from_arrays(arrays, names=[str(name) for name in frame.columns])


def _known_to_arrow(series: Any) -> Any:
    """The same values, kept in a way that pyarrow reads."""
    dtype = series.dtype
    if str(dtype) == "category" and series.cat.categories.dtype == object:
        return series.astype(object)
    if str(dtype).startswith("Sparse"):
        return series.sparse.to_dense()
    is_swapped = getattr(dtype, "byteorder", "=") == (">" if sys.byteorder == "little" else "<")
    return series.astype(dtype.newbyteorder("=")) if is_swapped else series


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _arrow_of_objects(name: str, series: Any, place: str, tell: Tell) -> Any:
    import pyarrow as pa

    types = {
        "text": pa.large_string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(),
        "day": pa.date32(), "local": pa.timestamp("us"), "instant": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    values = plain_values(series, nan_is_missing=True)
    kind = _kind_of(name, values, place, tell)
    if kind in ("local", "instant", "decimal"):
        # pyarrow would cut what is finer than microseconds, and has decimals, which no frame has.
        column_of(name, values, kind, place)
    try:
        return pa.array(values, types.get(kind))
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        # What is too large is told as in a Python without pyarrow.
        column_of(name, values, kind, place)
        raise


def _kind_of(name: str, values: Sequence[Any], place: str, tell: Tell) -> str:
    kind = kind_of(name, values, place)
    if kind is None:
        tell(f"column {name!r} has no values: it is kept as text")
    return kind or "text"


def has_arrow() -> bool:
    """Whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def _check_type(name: str, series: Any, place: str) -> None:
    dtype = str(series.cat.categories.dtype if str(series.dtype) == "category" else series.dtype)
    hint = next((hint for kind, hint in _HINTS.items() if dtype.startswith(kind)), None)
    is_wide = dtype in ("float128", "longdouble")
    if hint is not None or is_wide:
        expected = "numbers, texts, booleans, days or times"
        raise Refusal(f"column {name!r} of {place}", expected, f"the type {dtype}", hint or "write .astype(float)")


def _column_of(name: str, series: Any, place: str, tell: Tell) -> Column:
    _check_type(name, series, place)
    dtype = series.dtype
    if str(dtype) == "category":
        return _column_of(name, series.astype(object), place, tell)
    if str(dtype).startswith("Sparse"):
        return _column_of(name, series.sparse.to_dense(), place, tell)
    missing = series.isna().to_numpy()
    built = _numpy_column(name, series, missing)
    if built is not None:
        return built
    values = plain_values(series.astype(object), nan_is_missing=True)
    kind = "text" if str(dtype).startswith("str") else _kind_of(name, values, place, tell)
    return column_of(name, values, kind, place)


def _numpy_column(name: str, series: Any, missing: Any) -> Column | None:
    """A column of a type that numpy has, or None for one of Python's objects."""
    import numpy as np

    dtype = series.dtype
    form = getattr(dtype, "numpy_dtype", dtype)
    if not isinstance(form, np.dtype):
        form = np.dtype(f"datetime64[{dtype.unit}]") if getattr(dtype, "tz", None) else None
    if form is None or form.kind not in "biufmM":
        return None
    count = int(missing.sum())
    validity = np.packbits(~missing, bitorder="little") if count else None
    if form.kind in "mM":
        zone = None if getattr(dtype, "tz", None) is None else str(dtype.tz)
        kind = TIMESTAMP if form.kind == "M" else DURATION
        items = series.to_numpy(dtype=form) if zone is None else series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        items = np.where(missing, 0, np.ascontiguousarray(items).view(np.int64))
        arrow = ArrowType(kind, unit=np.datetime_data(form)[0], zone=zone)
        return Column(name, arrow, len(series), count, validity, [items])
    is_masked = form is not dtype
    items = series.to_numpy(dtype=form, na_value=form.type(0)) if is_masked and count else series.to_numpy(dtype=form)
    if form.kind == "b":
        return Column(name, ArrowType(BOOL), len(series), count, validity, [np.packbits(items, bitorder="little")])
    bits = 8 * form.itemsize
    arrow = ArrowType(FLOAT, bits) if form.kind == "f" else ArrowType(INT, bits, form.kind == "i")
    little = np.ascontiguousarray(items.astype(form.newbyteorder("<"), copy=False))
    return Column(name, arrow, len(series), count, validity, [little])
