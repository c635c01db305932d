"""Has the bars of tqdm tell the cell's progress, without their text in the log. Nothing is imported for it."""

from __future__ import annotations

import functools
import importlib.machinery
import sys

from .channel import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


class _Nowhere:
    """A stream that keeps nothing."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return None

    def isatty(self) -> bool:
        return False


class _Finder:
    """Changes some modules as soon as they are imported."""

    def __init__(self, changes: dict[str, Callable[[Any], None]]) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        change = self._changes.get(name)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_change(module: Any) -> None:
                execute(module)
                change(module)

            spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


def hear_bars(channel: Channel) -> None:
    """From now on the outermost bar that is open is the cell's progress."""
    bars = _Bars(channel)
    sys.meta_path.insert(0, _Finder({"tqdm.std": bars.change_std, "tqdm.notebook": bars.change_notebook}))


class _Bars:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._open: list[Any] = []

    def change_std(self, module: Any) -> None:
        """Takes the place of what draws a bar, in the class that all kinds of bars have above them."""
        bar = module.tqdm
        start, draw, close = bar.__init__, bar.display, bar.close

        @functools.wraps(start)
        def start_told(this: Any, *args: Any, **options: Any) -> None:
            # "None where nobody looks at a terminal": somebody looks at the progress.
            if options.get("disable", False) is None:
                options["disable"] = False
            this.hex_is_told = False
            stream = options.get("file")
            if stream is None or stream in (sys.stdout, sys.stderr):
                options["file"] = _Nowhere()
                this.hex_is_told = True
            start(this, *args, **options)
            if self._channel.is_own and not this.disable:
                # One that was never closed is over when it is full.
                self._open = [each for each in self._open if not _is_full(each)]
                self._open.append(this)
                self._tell(this)

        @functools.wraps(draw)
        def draw_told(this: Any, *args: Any, **options: Any) -> Any:
            self._tell(this)
            return True if getattr(this, "hex_is_told", False) else draw(this, *args, **options)

        @functools.wraps(close)
        def close_told(this: Any, *args: Any, **options: Any) -> Any:
            self._tell(this)
            self._open = [each for each in self._open if each is not this]
            return close(this, *args, **options)

        bar.__init__, bar.display, bar.close = start_told, draw_told, close_told

    def change_notebook(self, module: Any) -> None:
        """There is no notebook here: its bars are ordinary ones."""
        from tqdm.std import tqdm

        module.tqdm = module.tqdm_notebook = tqdm

    def _tell(self, bar: Any) -> None:
        if not self._channel.is_own or not self._open or self._open[0] is not bar:
            return
        share = min(1.0, max(0.0, bar.n / bar.total)) if bar.total else 0.0
        self._channel.progress(share, _message_of(bar))


def _is_full(bar: Any) -> bool:
    return bool(bar.total) and bar.n >= bar.total


def _message_of(bar: Any) -> str:
    step = (getattr(bar, "desc", "") or "").rstrip(": ")
    unit = getattr(bar, "unit", "it")
    count = f"{bar.n:,} of {bar.total:,}" if bar.total else f"{bar.n:,}"
    count = f"{count} {unit}" if unit != "it" else count
    return ", ".join(each for each in (step, count, getattr(bar, "postfix", None) or "") if each)
