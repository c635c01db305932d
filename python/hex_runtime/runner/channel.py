"""What the process of a cell hears on descriptor 3 and says on descriptor 4: a line of JSON each."""

from __future__ import annotations

import json
import math
import os
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HEARD = 3
SAID = 4

#: An eye does not follow more than ten changes a second; the runtime thins them out once more.
STEP_SECONDS = 0.05


class Channel:
    """The way to the runtime. Processes that the cell starts are not heard: theirs are other tasks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._rest = b""
        self._told_at = -math.inf
        self._waiting: dict[str, Any] | None = None
        for descriptor in (HEARD, SAID):
            os.set_inheritable(descriptor, False)
            os.set_blocking(descriptor, True)

    def hear(self) -> bytes | None:
        """The next line, or None when the runtime is gone."""
        while b"\n" not in self._rest:
            try:
                block = os.read(HEARD, 2**20)
            except OSError:
                block = b""
            if not block:
                return None
            self._rest += block
        line, self._rest = self._rest.split(b"\n", 1)
        return line

    @property
    def is_own(self) -> bool:
        """Whether this is the cell's own process, not one that it has forked."""
        return os.getpid() == self._pid

    def say(self, kind: str, /, **event: Any) -> None:
        """Tells an event, after the progress that still waits."""
        if not self.is_own:
            return
        with self._lock:
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                _write(waiting)
            _write({"type": kind, **event})

    def log(self, line: str) -> None:
        """Adds a line to the run's log."""
        for each in str(line).splitlines() or [""]:
            self.say("log", line=each)

    def progress(self, fraction: float, message: str = "") -> None:
        """Tells how far the cell is, from 0 to 1, and its current step."""
        share = float(fraction)
        if not math.isfinite(share):
            raise ValueError(f"Expected progress(…) to get a fraction from 0 to 1, got {fraction!r}")
        event = {"type": "progress", "fraction": share, "message": str(message)}
        if not self.is_own:
            return
        with self._lock:
            now = time.monotonic()
            if now - self._told_at >= STEP_SECONDS:
                self._told_at, self._waiting = now, None
                _write(event)
                return
            is_first, self._waiting = self._waiting is None, event
        if is_first:
            # The last of a burst is told, too, however long the cell is silent then.
            timer = threading.Timer(STEP_SECONDS, self._tell_waiting)
            timer.daemon = True
            timer.start()

    def _tell_waiting(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                self._told_at = time.monotonic()
                _write(waiting)


def _write(event: dict[str, Any]) -> None:
    left = memoryview(json.dumps(event).encode("ascii") + b"\n")
    try:
        while left:
            left = left[os.write(SAID, left) :]
    except OSError:
        # Nobody listens any more: the runtime is gone, which ends this process, too.
        pass
