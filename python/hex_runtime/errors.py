"""The one kind of error of this package: a sentence with place, expected, got, and what to do."""


class HexError(Exception):
    """What went wrong, in one sentence."""
