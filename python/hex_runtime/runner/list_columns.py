"""Columns of Python's own values: what type a list of them has, and how it lies in memory."""

from __future__ import annotations

import array
import datetime as dt
import math
from itertools import accumulate
from typing import Any, Callable, Iterable, Sequence

from ..arrow_stream import BOOL, DATE, FLOAT, INT, LARGE_UTF8, TIMESTAMP, UTF8, ArrowType, Column
from .numpy_values import of_numpy
from .refusal import Refusal, describe

LARGEST_INT = 2**63
#: Floats have all whole numbers up to here.
LARGEST_FLOAT_INT = 2**53
EPOCH = dt.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=dt.timezone.utc)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = dt.timedelta(microseconds=1)

#: What the values of a column are, and how a message calls them.
KINDS = {
    "text": "texts",
    "int": "whole numbers",
    "float": "numbers",
    "bool": "booleans",
    "day": "days",
    "local": "times without a zone",
    "instant": "times with a zone",
    "decimal": "decimals",
}

#: What to write for a time of numpy that no frame has.
TIME_HINTS = {
    "datetime64": 'round it to microseconds: .astype("datetime64[us]")',
    "timedelta64": 'write it as a number: / np.timedelta64(1, "s")',
}

_BY_TYPE = {str: "text", int: "int", float: "float", bool: "bool", dt.date: "day"}
_MISSING = ("NoneType", "NAType", "NaTType")


def is_missing(value: Any) -> bool:
    """Whether it is None, or what pandas has in its place."""
    return value is None or type(value).__name__ in _MISSING


def plain_values(values: Iterable[Any], nan_is_missing: bool) -> list[Any]:
    """The values with numpy's scalars as Python's own, and None for each that is missing."""
    items = list(values)
    types = set(map(type, items))
    if any(each.__module__ == "numpy" for each in types):
        items = [of_numpy(value) if type(value).__module__ == "numpy" and hasattr(value, "ndim") else value for value in items]
        types = set(map(type, items))
    if any(each.__name__ in _MISSING[1:] for each in types):
        items = [None if is_missing(value) else value for value in items]
    if nan_is_missing and float in types:
        items = [None if type(value) is float and math.isnan(value) else value for value in items]
    return items


def kind_of(name: str, values: Sequence[Any], place: str) -> str | None:
    """What the values of a column are; None when all of them are missing.

    :raises Refusal: when they are not all of one kind, naming the first row that differs
    """
    types = set(map(type, values))
    types.discard(type(None))
    if not types:
        return None
    kinds = {_BY_TYPE.get(each, "") for each in types}
    if kinds == {"int", "float"}:
        return "float"
    if len(kinds) == 1 and kinds != {""}:
        return kinds.pop()
    first = ""
    for row, value in enumerate(values, 1):
        if value is None:
            continue
        kind = _kind_of_value(value)
        where = f"column {name!r}, row {row}, of {place}"
        if kind == "":
            raise Refusal(where, "a text, a number, a boolean or a time", describe(value), _hint(name, value))
        if first in ("int", "float") and kind in ("int", "float"):
            first = "float" if kind != first else first
        elif first not in ("", kind):
            raise Refusal(where, f"{KINDS[first]} like the rows above it", describe(value), _cast_hint(name, first, kind))
        first = first or kind
    return first


def _kind_of_value(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return "local" if value.tzinfo is None else "instant"
    for base, kind in ((str, "text"), (bool, "bool"), (int, "int"), (float, "float"), (dt.date, "day")):
        if isinstance(value, base):
            return kind
    return "decimal" if type(value).__name__ == "Decimal" else ""


def _cast_hint(name: str, first: str, kind: str) -> str:
    if {first, kind} == {"local", "instant"}:
        return f"give all of {name!r} a zone, or none of it"
    return f"make {name!r} one kind of values, as by .astype(str)"


def _hint(name: str, value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, (dict, list, tuple)):
        return f"write it as text: df[{name!r}].map(json.dumps)"
    if kind in ("bytes", "bytearray"):
        return f'decode it: df[{name!r}].map(bytes.hex), or .str.decode("utf-8")'
    if kind in ("timedelta", "Timedelta"):
        return f"write it as a number: df[{name!r}].dt.total_seconds()"
    if kind in TIME_HINTS:
        return TIME_HINTS[kind]
    return f"write it as text: df[{name!r}].map(str)"


def column_of(name: str, values: Sequence[Any], kind: str | None, place: str) -> Column:
    """The column of values of one kind. One of no values is text."""
    missing = sum(value is None for value in values)
    validity = bits_of(value is not None for value in values) if missing else None
    try:
        arrow, buffers = _BUILDERS[kind or "text"](name, values, place)
    except UnicodeEncodeError as error:
        row = next(row for row, value in enumerate(values, 1) if isinstance(value, str) and not _is_utf8(value))
        got = f"a lone surrogate in {ascii(error.object[:80])}"
        raise Refusal(f"column {name!r}, row {row}, of {place}", "text", got) from None
    return Column(name, arrow, len(values), missing, validity, buffers)


def bits_of(values: Iterable[bool]) -> bytes:
    """Booleans as bits, the first lowest."""
    digits = "".join(["1" if value else "0" for value in values])
    if not digits:
        return b""
    return int(digits[::-1], 2).to_bytes((len(digits) + 7) // 8, "little")


def text_buffers(values: Sequence[Any]) -> tuple[ArrowType, list[Any]]:
    """Texts one after the other, and where each begins. What is None takes no room."""
    texts = ["" if value is None else value for value in values]
    joined = "".join(texts)
    if joined.isascii():
        data, sizes = joined.encode("ascii"), map(len, texts)
    else:
        blobs = [text.encode("utf-8") for text in texts]
        data, sizes = b"".join(blobs), map(len, blobs)
    is_large = len(data) >= 2**31
    offsets = array.array("q" if is_large else "i", accumulate(sizes, initial=0))
    return ArrowType(LARGE_UTF8 if is_large else UTF8), [offsets, data]


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _texts(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
    return text_buffers(values)


def _ints(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
    try:
        return ArrowType(INT, 64), [array.array("q", [0 if value is None else value for value in values])]
    except OverflowError:
        row, value = next(
            (row, value)
            for row, value in enumerate(values, 1)
            if value is not None and not -LARGEST_INT <= value < LARGEST_INT
        )
        where = f"column {name!r}, row {row}, of {place}"
        raise Refusal(where, "a whole number of 64 bits", describe(value), f"write it as text: df[{name!r}].map(str)") from None


def _floats(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
    for row, value in enumerate(values, 1):
        if isinstance(value, int) and abs(value) > LARGEST_FLOAT_INT:
            where = f"column {name!r}, row {row}, of {place}"
            raise Refusal(where, "a number that a float has", describe(value), "make the column whole numbers alone, or text")
    return ArrowType(FLOAT, 64), [array.array("d", [0.0 if value is None else value for value in values])]


def _bools(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
    return ArrowType(BOOL), [bits_of(values)]


def _days(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
    days = [0 if value is None else value.toordinal() - EPOCH_DAY for value in values]
    return ArrowType(DATE), [array.array("i", days)]


def _times(zone: str | None, epoch: dt.datetime) -> Callable[..., tuple[ArrowType, list[Any]]]:
    def build(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
        for row, value in enumerate(values, 1):
            if getattr(value, "nanosecond", 0):
                where = f"column {name!r}, row {row}, of {place}"
                raise Refusal(where, "a time of whole microseconds", value.isoformat(), f'round it: df[{name!r}].dt.round("us")')
        # pandas' own times are exact, too, once they are Python's.
        plain = [value.to_pydatetime() if hasattr(value, "to_pydatetime") else value for value in values]
        moments = [0 if value is None else (value - epoch) // MICROSECOND for value in plain]
        return ArrowType(TIMESTAMP, unit="us", zone=zone), [array.array("q", moments)]

    return build


def _decimals(name: str, values: Sequence[Any], place: str) -> tuple[ArrowType, list[Any]]:
    row, value = next((row, value) for row, value in enumerate(values, 1) if value is not None)
    hint = "write it as a float, float(…), or as text, str(…), which keeps its digits"
    raise Refusal(f"column {name!r}, row {row}, of {place}", "a text, a number, a boolean or a time", describe(value), hint)


_BUILDERS: dict[str, Callable[..., tuple[ArrowType, list[Any]]]] = {
    "text": _texts,
    "int": _ints,
    "float": _floats,
    "bool": _bools,
    "day": _days,
    "local": _times(None, EPOCH),
    "instant": _times("UTC", EPOCH_UTC),
    "decimal": _decimals,
}
