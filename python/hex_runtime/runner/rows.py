"""Tables of Python's own: a list of dicts, or a dict of lists."""

from __future__ import annotations


from .refusal import Refusal, describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

    from ..arrow_stream import Column

def is_rows(value: Any) -> bool:
    """Whether it is a list of dicts."""
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(each, dict) for each in value)


def is_flat_rows(value: Any) -> bool:
    """Whether it is a list of dicts without anything inside them: a table as in TypeScript."""
    return is_rows(value) and not any(
        isinstance(item, (dict, list, tuple, set)) for row in value for item in row.values()
    )


def is_lists(value: Any) -> bool:
    """Whether it is a dict of lists, tuples or arrays."""
    return isinstance(value, dict) and len(value) > 0 and all(map(_is_list, value.values()))


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple, range)) or _package(value) in ("numpy", "pandas")


def has_pandas(lists: dict[Any, Any]) -> bool:
    """Whether a Series or another array of pandas is among them."""
    return any(_package(each) == "pandas" for each in lists.values())


def _package(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def columns_of_rows(rows: Sequence[dict[Any, Any]], place: str, tell: Callable[[str], None]) -> tuple[list[Column], int]:
    """The columns of dicts. What a dict leaves out is missing there."""
    names: dict[Any, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    if not names:
        raise Refusal(place, "a table with at least one column", f"{len(rows)} empty dicts")
    return _columns({name: [row.get(name) for row in rows] for name in names}, place, tell), len(rows)


def columns_of_lists(lists: dict[Any, Any], place: str, tell: Callable[[str], None]) -> tuple[list[Column], int]:
    """The columns of lists, which are of one length."""
    sizes = {name: len(values) for name, values in lists.items()}
    first = next(iter(sizes))
    for name, size in sizes.items():
        if size != sizes[first]:
            raise Refusal(f"column {name!r} of {place}", f"of {sizes[first]} rows as {first!r}", f"{size} rows")
    return _columns(lists, place, tell), sizes[first]


def _columns(lists: dict[Any, Any], place: str, tell: Callable[[str], None]) -> list[Column]:
    from .list_columns import column_of, kind_of, plain_values

    columns = []
    for name, values in lists.items():
        if not isinstance(name, str):
            raise Refusal(f"the names of the columns of {place}", "texts", describe(name), "write str(name)")
        items = plain_values(values, nan_is_missing=False)
        kind = kind_of(name, items, place)
        if kind is None:
            tell(f"column {name!r} has no values: it is kept as text")
        columns.append(column_of(name, items, kind, place))
    return columns
