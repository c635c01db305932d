"""Numpy's scalars and arrays as Python's own values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def of_numpy(value: Any) -> Any:
    """Python's own for a scalar of numpy; itself where Python has none that is the same."""
    if value.ndim:
        return value
    plain = value.item()
    if value.dtype.kind not in "mM" or not isinstance(plain, int):
        return plain
    # A time of nanoseconds, or far away, numpy gives as a mere number.
    if value.dtype.kind == "m":
        return value
    cut = value.astype("datetime64[us]")
    whole = cut.item()
    return value if isinstance(whole, int) or cut != value else whole


def items_of_numpy(value: Any) -> Any:
    """Python's own for an array of numpy, as lists, or for a scalar."""
    if value.dtype.kind in "mM":
        return list(value) if value.ndim else of_numpy(value)
    return value.tolist()
