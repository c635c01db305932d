"""Python in and beside hex-runtime: cells, and what a project has published."""

from __future__ import annotations

from .cells import cached

# As type checkers read it; the module `typing` takes longer to import than all of a small cell.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .errors import HexError
    from .published import frames, read

__all__ = ["HexError", "cached", "frames", "read"]


def __getattr__(name: str) -> Any:
    # The process of a cell starts quicker without what only readers need.
    if name not in ("HexError", "frames", "read"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import errors, published

    return getattr(errors if name == "HexError" else published, name)
