"""What a cell gives and the runtime does not take: told in one sentence, without a traceback."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any



class Refusal(Exception):
    """The parts of the sentence *Expected PLACE to be EXPECTED, got GOT (HINT)*."""

    def __init__(self, place: str, expected: str, got: str, hint: str | None = None) -> None:
        super().__init__(f"Expected {place} to be {expected}, got {got}")
        self.place = place
        self.expected = expected
        self.got = got
        self.hint = hint


def describe(value: Any) -> str:
    """A value as a message shows it: its type, and its beginning where that is short."""
    if value is None:
        return "None"
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]} {kind.__qualname__}"
    article = "an" if name[0].lower() in "aeio" else "a"
    if isinstance(value, (str, bytes, int, float, bool)) or kind.__name__ in ("Decimal", "UUID", "date", "datetime"):
        text = repr(value)
        return f"{article} {name} ({text if len(text) <= 60 else text[:59] + '…'})"
    return f"{article} {name}"
