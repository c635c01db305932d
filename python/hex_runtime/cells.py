"""What the file of a Python cell imports. It ships inside hex-runtime: nothing has to be installed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

MARK = "__hex_cached__"
"""The attribute by which the function of a cell is known."""


def cached(frame: str, **options: Any) -> Callable[[Function], Function]:
    """Marks the function of a heavy cell, whose result is published under the name `frame`.

    hex-runtime reads the options from the file's text, without running it: they are literals. The
    function stays what it is: it can be called, tested and imported as any other.

    >>> @cached("planets/planet_data", max_age="24h")
    ... def planets(sleep_time: int, *, progress):
    ...     progress(0.5, "half of it")
    ...     return [{"planet": "Earth", "moons": 1}]
    """
    if not isinstance(frame, str):
        raise TypeError(f'Expected cached(…) to get the name of a frame, as in cached("sales"), got {frame!r}')

    def mark(function: Function) -> Function:
        if not callable(function):
            raise TypeError(f"Expected @cached(…) to stand above a function, got {function!r}")
        setattr(function, MARK, {"frame": frame, **options})
        return function

    return mark
