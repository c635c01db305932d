import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { expect, inject, test } from "vitest";
import { toDate } from "../../src/frame/column/moment.ts";
import { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { withFolder } from "../frame/with-folder.ts";
import { FILE, type PythonCell, runCell } from "./python-cell.ts";

const python = inject("python") ?? "python3";

const EVERY = frame(
  [
    { s: "x", n: -0, i: 1, b: 2n ** 60n, f: true, d: "2026-01-31", t: "2026-01-31T01:02:03.000004", at: toDate(0, 5) },
    { s: null, n: null, i: null, b: null, f: null, d: null, t: null, at: null },
    { s: "é", n: 1e300, i: -(2 ** 53 - 1), b: -1n, f: false, d: "0001-01-01", t: "9999-12-31T00:00:00", at: new Date(-1) },
  ],
  { s: "string", n: "number", i: "integer", b: "bigint", f: "boolean", d: "date", t: "datetime", at: "instant" },
); // biome-ignore format: a table
const NONE = EVERY.head(0);
/** Values that a frame keeps in few bytes: codes of texts, 32 bits, milliseconds. */
const SMALL = frame(
  Array.from({ length: 5_000 }, (_, row) => ({
    ...{ city: row % 3 === 0 ? "Ulm" : "Bonn", n: row, b: row === 1 ? null : row },
    ...{ t: "2026-01-31T00:00:00", at: new Date(0) },
  })),
  { city: "string", n: "integer", b: "integer", t: "datetime", at: "instant" },
);

/** Packages that are hidden from Python, as if they were not installed. */
async function hiding(folder: string, ...names: string[]): Promise<string> {
  const path = join(folder, "hidden");
  await mkdir(path);
  await writeFile(
    join(path, "sitecustomize.py"),
    `import sys\nfor name in ${JSON.stringify(names)}:\n    sys.modules[name] = None\n`,
  );
  const program = join(folder, "python");
  const script = `#!/bin/sh\nPYTHONPATH=${path}${delimiter}$PYTHONPATH exec ${python} "$@"\n`;
  await writeFile(program, script);
  await chmod(program, 0o755);
  return program;
}

const toSource = (parameter: string, body: string, imports = "") =>
  `${imports}\nfrom hex_runtime import cached\n@cached("a")\ndef made(${parameter}):\n    print(type(every).__module__.split(".")[0], type(every).__name__)\n    ${body}\n`;

const FORMS: readonly (readonly [string, string, readonly string[], string])[] = [
  ["pandas, where it is installed", toSource("every", "return every"), [], "pandas DataFrame"],
  ["pandas without pyarrow", toSource("every", "return every"), ["pyarrow"], "pandas DataFrame"],
  ["pyarrow, without pandas", toSource("every", "return every"), ["pandas"], "pyarrow Table"],
  ["polars, without both", toSource("every", "return every"), ["pandas", "pyarrow"], "polars DataFrame"],
  ["polars, by annotation", toSource("every: pl.DataFrame", "return every", "import polars as pl"), [], "polars DataFrame"],
  ["a polars LazyFrame, by annotation", toSource("every: pl.LazyFrame", "return every", "import polars as pl"), [], "polars LazyFrame"],
  ["pyarrow, by an annotation that is text", toSource('every: "pa.Table | None"', "return every"), [], "pyarrow Table"],
  ["polars, by an annotation of the future", toSource("every: Optional[DataFrame]", "return every", "from __future__ import annotations\nfrom typing import Optional\nfrom polars import DataFrame"), [], "polars DataFrame"],
]; // biome-ignore format: a table

test.concurrent.for(FORMS)(
  "a frame arrives as %s, and comes back the same",
  ([, source, hidden, kind]) =>
    withFolder(async (folder) => {
      const interpreter = hidden.length > 0 ? await hiding(folder, ...hidden) : python;
      const cell = { source, interpreter, values: { every: EVERY } };
      const { value, lines } = await runCell(folder, cell);
      expect(lines).toEqual([kind]);
      expect(value instanceof Frame && value.schema).toEqual(EVERY.schema);
      expect(value instanceof Frame && value.rows()).toEqual(EVERY.rows());
    }),
);

test.concurrent.each([
  ["with pyarrow", []],
  ["without it", ["pyarrow"]],
])("a frame of no rows arrives as that, %s", (_, hidden) =>
  withFolder(async (folder) => {
    const interpreter = hidden.length > 0 ? await hiding(folder, ...hidden) : python;
    const source = toSource("every", "return every");
    const { value, lines } = await runCell(folder, {
      source,
      interpreter,
      values: { every: NONE },
    });
    expect(value).toMatchObject({ numRows: 0, columnNames: EVERY.columnNames });
    // Days are objects in pandas.
    const told = `${FILE}: column 'd' has no values: it is kept as text`;
    // What is printed and what is told come by pipes of their own.
    expect(lines.toSorted()).toEqual([told, "pandas DataFrame"]);
  }),
);

/** What the columns of small values are in Python: the same as those of large ones. */
const STABLE: Readonly<Record<string, string>> = {
  "": "[['city', 'str'], ['n', 'int64'], ['b', 'Int64'], ['t', 'datetime64[us]'], ['at', 'datetime64[us, UTC]']]",
  ": pl.DataFrame":
    "[['city', 'String'], ['n', 'Int64'], ['b', 'Int64'], ['t', \"Datetime(time_unit='us', time_zone=None)\"], ['at', \"Datetime(time_unit='us', time_zone='UTC')\"]]",
  ": pa.Table":
    "[['city', 'string'], ['n', 'int64'], ['b', 'int64'], ['t', 'timestamp[us]'], ['at', 'timestamp[us, tz=UTC]']]",
};

test.concurrent.for(Object.entries(STABLE))(
  "types hang on the kind of a column, not on its values%s",
  ([annotation, types]) =>
    withFolder(async (folder) => {
      const source = `
from hex_runtime import cached
@cached("a")
def made(every${annotation === "" ? "" : `: "${annotation.slice(2)}"`}):
    types = every.schema if hasattr(every, "schema") else every.dtypes
    pairs = zip(types.names, types.types) if hasattr(types, "names") and hasattr(types, "types") else types.items()
    print([[name, str(kind)] for name, kind in pairs])
    return every
`;
      const values = { every: SMALL };
      const { value, lines } = await runCell(folder, { source, interpreter: python, values });
      expect(lines).toEqual([types]);
      expect(value instanceof Frame && value.rows()).toEqual(SMALL.rows());
    }),
);

const script = (source: string, cell: Partial<PythonCell> = {}): PythonCell => ({
  source,
  interpreter: python,
  form: "script",
  ...cell,
});

test.concurrent("values arrive as Python has them, and come back", () =>
  withFolder(async (folder) => {
    const values = {
      whole: 5, half: 0.5, zero: -0, big: 2n ** 70n, nan: Number.NaN, text: "é\n", yes: true, none: null,
      list: [1, [2]], dict: { $: "x", a: { b: null } }, day: "2026-01-31", at: toDate(0, 5),
    }; // biome-ignore format: a table
    const source = `
import math
assert (whole, type(whole)) == (5, int) and half == 0.5 and math.copysign(1, zero) == -1 and big == 2**70
assert math.isnan(nan) and text == "é\\n" and yes is True and none is None
assert list_ == [1, [2]] and dict_ == {"$": "x", "a": {"b": None}} and day == "2026-01-31"
assert at.isoformat() == "1970-01-01T00:00:00.000005+00:00"
assert (hex_run_context, hex_secrets, __name__) == ("logic", {"KEY": "v"}, "__main__")
hex_log("a line\\nand another")
hex_progress(0.5, "half")
made = {"list": list_, "dict": dict_, "zero": zero, "nan": nan, "at": at, "yes": yes, "text": text}
`;
    const { list, dict, ...others } = values;
    const cell = script(source, {
      values: { ...others, list_: list, dict_: dict },
      secrets: { KEY: "v" },
    });
    const { value, lines, steps } = await runCell(folder, cell);
    expect(value).toEqual({
      ...{
        list,
        dict,
        zero: -0,
        nan: Number.NaN,
        at: "1970-01-01T00:00:00.000005Z",
        yes: true,
        text: "é\n",
      },
    });
    expect([lines, steps]).toEqual([["a line", "and another"], [[0.5, "half"]]]);
  }));

test.concurrent("a script's value is a frame where it is a table, and plain data else", () =>
  withFolder(async (folder) => {
    const run = async (made: string) => (await runCell(folder, script(`made = ${made}`))).value;
    expect(await run("[{'a': 1}, {'b': 'x'}]")).toMatchObject({ columnNames: ["a", "b"] });
    expect(await run("{'a': [1, 2]}")).toEqual({ a: [1, 2] });
    expect(await run("[{'a': [1]}]")).toEqual([{ a: [1] }]);
    expect(await run("__import__('numpy').float64(1.5)")).toBe(1.5);
  }));

test.concurrent("an annotation has a day's text, and a whole number, arrive as what it says", () =>
  withFolder(async (folder) => {
    const source = `
from datetime import date
from hex_runtime import cached
@cached("a")
def made(day: date, rate: float, other, *, run_context, secrets, log, cancelled):
    log(f"{day!r} {rate!r} {other!r} {run_context} {secrets} {cancelled.is_set()}")
    return []
`;
    const values = { day: "2026-01-31", rate: 2, other: "2026-01-31" };
    const { value, lines } = await runCell(folder, { source, interpreter: python, values });
    expect(value).toEqual([]);
    expect(lines).toEqual(["datetime.date(2026, 1, 31) 2.0 '2026-01-31' logic {} False"]);
  }));

test.concurrent("gives the items of a cell over parts, and the frame of a part", () =>
  withFolder(async (folder) => {
    const source = `
import numpy as np
from hex_runtime import cached
def regions(count):
    return (region for region in np.arange(count))
@cached("a", over=regions)
async def made(region, count):
    return [{"region": region, "of": count}]
`;
    const cell = { source, interpreter: python, values: { count: 2 } };
    expect((await runCell(folder, { ...cell, form: "items" })).value).toEqual([0, 1]);
    const { value } = await runCell(folder, { ...cell, form: "part", item: 1 });
    expect(value instanceof Frame && value.rows()).toEqual([{ region: 1, of: 2 }]);
  }));

test.concurrent("a pool that starts processes anew finds the cell's functions", () =>
  withFolder(async (folder) => {
    const source = `
import multiprocessing
from hex_runtime import cached
from shared import twice
def square(number):
    return twice(number) * number // 2
@cached("a")
def made():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return [{"a": each} for each in pool.map(square, [2, 3])]
`;
    await mkdir(join(folder, "cells"));
    await writeFile(join(folder, "cells/shared.py"), "def twice(number):\n    return 2 * number\n");
    const { value, lines } = await runCell(folder, { source, interpreter: python });
    expect(value instanceof Frame && value.rows()).toEqual([{ a: 4 }, { a: 9 }]);
    expect(lines).toEqual([]);
  }));

test.concurrent("bars of tqdm are the cell's progress, the outermost counts, and none is in the log", () =>
  withFolder(async (folder) => {
    const source = `
from concurrent.futures import ProcessPoolExecutor
import pandas as pd
from hex_runtime import cached
def inside(_):
    from tqdm import tqdm
    return sum(tqdm(range(3), desc="child"))
@cached("a")
def made():
    from tqdm import tqdm, trange
    from tqdm.auto import tqdm as automatic
    from tqdm.notebook import tqdm as notebook
    for outer in tqdm(range(2), desc="outer", mininterval=0):
        for inner in trange(5, desc="inner"):
            pass
        tqdm.write(f"wrote {outer}")
    for each in automatic(range(4), unit="file"):
        pass
    for each in notebook([1], disable=None):
        pass
    tqdm.pandas(desc="apply")
    frame = pd.DataFrame({"a": [1, 2]})
    frame["b"] = frame.a.progress_apply(lambda a: a * 2)
    with ProcessPoolExecutor(1) as pool:
        list(pool.map(inside, [1]))
    return frame
`;
    const { value, lines, steps } = await runCell(folder, { source, interpreter: python });
    expect(value instanceof Frame && value.column("b")).toEqual([2, 4]);
    expect(lines).toEqual(["wrote 0", "wrote 1"]);
    expect(steps[0]).toEqual([0, "outer, 0 of 2"]);
    expect(steps.at(-1)).toEqual([1, "apply, 2 of 2"]);
    expect(steps.filter(([, message]) => /inner|child/.test(message))).toEqual([]);
  }));

test.concurrent("a cell's file can be run and imported by any Python", () =>
  withFolder(async (folder) => {
    const source = `
from hex_runtime import cached
@cached("a", key=["x"])
def made(x=1):
    return [{"a": x}]
if __name__ == "__main__":
    print(made(2))
import subprocess, sys
`;
    const cell = script(
      `import subprocess, sys\nmade = subprocess.run([sys.executable, "cells/other.py"], capture_output=True, text=True).stdout`,
    );
    await mkdir(join(folder, "cells"));
    await writeFile(join(folder, "cells/other.py"), source);
    expect((await runCell(folder, cell)).value).toBe("[{'a': 2}]\n");
  }));

test("inline script metadata is not heeded without uv, which is told", () =>
  withFolder(async (folder) => {
    const source = `# /// script\n# dependencies = []\n# ///\nmade = 1\n`;
    const path = process.env["PATH"];
    process.env["PATH"] = join(folder, "nothing");
    try {
      const { value, lines } = await runCell(folder, script(source));
      expect([value, lines]).toEqual([
        1,
        [`${FILE}: its inline script metadata is not heeded, since that takes uv on the PATH`],
      ]);
    } finally {
      process.env["PATH"] = path;
    }
  }));

test("inline script metadata is heeded where uv is, which makes the environment and names its Python", () =>
  withFolder(async (folder) => {
    // A stand-in with the calls and answers of uv 0.13: a real one would fetch what the script asks for.
    const uv = `#!/bin/sh
case "$*" in
  "sync --quiet --script ${FILE}") touch synced ;;
  "python find --script ${FILE}") test -e synced && echo ${python} ;;
  *) exit 2 ;;
esac
`;
    await writeFile(join(folder, "uv"), uv);
    await chmod(join(folder, "uv"), 0o755);
    const path = process.env["PATH"];
    process.env["PATH"] = `${folder}${delimiter}${path}`;
    try {
      const source = `# /// script\n# dependencies = []\n# ///\nimport sys\nmade = sys.executable\n`;
      const { value } = await runCell(folder, script(source, { interpreter: "no-such-python" }));
      expect(dirname(String(value))).toBe(dirname(python));
    } finally {
      process.env["PATH"] = path;
    }
  }));
