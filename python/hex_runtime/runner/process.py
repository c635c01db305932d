"""The program of a cell's process, from its task to its result."""

from __future__ import annotations

import os
import sys
import threading

from .cell_file import CellFile, line_of
from .channel import Channel
from .parent import Parent
from .refusal import Refusal, describe
from .values import read_task, to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping


def serve() -> None:
    """Carries out the one task that this process gets, and ends it."""
    channel = Channel()
    line = channel.hear()
    if line is None:
        os._exit(1)
    task = read_task(line)
    channel.say("started", executable=sys.executable, version=".".join(map(str, sys.version_info[:3])))
    for stream in (sys.stdout, sys.stderr):
        # A line goes out in one piece: those of processes of a pool must not run into each other.
        stream.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=False
        )
    cell = CellFile(task)
    parent = Parent(channel, task["folder"])
    _set_path(task)
    _hear_bars(channel)
    try:
        channel.say("result", **_Cell(cell, task, channel, parent).compute())
    except BaseException as thrown:
        if isinstance(thrown, KeyboardInterrupt) and parent.cancelled.is_set():
            _leave(1)
        from .failure import FailureTeller

        channel.say("failed", **FailureTeller(cell, task).tell(thrown))
    _end()


def _set_path(task: Mapping[str, Any]) -> None:
    first = [task["cellsDirectory"], task["projectDirectory"]]
    sys.path[:] = [*first, *(path for path in sys.path if path not in first)]
    sys.argv[:] = [os.path.join(task["projectDirectory"], task["file"])]


def _hear_bars(channel: Channel) -> None:
    from .bars import hear_bars

    hear_bars(channel)


class _Cell:
    """One task of a cell: the whole, the items of its parts, one of its parts, or a script."""

    def __init__(self, cell: CellFile, task: Mapping[str, Any], channel: Channel, parent: Parent) -> None:
        self._cell = cell
        self._task = task
        self._channel = channel
        self._line: int | None = None
        self._given = {
            "progress": channel.progress,
            "log": channel.log,
            "secrets": task["secrets"],
            "run_context": task["context"],
            "cancelled": parent.cancelled,
        }

    def compute(self) -> dict[str, Any]:
        """The event that tells the result."""
        form = self._task["form"]
        result = self._compute_script() if form == "script" else self._call(form)
        if type(result).__name__ == "coroutine":
            import asyncio

            result = asyncio.run(result)
        if form == "items":
            return {"kind": "value", "value": self._to_items(result)}
        return self._to_event(result, is_script=form == "script")

    def _compute_script(self) -> Any:
        names = {name: self._cell.frame(value) for name, value in self._task["values"].items()}
        given = {f"hex_{name}": value for name, value in self._given.items()}
        module = self._cell.load(True, {**names, **given})
        if self._cell.name in vars(module):
            return vars(module)[self._cell.name]
        raise Refusal(
            self._cell.place(),
            f"a script that sets the variable {self._cell.name}",
            "one that never does",
            f"write {self._cell.name} = … in it: that is the cell's value",
        )

    def _call(self, form: str) -> Any:
        module = self._cell.load(False, {})
        function = self._cell.function_of(module)
        if form == "items":
            from ..cells import MARK

            items = getattr(function, MARK).get("over")
            if not callable(items):
                raise Refusal(f"over=… of {self._cell.place(line_of(function))}", "a function of the file", describe(items))
            function = items
        self._line = line_of(function)
        first = (self._task["item"],) if form == "part" else ()
        return self._cell.call(function, self._task["values"], self._given, first)

    @property
    def _place(self) -> str:
        return f"what {self._cell.place(self._line)} gives"

    def _tell(self, line: str) -> None:
        self._channel.log(f"{self._cell.file}: {line}")

    def _to_items(self, result: Any) -> Any:
        from .table_results import is_table

        if is_table(result) and hasattr(result, "tolist"):
            result = result.tolist()
        elif is_table(result) and hasattr(result, "to_list"):
            result = result.to_list()
        items = result if isinstance(result, (list, tuple)) else None
        if items is None and hasattr(result, "__iter__") and not isinstance(result, (str, bytes, dict)):
            items = list(result)
        if items is None:
            raise Refusal(f"the items that over=… gives in {self._cell.place(self._line)}", "a list", describe(result))
        return to_json(items, f"the items of {self._cell.place(self._line)}", self._tell)

    def _to_event(self, result: Any, is_script: bool) -> dict[str, Any]:
        from .results import write_result

        path = os.path.join(self._task["folder"], "result.arrow")
        found = write_result(result, path, self._place, self._tell, is_script=is_script)
        return {**found, "line": self._line} if found["kind"] == "frame" else found


def _end() -> None:
    """Ends as Python does, but for the memory, which the system takes back quicker."""
    shutdown = getattr(threading, "_shutdown", None)
    if shutdown is not None:
        shutdown()
    import atexit

    run_handlers = getattr(atexit, "_run_exitfuncs", None)
    if run_handlers is not None:
        run_handlers()
    _stop_helpers()
    _leave(0)


#: Processes that `multiprocessing` starts for itself, and that end a little after their parent.
_HELPERS = (("multiprocessing.forkserver", "_forkserver"), ("multiprocessing.resource_tracker", "_resource_tracker"))


def _stop_helpers() -> None:
    """Waits for the end of what is Python's own, so that it is not taken for something the cell left running."""
    for module, name in _HELPERS:
        stop = getattr(getattr(sys.modules.get(module), name, None), "_stop", None)
        if stop is None:
            continue
        try:
            stop()
        except Exception:
            # Another Python may stop it another way: then it is ended, and told, as any other process.
            continue


def _leave(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # Closed, or nobody reads it.
            continue
    os._exit(code)
