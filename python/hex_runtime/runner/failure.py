"""What went wrong in a cell: one sentence with its place, and the frames of the author's code as log lines."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig

from .cell_file import CellFile
from .refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Mapping

#: Packages whose name for pip is another than the one that is imported.
_PACKAGES = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}

LONGEST = 2_000
MOST_FRAMES = 20
#: of a group of exceptions
MOST_INSIDE = 10


class FailureTeller:
    """Tells what was thrown while a cell was carried out."""

    def __init__(self, cell: CellFile, task: Mapping[str, Any]) -> None:
        self._cell = cell
        self._project = os.path.realpath(task["projectDirectory"]) + os.sep
        self._libraries = {os.path.realpath(path) + os.sep for path in sysconfig.get_paths().values()}
        self._own = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep

    def tell(self, thrown: BaseException) -> dict[str, Any]:
        """The parts of the sentence, and the lines for the log."""
        if isinstance(thrown, Refusal):
            hint = thrown.hint and thrown.hint.replace("PYTHON", self._python())
            return {"place": thrown.place, "expected": thrown.expected, "got": thrown.got, "hint": hint, "lines": []}
        told = self._tell_syntax(thrown) if isinstance(thrown, SyntaxError) else self._tell_other(thrown)
        return {**told, "lines": list(self._lines(thrown))}

    def _tell_syntax(self, thrown: SyntaxError) -> dict[str, Any]:
        got = f"{type(thrown).__name__}: {thrown.msg}"
        file = self._name(thrown.filename or self._cell.path)
        column = f":{thrown.offset}" if thrown.offset else ""
        where = f"{file}:{thrown.lineno}{column}"
        place = f"cell {self._cell.name} ({where})"
        if file != self._cell.file:
            place = f"{where}, which {self._cell.place(self._line_in_cell(thrown))} imports,"
        return {"place": place, "expected": "Python", "got": got, "hint": None}

    def _tell_other(self, thrown: BaseException) -> dict[str, Any]:
        place = self._cell.place(self._line_in_cell(thrown))
        told = {"place": place, "expected": "to be computed", "got": self._describe(thrown), "hint": None}
        if isinstance(thrown, SystemExit):
            told["got"] = f"sys.exit({'' if thrown.code is None else repr(thrown.code)[:200]})"
            told["hint"] = "return the result, or raise an error"
        elif isinstance(thrown, ModuleNotFoundError):
            told["hint"] = self._install_hint(thrown)
        elif isinstance(thrown, ImportError) and "relative import" in str(thrown):
            told["hint"] = "write from module import …: the folder of the cells is on the path"
        elif isinstance(thrown, MemoryError):
            told["hint"] = "let the cell hold less at once, or raise the limit"
        return told

    def _install_hint(self, thrown: ModuleNotFoundError) -> str | None:
        name = (thrown.name or "").partition(".")[0]
        if not name or name in sys.modules:
            return None
        return f"{self._python()} -m pip install {_PACKAGES.get(name, name)}"

    def _python(self) -> str:
        return os.path.relpath(sys.executable, self._project) if sys.executable.startswith(self._project) else sys.executable

    @staticmethod
    def _describe(thrown: BaseException) -> str:
        kind = type(thrown)
        name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
        try:
            text = str(thrown)
        except Exception:
            text = "a message that cannot be printed"
        if isinstance(thrown, KeyError) and thrown.args:
            text = repr(thrown.args[0])
        text = " ".join(text.split())
        return f"{name}: {text[:LONGEST]}" if text else name

    def _line_in_cell(self, thrown: BaseException) -> int | None:
        """The line of the cell's own file where it happened, or from where it was called."""
        lines = [line for path, line, _ in _frames(thrown) if path == self._cell.path]
        return lines[-1] if lines else None

    def _lines(self, thrown: BaseException, said: str = "", seen: tuple[int, ...] = ()) -> Iterator[str]:
        if id(thrown) in seen or len(seen) > 5:
            return
        yield f"{said}{self._describe(thrown)}"
        inside = (*seen, id(thrown))
        frames = [each for each in _frames(thrown) if self._is_authors(each[0])]
        if len(frames) > MOST_FRAMES:
            yield f"  … {len(frames) - MOST_FRAMES} more"
        for path, line, function in frames[-MOST_FRAMES:]:
            text = linecache.getline(path, line).strip()
            yield f"  {self._name(path)}:{line} in {function}: {text}"
        for note in getattr(thrown, "__notes__", ()):
            yield f"  {note}"
        for each in getattr(thrown, "exceptions", ())[:MOST_INSIDE]:
            if isinstance(each, BaseException):
                yield from self._lines(each, "of these ", inside)
        if thrown.__cause__ is not None:
            yield from self._lines(thrown.__cause__, "caused by ", inside)
        elif thrown.__context__ is not None and not thrown.__suppress_context__:
            yield from self._lines(thrown.__context__, "while handling ", inside)

    def _is_authors(self, path: str) -> bool:
        real = os.path.realpath(path)
        # Compiled packages name their sources from folders of their own.
        if not os.path.isabs(path) or real.startswith(self._own):
            return False
        return real == os.path.realpath(self._cell.path) or (
            real.startswith(self._project) and not any(real.startswith(each) for each in self._libraries)
        )

    def _name(self, path: str) -> str:
        real = os.path.realpath(path)
        return real[len(self._project) :].replace(os.sep, "/") if real.startswith(self._project) else path


def _frames(thrown: BaseException) -> Iterator[tuple[str, int, str]]:
    trace = thrown.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code.co_filename, trace.tb_lineno, getattr(code, "co_qualname", code.co_name)
        trace = trace.tb_next
