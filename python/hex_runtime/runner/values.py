"""Values that are no tables, as JSON carries them: exactly, or refused with their place."""

from __future__ import annotations

import datetime as dt
import json

from .refusal import Refusal, describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

#: The key of an object that stands for what JSON has not.
TAG = "$"
#: JavaScript has whole numbers up to here.
LARGEST = 2**53 - 1


class FrameFile:
    """A frame that the runtime has written for the cell, until its form is known."""

    def __init__(self, name: str) -> None:
        self.name = name


def read_task(line: bytes) -> dict[str, Any]:
    """The task, whose values are Python's, and frames are ``FrameFile``s."""
    return json.loads(line, object_hook=_untag)


def _untag(found: dict[str, Any]) -> Any:
    kind = found.get(TAG)
    if kind is None:
        return found
    value = found["v"]
    if kind == "frame":
        return FrameFile(value)
    if kind == "number":
        return float(value)
    if kind == "int":
        return int(value)
    if kind == "instant":
        return to_instant(value)
    return dict(value)


def to_instant(text: str) -> dt.datetime:
    """A point in time, to the microsecond, from its text in UTC."""
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def to_json(value: Any, place: str, tell: Callable[[str], None] = lambda line: None) -> Any:
    """The value as JSON carries it.

    :raises Refusal: for what JSON would alter or has not, with its place
    """
    return _Writer(tell).convert(value, place, ())


class _Writer:
    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def convert(self, value: Any, place: str, above: tuple[int, ...]) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _checked_text(str.__str__(value), place)
        if isinstance(value, int):
            return _checked_int(int(value), place)
        if isinstance(value, float):
            return _to_number(float(value))
        if isinstance(value, dt.date):
            return _to_time_text(value, place)
        if isinstance(value, (dict, list, tuple)):
            return self._convert_items(value, place, above)
        other = _without_numpy(value)
        if other is not value:
            return self.convert(other, place, above)
        hint = _HINTS.get(type(value).__name__)
        raise Refusal(place, "a number, a text, a list, a dict or a table", describe(value), hint)

    def _convert_items(self, value: Any, place: str, above: tuple[int, ...]) -> Any:
        if id(value) in above:
            raise Refusal(place, "plain data", f"a {type(value).__name__} that contains itself")
        inside = (*above, id(value))
        if not isinstance(value, dict):
            return [self.convert(each, f"{place}[{index}]", inside) for index, each in enumerate(value)]
        pairs = [
            (self._to_key(key, place), self.convert(each, f"{place}[{key!r}]", inside))
            for key, each in value.items()
        ]
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Refusal(place, "of different keys as text", "two that are the same text")
        return {TAG: "dict", "v": pairs} if TAG in found else found

    def _to_key(self, key: Any, place: str) -> str:
        if isinstance(key, str):
            return _checked_text(str.__str__(key), f"a key of {place}")
        plain = _without_numpy(key)
        if isinstance(plain, int) and not isinstance(plain, bool):
            self._tell(f"{place}: the keys that are whole numbers, such as {plain}, are texts in JSON")
            self._tell = lambda line: None
            return str(plain)
        raise Refusal(f"the keys of {place}", "texts", describe(key), "write str(key)")


def _without_numpy(value: Any) -> Any:
    """A scalar or an array of numpy, or pandas' missing value, as Python's own."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "tolist"):
        from .numpy_values import items_of_numpy

        return items_of_numpy(value)
    if module == "pandas" and type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value


def _checked_text(text: str, place: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refusal(place, "text", f"a lone surrogate in {ascii(text[:80])}") from None
    return text


def _checked_int(number: int, place: str) -> int:
    if -LARGEST <= number <= LARGEST:
        return number
    got = str(number) if abs(number) < 10**40 else "a far larger number"
    raise Refusal(place, "a whole number within ±(2^53 − 1)", got, "write str(…), or give a table, which has bigints")


def _to_number(number: float) -> Any:
    text = repr(number)
    return {TAG: "number", "v": text} if text in ("nan", "inf", "-inf", "-0.0") else number


def _to_time_text(value: dt.date, place: str) -> str:
    if not isinstance(value, dt.datetime):
        return value.isoformat()
    if type(value).__name__ == "NaTType":
        return None  # type: ignore[return-value]
    if getattr(value, "nanosecond", 0):
        raise Refusal(place, "a time of whole microseconds", value.isoformat(), 'round it: value.round("us")')
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(dt.timezone.utc).isoformat().replace("+00:00", "Z")


_HINTS = {
    "Decimal": "write float(…) or str(…)",
    "set": "write sorted(…)",
    "frozenset": "write sorted(…)",
    "bytes": 'write data.decode("utf-8") or data.hex()',
    "generator": "write list(…)",
    "map": "write list(…)",
    "filter": "write list(…)",
    "zip": "write list(…)",
    "complex": "write its .real and .imag",
    "timedelta": "write value.total_seconds()",
    "datetime64": 'round it to microseconds: .astype("datetime64[us]")',
    "timedelta64": 'write it as a number: / np.timedelta64(1, "s")',
    "Figure": "give the table that is drawn; a TypeScript cell makes a chart of it",
}
