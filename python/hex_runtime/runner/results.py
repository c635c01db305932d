"""What a cell gives, for the runtime: a table as an Arrow file, anything else as JSON."""

from __future__ import annotations


from .refusal import Refusal, describe
from .rows import has_pandas, is_flat_rows, is_lists, is_rows
from .table_results import is_table, write_table
from .values import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def write_result(result: Any, path: str, place: str, tell: Callable[[str], None], *, is_script: bool) -> dict[str, Any]:
    """Writes a table to the path; gives what the event of the result says.

    :param is_script: whether a list or a dict may be plain data, not only a table
    :raises Refusal: for what the runtime cannot have, or not without altering it
    """
    if is_lists(result) and not is_script and has_pandas(result):
        # Which of their values belong together, their indexes say.
        import pandas as pd

        result = pd.DataFrame(result)
    if is_table(result):
        write_table(result, path, place, tell)
        return {"kind": "frame", "file": path}
    is_list = is_flat_rows(result) if is_script else is_rows(result)
    if is_list or (is_lists(result) and not is_script):
        from ..arrow_stream import write_stream
        from .rows import columns_of_lists, columns_of_rows

        columns, rows = (columns_of_rows if is_list else columns_of_lists)(result, place, tell)
        with open(path, "wb") as file:
            write_stream(file, columns, rows)
        return {"kind": "frame", "file": path}
    # Whether an empty list is a table, the cell's schema says.
    is_empty = isinstance(result, (list, tuple)) and len(result) == 0
    if not is_script and not is_empty:
        raise Refusal(place, "a table", describe(result), _hint_of(result))
    return {"kind": "value", "value": to_json(result, place, tell)}


def _hint_of(result: Any) -> str:
    kind = type(result).__name__
    if result is None:
        return "does the function return its result?"
    if kind in ("generator", "map", "filter", "zip"):
        return "return list(…)"
    if kind == "ndarray":
        return "return pd.DataFrame(array, columns=[…])"
    return "return a DataFrame, a list of dicts, or anything with __arrow_c_stream__"
