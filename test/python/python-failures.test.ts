import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { HexError } from "../../src/errors.ts";
import { withFolder } from "../frame/with-folder.ts";
import { FILE, type PythonCell, runCell } from "./python-cell.ts";

const python = inject("python") ?? "python3";

interface Failure extends Omit<PythonCell, "source"> {
  /** below the line with `@cached("a")`, whose number is 2 */
  readonly made?: string;
  /** the whole file, where that is something else */
  readonly source?: string;
  /** ends with * where Python's own words follow, which change from version to version */
  readonly message: string;
}

const CELL = `cell made (${FILE}`;

const FAILURES: Readonly<Record<string, Failure>> = {
  "an exception": {
    made: "def made():\n    return 1 / 0",
    message: `Expected ${CELL}:4) to be computed, got ZeroDivisionError: division by zero`,
  },
  "an exception of a module of the project": {
    made: "def made():\n    import helper\n    return helper.fail()",
    message: `Expected ${CELL}:5) to be computed, got helper.Odd: so it is`,
  },
  "a syntax error": {
    made: "def made(:\n    return 1",
    message: `Expected ${CELL}:3:10) to be Python, got SyntaxError: *`,
  },
  "a syntax error of a module that it imports": {
    source: "import wrong\n",
    message: `Expected cells/wrong.py:2:1, which ${CELL}:1) imports, to be Python, got SyntaxError: *`,
  },
  "a wrong indent": {
    made: "def made():\nreturn 1",
    message: `Expected ${CELL}:4:1) to be Python, got IndentationError: *`,
  },
  "a package that is not installed": {
    source: "import sklearnn.model\n",
    message: `Expected ${CELL}:1) to be computed, got ModuleNotFoundError: No module named 'sklearnn' (PYTHON -m pip install sklearnn)`,
  },
  "a package whose name for pip is another": {
    source: "import yaml\n",
    message: `Expected ${CELL}:1) to be computed, got ModuleNotFoundError: No module named 'yaml' (PYTHON -m pip install pyyaml)`,
  },
  "sys.exit": {
    made: "def made():\n    import sys\n    sys.exit(3)",
    message: `Expected ${CELL}:5) to be computed, got sys.exit(3) (return the result, or raise an error)`,
  },
  "os._exit": {
    made: "def made():\n    import os\n    print('so far')\n    os._exit(3)",
    message: `Expected the Python of ${CELL}) to be going until the cell is computed, got exit code 3, saying "so far" (does the cell, or a package that it uses, call os._exit or close the descriptors of others?)`,
  },
  "a crash of native code": {
    made: "def made():\n    import faulthandler\n    faulthandler._sigsegv()",
    message: `Expected the Python of ${CELL}) to be going until the cell is computed, got the signal SIGSEGV, saying "Fatal Python error: Segmentation fault" (native code failed; the run's log says where)`,
  },
  "an import from beside the file": {
    source: "from . import helper\n",
    message: `Expected ${CELL}:1) to be computed, got ImportError: attempted relative import with no known parent package (write from module import …: the folder of the cells is on the path)`,
  },
  "a signal": {
    made: "def made():\n    import os\n    os.kill(os.getpid(), 9)",
    message: `Expected the Python of ${CELL}) to be going until the cell is computed, got the signal SIGKILL (somebody killed it, or the system ran out of memory)`,
  },
  "None as the result": {
    made: "def made():\n    [{'a': 1}]",
    message: `Expected what ${CELL}:2) gives to be a table, got None (does the function return its result?)`,
  },
  "a number as the result": {
    made: "def made():\n    return 5",
    message: `Expected what ${CELL}:2) gives to be a table, got an int (5) (return a DataFrame, a list of dicts, or anything with __arrow_c_stream__)`,
  },
  "a generator as the result": {
    made: "def made():\n    yield {'a': 1}",
    message: `Expected what ${CELL}:2) gives to be a table, got a generator (return list(…))`,
  },
  "a function without @cached": {
    source: "def made():\n    return 1\n",
    message: `Expected ${CELL}) to be a file with one function under @cached(…), got 0`,
  },
  "a parameter that nothing is for": {
    made: "def made(nothing):\n    return []",
    message: `Expected parameter nothing of ${CELL}:2) to be the name of a cell, got one that no cell has (after * stand progress, log, secrets, run_context and cancelled)`,
  },
  "a parameter behind * that the runtime does not have": {
    made: "def made(*, signal):\n    return []",
    message: `Expected parameter signal of ${CELL}:2) to be one of progress, log, secrets, run_context, cancelled, as it comes after *, got another name`,
  },
  "a script that never sets its variable": {
    source: "mode = 1\n",
    form: "script",
    message: `Expected ${CELL}) to be a script that sets the variable made, got one that never does (write made = … in it: that is the cell's value)`,
  },
  "a whole number that JSON would round": {
    source: "made = {'total': [1, 2**53]}\n",
    form: "script",
    message: `Expected what ${CELL}) gives['total'][1] to be a whole number within ±(2^53 − 1), got 9007199254740992 (write str(…), or give a table, which has bigints)`,
  },
  "items that are no list": {
    source: `from hex_runtime import cached\n\ndef regions():\n    return 5\n\n@cached("a", over=regions)\ndef made(region):\n    return []\n`,
    form: "items",
    message: `Expected the items that over=… gives in ${CELL}:3) to be a list, got an int (5)`,
  },
  "progress that is no number": {
    made: "def made(*, progress):\n    progress(float('nan'))",
    message: `Expected ${CELL}:4) to be computed, got ValueError: Expected progress(…) to get a fraction from 0 to 1, got nan`,
  },
  "a value that is no data": {
    source: "",
    values: { chart: () => 1 },
    message: `Expected the value of chart for ${FILE} to be a frame or plain data, as a Python cell reads it, got a function`,
  },
  "no Python": {
    interpreter: "no-such-python",
    message: `Expected the Python of ${FILE} to be installed, got none (tried no-such-python) (install Python 3.9 or newer, make the project a .venv, or name one as \`python\` in hex.config.json)`,
  },
  "an interpreter that is no Python": {
    interpreter: "/bin/false",
    message: `Expected /bin/false (from \`python\` of hex.config.json) to be Python 3.9 or newer, for ${FILE}, got a program that ended with exit code 1 (name another one as \`python\` in hex.config.json, or make the project a .venv)`,
  },
  "an old Python": {
    interpreter: "./old-python",
    message: `Expected the Python of ${FILE} (FOLDER/old-python, from \`python\` of hex.config.json) to be 3.9 or newer, got 3.6.15 (name another one as \`python\` in hex.config.json, or make the project a .venv)`,
  },
};

/** Stands for an old Python: it says that it is one. */
const OLD_PYTHON = `#!/bin/sh
exec ${python} -c '
import collections, runpy, sys
argv = sys.argv[1:]
sys.version_info = (3, 6, 15, "final", 0)
runpy.run_path([each for each in argv if each.endswith("__main__.py")][0], run_name="__main__")
' "$@"
`;

test.concurrent.for(Object.entries(FAILURES))("tells %s in one sentence", ([, failure]) =>
  withFolder(async (folder) => {
    const { made, message, ...cell } = failure;
    const source = cell.source ?? `from hex_runtime import cached\n@cached("a")\n${made}\n`;
    await mkdir(join(folder, "cells"));
    await writeFile(
      join(folder, "cells/helper.py"),
      "class Odd(Exception):\n    pass\n\ndef fail():\n    raise Odd('so it is')\n",
    );
    await writeFile(join(folder, "cells/wrong.py"), "\n)\n");
    await writeFile(join(folder, "old-python"), OLD_PYTHON);
    await chmod(join(folder, "old-python"), 0o755);
    const { value } = await runCell(folder, { interpreter: python, ...cell, source });
    const expected = message.replace("FOLDER", folder).replace("PYTHON -m", `${python} -m`);
    expect(value).toBeInstanceOf(HexError);
    const isOpen = expected.endsWith("*");
    const told = isOpen ? expect.stringContaining(expected.slice(0, -1)) : expected;
    expect(value).toMatchObject({ code: "HEX_CELL_FAILED", message: told });
  }),
);

test("logs the frames of the author's code, and what an exception was caused by", () =>
  withFolder(async (folder) => {
    const source = `import json
from hex_runtime import cached
def read(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise RuntimeError("no data") from error
@cached("a")
def made():
    return read("{")
`;
    const { lines } = await runCell(folder, { source, interpreter: python });
    expect(lines).toEqual([
      "RuntimeError: no data",
      `  ${FILE}:10 in made: return read("{")`,
      `  ${FILE}:7 in read: raise RuntimeError("no data") from error`,
      "caused by json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
      `  ${FILE}:5 in read: return json.loads(text)`,
    ]);
  }));

test("a .venv without its Python is no reason to take another one", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, ".venv"));
    const { value } = await runCell(folder, { source: "made = 1", form: "script" });
    expect(value).toMatchObject({
      message:
        "Expected .venv/bin/python to be the project's Python, got nothing, or a link to a Python that is gone (make it anew: python3 -m venv --clear .venv)",
    });
  }));

test("what is printed is lines of the log, whatever it is", () =>
  withFolder(async (folder) => {
    const source = `
import os, sys
print("a\\r  10 %\\r 100 %")
print("x" * 20_000)
os.write(1, b"\\xff\\xfe\\n")
sys.stdout.write("\\x1b[31mred\\n")
sys.stderr.write("no end")
os.set_inheritable(1, True)
made = 1
`;
    const cell = { source, interpreter: python, form: "script" as const };
    const { value, lines } = await runCell(folder, cell);
    expect(value).toBe(1);
    expect(lines.filter((line) => !line.startsWith("x")).toSorted()).toEqual(
      [" 100 %", "\\x1b[31mred", "no end", "��"].toSorted(),
    );
    expect(lines.find((line) => line.startsWith("x"))).toMatch(/^x{8000,8192} … \(cut\)$/);
  }));
