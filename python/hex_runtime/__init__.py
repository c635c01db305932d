"""Python in and beside hex-runtime: cells, and what a project has published."""

from typing import TYPE_CHECKING, Any

from .cells import cached

if TYPE_CHECKING:
    from .errors import HexError
    from .published import frames, read

__all__ = ["HexError", "cached", "frames", "read"]


def __getattr__(name: str) -> Any:
    # The process of a cell starts quicker without what only readers need.
    if name not in ("HexError", "frames", "read"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import errors, published

    return getattr(errors if name == "HexError" else published, name)
