"""Python beside hex-runtime: reads what a project has published."""

from .errors import HexError
from .published import frames, read

__all__ = ["HexError", "frames", "read"]
