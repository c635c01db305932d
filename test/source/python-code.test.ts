import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";

const script = (code: string) => `${code}\nplanets = 1\n`;

const load = async (code: string, files: Readonly<Record<string, string>> = {}) => {
  const project = await makeProject({ "cells/03-planets.py": script(code), ...files });
  const [planets] = (await project.load()).cells;
  return { ...project, planets };
};

const CSV = { "data/x.csv": "a\n1\n", "data/y.csv": "a\n2\n", "top.csv": "a\n3\n" };

test.each<[string, string[]]>([
  ['open("data/x.csv")', ["data/x.csv"]],
  ["import pandas as pd\ndf = pd.read_csv('data/x.csv')", ["data/x.csv"]],
  ['from pathlib import Path\nPath("data") / "x.csv"', ["data/x.csv"]],
  ['p = Path("data", "x.csv")', ["data/x.csv"]],
  ['p = Path(__file__).resolve().parent.parent / "data" / "x.csv"', ["data/x.csv"]],
  ['p = Path(__file__).parents[1].joinpath("data", "x.csv")', ["data/x.csv"]],
  ['p = os.path.join(os.path.dirname(__file__), "..", "data", "x.csv")', ["data/x.csv"]],
  ['p = os.path.join(os.getcwd(), "data/x.csv")', ["data/x.csv"]],
  ['DATA = Path("data")\np = DATA / "x.csv"', ["data/x.csv"]],
  ['DATA = "data"\np = read(f"{DATA}/x.csv")', ["data/x.csv"]],
  ['p = read("data/" + "x.csv")', ["data/x.csv"]],
  ['p = read("data" "/x.csv")', ["data/x.csv"]],
  ['p = read("top.csv", sep=";")', ["top.csv"]],
  ["duckdb.sql(\"SELECT * FROM 'data/x.csv' WHERE a > 1\")", ["data/x.csv"]],
  ['p = read("data/")', ["data/x.csv", "data/y.csv"]],
  ['p = read("data/*.csv")', ["data/x.csv", "data/y.csv"]],
  ['for p in Path("data").glob("*.csv"): print(p)', ["data/x.csv", "data/y.csv"]],
  ['DATA = Path("data")\nfor p in DATA.glob("*.csv"): print(p)', ["data/x.csv", "data/y.csv"]],
  ['"""Reads data/x.csv."""', []],
  ['x = {"data/x.csv": 1}', []],
  ["x = 'data'", []],
  ['df.to_csv("data/x.csv")\ndf = read("data/y.csv")', ["data/y.csv"]],
  ['df.to_csv("data/x.csv"); df = read("data/")', ["data/y.csv"]],
  ['with open("data/x.csv", "w") as f: f.write("a")', []],
  ['with open("data/x.csv", mode="a") as f: f.write("a")', []],
  ['with open("data/x.csv", "rb") as f: f.read()', ["data/x.csv"]],
  ['Path("data/x.csv").write_text("data/y.csv")', ["data/y.csv"]],
  ['with Path("data/x.csv").open("w") as f: f.write("a")', []],
  ['df.write_csv(file="data/x.csv")', []],
  ['pq.write_table(table, "data/x.csv")', []],
  ['shutil.copy("data/x.csv", "data/y.csv")', ["data/x.csv"]],
  ['torch.save(model, "data/x.csv")', []],
  ['np.save("data/x.csv", read("data/y.csv"))', ["data/y.csv"]],
  ['with pd.ExcelWriter("data/x.csv") as writer: df.to_excel(writer)', []],
  [`con.sql("COPY (FROM 'data/y.csv') TO 'data/x.csv' (HEADER)")`, ["data/y.csv"]],
])("knows the data of %j", async (code, files) => {
  expect((await load(code, CSV)).planets?.dataFiles).toEqual(files);
});

const codeOf = async (code: string, files: Readonly<Record<string, string>>) => {
  const { planets, load: again, write, directory } = await load(code, files);
  const own = async () => (await again()).cells[0]?.ownCode;
  return { before: planets?.ownCode, own, write, directory };
};

test.each<[string, string]>([
  ["import _helper", "cells/_helper.py"],
  ["from _helper import x", "cells/_helper.py"],
  ["from lib import thing", "lib/thing.py"],
  ["from lib import thing", "lib/__init__.py"],
  ["import lib.thing as t", "lib/thing.py"],
  ["import lib.deep.below", "lib/deep/below.py"],
  ["from lib.deep.below import x", "lib/other.py"],
  ["from . import _helper", "cells/_helper.py"],
  ["from ._helper import x", "cells/_helper.py"],
  ["from .._top import x", "_top.py"],
  ["def f():\n    import _helper", "cells/_helper.py"],
  ["import importlib\nm = importlib.import_module('_helper')", "cells/_helper.py"],
  ["import spaced.inner", "spaced/inner.py"],
  ["import sys\nsys.path.append('tools/lib')\nimport added", "tools/lib/added.py"],
  [
    "sys.path.insert(0, str(Path(__file__).parent.parent / 'tools' / 'lib'))\nimport added",
    "tools/lib/added.py",
  ],
  ["import owned", "src/owned/__init__.py"],
  ["import subprocess\nsubprocess.run(['python', 'scripts/make.py'])", "scripts/make.py"],
  ["import subprocess\nsubprocess.run(['Rscript', 'scripts/make.R'])", "scripts/make.R"],
])("with %j hangs on %s", async (code, file) => {
  const { before, own, write } = await codeOf(code, {
    "cells/_helper.py": "x = 1",
    "lib/__init__.py": "",
    "lib/thing.py": "",
    "lib/other.py": "x = 1",
    "lib/deep/__init__.py": "",
    "lib/deep/below.py": "from ..other import x",
    "_top.py": "x = 1",
    "spaced/inner.py": "",
    "scripts/make.py": "",
    "tools/lib/added.py": "",
    "src/owned/__init__.py": "",
    "scripts/make.R": "",
  });
  expect(await own()).toBe(before);
  await write(file, "x = 2");
  expect(await own()).not.toBe(before);
});

test("hangs on a module that comes where one is looked for first", async () => {
  const { before, own, write } = await codeOf("import lib", { "lib.py": "" });
  await write("cells/lib.py".replace("lib", "_other"), "");
  expect(await own()).toBe(before);
  await write("cells/lib/__init__.py", "");
  expect(await own()).not.toBe(before);
});

test.each([
  "uv.lock",
  "poetry.lock",
  "pdm.lock",
  "Pipfile.lock",
  "pylock.toml",
  "requirements.txt",
  "requirements-dev.txt",
  "pyproject.toml",
  ".python-version",
  "cells/03-planets.py.lock",
])("hangs on %s as soon as it is there", async (file) => {
  const { before, own, write, directory } = await codeOf("import pandas", {});
  await write(file, "pandas==3.1");
  const there = await own();
  expect(there).not.toBe(before);
  await write(file, "pandas==3.2");
  expect(await own()).not.toBe(there);
  await rm(join(directory, file));
  expect(await own()).toBe(before);
});

test("hangs on the version of Python in .venv, not on the rest of its settings", async () => {
  const { before, own, write } = await codeOf("", { ".venv/pyvenv.cfg": "version = 3.11.2\n" });
  await write(".venv/pyvenv.cfg", "home = /usr\nversion = 3.11.2\n");
  expect(await own()).toBe(before);
  await write(".venv/pyvenv.cfg", "version = 3.12.1\n");
  expect(await own()).not.toBe(before);
});

test("hangs on the interpreter that the config names, which Node does not load", async () => {
  const { load: again } = await load("");
  const [one, other] = await Promise.all([again({ python: "python3.11" }), again()]);
  expect(one.cells[0]?.ownCode).not.toBe(other.cells[0]?.ownCode);
  expect([one.loadedByNode, other.loadedByNode]).toEqual(["", ""]);
});

test("refuses the import of a cell", async () => {
  await expect(
    load("import math\nfrom moons import x", { "cells/moons.py": "moons = 1" }),
  ).rejects.toThrow(
    "Expected the import at cells/03-planets.py:2:1 to be one of modules that are no cells, got cell moons (cells/moons.py) (name moons as a parameter to get its value",
  );
});

test("may not read CSV by the reader of this package, and evaluates nothing to be known", async () => {
  const { planets, load: again } = await load("import pandas");
  expect(planets).toMatchObject({ kind: "cell", readsCsv: false, dependencies: [] });
  const importModule = () => Promise.reject(new Error("evaluated"));
  const definition = await (await again({ importModule })).load("planets");
  expect(definition.kind).toBe("cell");
});

test("is a cell for TypeScript and SQL cells as any other", async () => {
  const { load: again } = await makeProject({
    "cells/1-n.ts": 'import { number } from "hex-runtime"; export default number({});',
    "cells/2-planets.py":
      "from hex_runtime import cached\n@cached('p', title='P', max_age='2h')\ndef f(n, *, log): pass",
    "cells/3-rows.ts":
      'import { cell } from "hex-runtime"; import p from "./2-planets.py"; export default cell({ p }, ({ p }) => p);',
    "cells/4-found.sql": "FROM planets",
  });
  const { cells, load: define } = await again();
  expect(cells.map(({ dependencies }) => dependencies)).toEqual([
    [],
    ["n"],
    ["planets"],
    ["planets"],
  ]);
  expect(cells[1]).toMatchObject({ kind: "cached", frame: "p", title: "P", maxAgeMs: 7_200_000 });
  expect((await define("rows")).kind).toBe("cell");
  expect(await define("planets")).toMatchObject({ kind: "cached", frame: "p" });
});
