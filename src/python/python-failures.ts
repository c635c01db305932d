import { expectation, HexError } from "../errors.ts";
import { shorten } from "../text.ts";
import type { Interpreter } from "./interpreter.ts";
import type { PythonFailure } from "./messages.ts";
import type { PythonEnd } from "./python-process.ts";

const LONGEST_LINE = 300;

/** The cell as messages name it: `cell planets (cells/03-planets.py)`. */
interface NamedCell {
  readonly name: string;
  readonly file: string;
}

/** The sentence about what Python threw. */
export function toFailure({ place, expected, got, hint }: PythonFailure): HexError {
  if (expected === "to be computed") {
    // As any other cell's failure is told.
    const advice = hint === null ? "" : ` (${hint})`;
    return new HexError("HEX_CELL_FAILED", `Expected ${place} to be computed, got ${got}${advice}`);
  }
  return expectation("HEX_CELL_FAILED", {
    place,
    expected,
    got,
    ...(hint === null ? {} : { hint }),
  });
}

/** The sentence about a Python that ended without an answer. */
export function toEndFailure(
  { name, file }: NamedCell,
  interpreter: Interpreter,
  { end, hasStarted, oldVersion, lastLine }: PythonEnd,
): HexError {
  const said =
    lastLine === undefined ? "" : `, saying ${JSON.stringify(shorten(lastLine, LONGEST_LINE))}`;
  if (end.refusal !== undefined) return toRefusal(file, interpreter, end.refusal);
  if (oldVersion !== undefined) {
    return expectation("HEX_CELL_FAILED", {
      place: `the Python of ${file} (${interpreter.command}, from ${interpreter.source})`,
      expected: "3.9 or newer",
      got: oldVersion,
      hint: NAME_ANOTHER,
    });
  }
  const ending = end.signal === null ? `exit code ${end.exitCode}` : `the signal ${end.signal}`;
  if (!hasStarted) {
    return expectation("HEX_CELL_FAILED", {
      place: `${interpreter.command} (from ${interpreter.source})`,
      expected: `Python 3.9 or newer, for ${file}`,
      got: `a program that ended with ${ending}${said}`,
      hint: NAME_ANOTHER,
    });
  }
  return expectation("HEX_CELL_FAILED", {
    place: `the Python of cell ${name} (${file})`,
    expected: "going until the cell is computed",
    got: `${ending}${said}`,
    hint:
      end.signal === null
        ? "does the cell, or a package that it uses, call os._exit or close the descriptors of others?"
        : (SIGNAL_HINTS[end.signal] ?? "something on this machine sent it"),
  });
}

const NAME_ANOTHER = "name another one as `python` in hex.config.json, or make the project a .venv";

const SIGNAL_HINTS: Readonly<Record<string, string>> = {
  SIGKILL: "somebody killed it, or the system ran out of memory",
  SIGABRT: "native code gave up; the run's log may say why",
  SIGSEGV: "native code failed; the run's log says where",
};

function toRefusal(
  file: string,
  { command, source, tried }: Interpreter,
  refusal: NodeJS.ErrnoException,
): HexError {
  if (refusal.code !== "ENOENT") {
    return expectation("HEX_CELL_FAILED", {
      place: `${command} (from ${source})`,
      expected: `a Python that can be started, for ${file}`,
      got: refusal.message,
      hint: refusal.code === "EACCES" ? NAME_ANOTHER : "let this machine do less at once",
    });
  }
  return expectation("HEX_CELL_FAILED", {
    place: `the Python of ${file}`,
    expected: "installed",
    got: `none (tried ${tried.join(", then ")})`,
    hint: "install Python 3.9 or newer, make the project a .venv, or name one as `python` in hex.config.json",
  });
}
