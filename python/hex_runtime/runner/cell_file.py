"""A cell's file as a module: loaded, and its function called with what its parameters name."""

from __future__ import annotations

import builtins
import datetime as dt
import os
import sys
import types

from ..cells import MARK
from .refusal import Refusal
from .values import FrameFile, to_instant

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from typing import Any, Callable, Mapping


class CellFile:
    """The file of the cell, below the project's folder, and the name of the cell."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        self.name: str = task["name"]
        self.file: str = task["file"]
        self.path = os.path.join(task["projectDirectory"], *self.file.split("/"))
        self._cells: str = task["cellsDirectory"]
        self._folder: str = task["folder"]

    def place(self, line: int | None = None) -> str:
        """The cell with its file and line, as messages name it."""
        return f"cell {self.name} ({self.file}{'' if line is None else f':{line}'})"

    def load(self, is_script: bool, names: Mapping[str, Any]) -> types.ModuleType:
        """Runs the file as a module that has these names."""
        with open(self.path, "rb") as file:
            code = compile(file.read(), self.path, "exec", dont_inherit=True)
        # A script is what Python runs; a function's file is what pools of processes import.
        module = types.ModuleType("__main__" if is_script else self._module_name())
        module.__file__ = self.path
        module.__dict__.update(names)
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)
        return module

    def _module_name(self) -> str:
        below = os.path.relpath(os.path.splitext(self.path)[0], self._cells)
        name = below.replace(os.sep, ".")
        is_taken = name in sys.modules or name in getattr(sys, "stdlib_module_names", ())
        return f"hex_cell_{self.name}" if is_taken or below.startswith(os.pardir) else name

    def frame(self, value: Any, form: str | None = None) -> Any:
        """A value whose frames are in a form of Python's: the one that is asked for, or else the default."""
        if isinstance(value, FrameFile):
            from ..frame_inputs import read_frame

            return read_frame(os.path.join(self._folder, value.name), form or _default_form())
        if isinstance(value, dict):
            return {key: self.frame(each) for key, each in value.items()}
        return [self.frame(each) for each in value] if isinstance(value, list) else value

    def function_of(self, module: types.ModuleType) -> Callable[..., Any]:
        """The one function under ``@cached``."""
        found = {id(each): each for each in vars(module).values() if hasattr(each, MARK) and callable(each)}
        own = [each for each in found.values() if getattr(each, "__module__", None) == module.__name__]
        if len(own or found) == 1:
            return (own or list(found.values()))[0]
        raise Refusal(self.place(), "a file with one function under @cached(…)", str(len(own or found)))

    def call(self, function: Callable[..., Any], values: Mapping[str, Any], given: Mapping[str, Any], first: tuple[Any, ...] = ()) -> Any:
        """Calls a function with what its parameters name: cells, and what the runtime hands over."""
        parameters = _parameters_of(function)
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in parameters:
            source = given if parameter.kind is parameter.KEYWORD_ONLY else values
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if len(positional) < len(first):
                positional.append(self._fit(first[len(positional)], parameter.annotation, function))
            elif parameter.name in source:
                value = self._fit(source[parameter.name], parameter.annotation, function)
                if parameter.kind is parameter.POSITIONAL_ONLY:
                    positional.append(value)
                else:
                    named[parameter.name] = value
            elif parameter.default is parameter.empty:
                self._refuse(function, parameter.name, source is given, given)
        return function(*positional, **named)

    def _refuse(self, function: Any, name: str, is_given: bool, given: Mapping[str, Any]) -> None:
        place = f"parameter {name} of {self.place(line_of(function))}"
        if is_given:
            raise Refusal(place, f"one of {', '.join(given)}, as it comes after *", "another name")
        raise Refusal(place, "the name of a cell", "one that no cell has", "after * stand progress, log, secrets, run_context and cancelled")

    def _fit(self, value: Any, annotation: Any, function: Any) -> Any:
        names = list(_names_in(annotation, getattr(function, "__globals__", {})))
        if isinstance(value, FrameFile):
            return self.frame(value, next((_FORMS[each] for each in names if each in _FORMS), None))
        if isinstance(value, str):
            return _fit_text(value, names)
        if "float" in names and "int" not in names and type(value) is int:
            return float(value)
        return self.frame(value)


def _parameters_of(function: Callable[..., Any]) -> list[Any]:
    import inspect

    try:
        return list(inspect.signature(function).parameters.values())
    except NameError:
        # Annotations are carried out from Python 3.14 on: one may name what is imported for type checkers only.
        import annotationlib  # type: ignore[import-not-found]

        text = annotationlib.Format.STRING
        return list(inspect.signature(function, annotation_format=text).parameters.values())  # type: ignore[call-arg]


def line_of(function: Any) -> int | None:
    """The line of a function's ``def``, or of the first decorator above it."""
    import inspect

    code = getattr(inspect.unwrap(function), "__code__", None)
    return code.co_firstlineno if code is not None else None


def _fit_text(text: str, names: list[str]) -> Any:
    """An input of days is text, unless the parameter says otherwise."""
    try:
        if "datetime.date" in names and "str" not in names:
            return dt.date.fromisoformat(text)
        if "datetime.datetime" in names and "str" not in names:
            return to_instant(text)
    except ValueError:
        pass
    return text


#: What an annotation of a parameter may name, and the form that its frame then has.
_FORMS = {
    "pandas.DataFrame": "pandas",
    "polars.DataFrame": "polars",
    "polars.LazyFrame": "polars-lazy",
    "pyarrow.Table": "arrow",
}

#: What packages are called where their import is not at hand, as under ``if TYPE_CHECKING``.
_USUAL = {"pd": "pandas", "pl": "polars", "pa": "pyarrow", "dt": "datetime"}


def _names_in(annotation: Any, names: Mapping[str, Any]) -> Any:
    """The types that an annotation names, as ``package.Name``: also of text, of unions and of Optional."""
    if isinstance(annotation, str):
        import ast

        try:
            tree = ast.parse(annotation, mode="eval")
        except SyntaxError:
            return
        for node in ast.walk(tree):
            yield from _names_of_node(node, names)
    elif isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        yield _name_of_type(annotation)
    else:
        for each in getattr(annotation, "__args__", ()):
            yield from _names_in(each, names)


def _names_of_node(node: ast.AST, names: Mapping[str, Any]) -> Any:
    import ast

    if isinstance(node, ast.Name):
        found = names.get(node.id, getattr(builtins, node.id, None))
        if isinstance(found, type):
            yield _name_of_type(found)
        elif node.id in ("DataFrame", "LazyFrame", "Table", "date", "datetime"):
            yield from (each for each in (*_FORMS, "datetime.date", "datetime.datetime") if each.endswith(f".{node.id}"))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = names.get(node.value.id)
        package = module.__name__ if isinstance(module, types.ModuleType) else _USUAL.get(node.value.id, node.value.id)
        yield f"{package.partition('.')[0]}.{node.attr}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _names_in(node.value, names)


def _name_of_type(kind: type) -> str:
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package == "builtins" else f"{package}.{kind.__qualname__}"


def _default_form() -> str:
    from ..frame_inputs import installed_form

    form = installed_form()
    if form is not None:
        return form
    raise Refusal(
        "a package for tables",
        "installed, as the cell gets a frame",
        "none of pandas, pyarrow and polars",
        "PYTHON -m pip install pandas",
    )
