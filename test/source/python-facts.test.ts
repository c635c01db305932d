import { expect, test } from "vitest";
import { readPythonFacts } from "../../src/source/python/python-facts.ts";

const CELLS = ["planets", "sleep_time", "regions", "method", "sum"].map((name) => ({ name }));

const read = (text: string, name = "planets") =>
  readPythonFacts(text, { name, file: `cells/${name}.py` }, CELLS);

const failure = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    return String(error);
  }
  return "nothing";
};

const heavy = (options: string, parameters = "") =>
  `from hex_runtime import cached\n\n@cached(${options})\ndef f(${parameters}):\n    return []\n`;

test.each([
  ["from hex_runtime import cached", "@cached"],
  ["from hex_runtime import cached as heavy, x", "@heavy"],
  ["import hex_runtime", "@hex_runtime.cached"],
  ["import os, hex_runtime as hr", "@hr.cached"],
  ["from hex_runtime import *", "@cached"],
  ["from hex_runtime import (\n    cached,  # heavy\n)", "@cached"],
  ["try:\n    from hex_runtime import cached\nexcept ImportError: pass", "@cached"],
])("finds the decorator after %s", (imported, decorator) => {
  const { facts, python } = read(`${imported}\n${decorator}("p/q")\ndef f(sleep_time): pass`);
  expect(facts).toEqual({
    kind: "cached",
    frame: "p/q",
    named: { sleep_time: "sleep_time" },
    options: {},
  });
  expect(python).toEqual({ form: "cached", takes: ["sleep_time"], seesContext: false });
});

test("takes parameters as cells, and those after * as what the runtime hands over", () => {
  const { facts, python } = read(
    heavy('"p"', "sleep_time: int = 5, method='a', *, progress, run_context: str,"),
  );
  expect(facts.named).toEqual({ sleep_time: "sleep_time", method: "method" });
  expect(python.seesContext).toBe(true);
});

test("reads all options that are written out", () => {
  const { facts } = read(
    heavy(
      `"a/" 'b',
    title="""T""", key=["method"], max_age="24h", compute_in=("logic", "scheduled",),
    schema={"day": "date", "total": "number"}, watch=["data/*.csv"]`,
      "method",
    ),
  );
  expect(facts).toMatchObject({
    frame: "a/b",
    options: {
      title: "T",
      key: ["method"],
      maxAge: "24h",
      computeIn: ["logic", "scheduled"],
      watch: ["data/*.csv"],
    },
    schema: { day: "date", total: "number" },
  });
});

test("names the cells of the function that gives the items, too", () => {
  const { facts, python } = read(
    `def items(regions): return regions\n${heavy('"p", over=items', "region, method, *, log")}`,
  );
  expect(facts.named).toEqual({ method: "method", regions: "regions" });
  expect(python).toEqual({
    form: "cached",
    takes: ["method"],
    itemsTake: ["regions"],
    seesContext: false,
  });
});

test("the function of a cell, and that of its items, may be async", () => {
  const source = `async def items(): return [1]\nfrom hex_runtime import cached\n@cached("p", over=items)\nasync def f(item): pass`;
  expect(() => read(source)).not.toThrow();
});

test("a file of old Macintosh line ends is read as Python reads it", () => {
  expect(() => read(heavy('"p"').replaceAll("\n", "\r"))).not.toThrow();
});

test.each<[string, string]>([
  [
    heavy('"p"', "sleepTime"),
    "Expected parameter sleepTime at cells/planets.py:4:7 to be the name of another cell, got a name that no other cell has (did you mean sleep_time?)",
  ],
  [
    heavy('"p"', "progress"),
    "at cells/planets.py:4:7 to be the name of another cell, got a name that no other cell has (write it after `*` to get what the runtime hands over)",
  ],
  [heavy('"p"', "planets"), "parameter planets at cells/planets.py:4:7"],
  [heavy('"p"', "x = 3"), "the cells are sleep_time, regions, method, sum"],
  [heavy('"p"', "*, progres"), "got another name (did you mean progress?)"],
  [heavy('"p"', "*, method"), "got a cell's name (write it before `*` to get the cell's value)"],
  [heavy('"p"', "*args"), "got *args"],
  [heavy('"p"', "**rest"), "got **rest"],
  [heavy('"p"', "method, /, sleep_time"), "got `/`"],
  [heavy(""), "Expected the frame's name at cells/planets.py:3:8"],
  [
    heavy("NAME"),
    "at cells/planets.py:3:9 to be written out as text, number, list or dictionary, got NAME",
  ],
  [heavy('f"{a}"'), 'got f"{a}"'],
  [heavy('"p", 3'), "Expected the options at cells/planets.py:3:14 to be written by name"],
  [heavy('"p", maxage="1h"'), "got another name (did you mean max_age?)"],
  [heavy('"p", **options'), "Expected the options at cells/planets.py:3:14"],
  [heavy('"p", max_age="soon"'), "max_age in cells/planets.py:3:22"],
  [heavy('"p", max_age=[1, DAY]'), "max_age at cells/planets.py:3:26 to be written out"],
  [heavy('"p", key=["method"]'), "key in cells/planets.py:3:18"],
  [heavy('"p", compute_in="logic"'), "compute_in in cells/planets.py:3:25"],
  [heavy('"p", title=3'), "Expected title at cells/planets.py:3:20 to be a text, got 3"],
  [heavy('"p", schema={"a": "int"}'), "Expected schema at cells/planets.py:3:21"],
  [heavy('"p", over=[1]'), "Expected over at cells/planets.py:3:19"],
  [heavy('"p", over=nobody', "item"), "got nobody, which is none"],
  [`def items(): pass\n${heavy('"p", over=items')}`, "to be first the item, since it has `over=`"],
  [`${heavy('"p"')}\n${heavy('"q"').slice(31)}`, "got a second one after that in line 3"],
  ["from hex_runtime import cached\n@cached\ndef f(): pass", "got @cached"],
  ["from hex_runtime import cached\n@cached('p')\nclass A: pass", "got a class"],
  [
    "from hex_runtime import cached\nif 1:\n  @cached('p')\n  def f(): pass",
    "to be at the top of the file",
  ],
  [
    "from hex_runtime import cached\nplanets = cached('p')(f)",
    "Expected cached, imported at cells/planets.py:1:1 to be used as",
  ],
  ["@cached('p')\ndef f(): pass", "(write from hex_runtime import cached)"],
  [heavy('"p"', "a b"), "Expected cells/planets.py:4:"],
])("refuses %j", (text, message) => {
  expect(failure(text)).toContain(message);
});

test("leaves the decorators of other modules alone", () => {
  const text = "from cachetools import cached\n@cached({})\ndef f(): pass\nplanets = f()";
  expect(read(text).facts.kind).toBe("cell");
});

test.each<[string, string[]]>([
  ["planets = method", ["method"]],
  ["method = 1\nplanets = method", []],
  ["def f():\n  return method\nplanets = f()", ["method"]],
  ["def f(method):\n  return method\nplanets = f(1)", []],
  ["def f():\n  method = 1\n  return lambda: method\nplanets = f()", []],
  ["def f():\n  global method\n  method = 1\nf(); planets = method", []],
  ["planets = [method for method in sleep_time]", ["sleep_time"]],
  ["planets = [x for x in method if x > sleep_time]", ["method", "sleep_time"]],
  ["planets = sorted(method for method in method)", ["method"]],
  ["planets = {sleep_time: x for x in method}", ["sleep_time", "method"]],
  ["class A:\n  method = 1\n  def g(self): return method\nplanets = A", ["method"]],
  ["for method, (regions, b) in []: pass\nplanets = method, regions", []],
  ["with open('x') as method, f() as (regions, c): pass\nplanets = (method, regions)", []],
  ["with (open('x') as method, open('y') as regions):\n  planets = (method, regions)", []],
  ["try: pass\nexcept E as method: pass\nplanets = method", []],
  [
    "import a.method, b as regions\nfrom c import d as sleep_time\nplanets = (regions, sleep_time)",
    [],
  ],
  ["match x:\n  case {'a': method, **regions}: pass\nplanets = (method, regions)", []],
  ["planets = f(method=sleep_time).regions", ["sleep_time"]],
  ["planets = f'{method} {sleep_time:>{regions}}'", ["method", "sleep_time", "regions"]],
  ["if (method := 1): planets = method", []],
  ["if isinstance(method := f(), int): planets = method", []],
  ["planets = [regions := x for x in method]\nprint(regions)", ["method"]],
  ["def f(x: method): pass\nplanets = f", ["method"]],
  ["from __future__ import annotations\ndef f(x: method): pass\nplanets = f", []],
  ["method: int\nplanets = method", ["method"]],
  ["method: int = 1\nplanets = method", []],
  ["method += 1\nplanets = method", []],
  ["a, *method = 1, 2\nplanets = method", []],
  [
    "def f(x=method, *, y: regions = sleep_time): pass\nplanets = f",
    ["method", "regions", "sleep_time"],
  ],
  ["@method\ndef f(): pass\nplanets = f", ["method"]],
  ["def f[T](x: T): return T\nplanets = f", []],
  ["'method'\nplanets = 'regions'", []],
  ["planets = lambda method: method + sleep_time", ["sleep_time"]],
  ["planets = df.method[regions]", ["regions"]],
  ["del method\nplanets = 1", []],
  [
    "planets = 1\ntry:\n  planets = method\nexcept* ValueError as regions:\n  print(regions)",
    ["method"],
  ],
])("finds in the script %j the cells %j", (text, takes) => {
  const { facts, python } = read(text);
  expect(python.takes).toEqual(takes);
  expect(Object.keys(facts.named)).toEqual(takes);
});

test.each([
  ["planets = 1", false],
  ["planets = 1 if hex_run_context == 'app' else 2", true],
  ["planets = globals()['hex_run' + '_context']", true],
])("knows of %j whether it looks at the context: %j", (text, sees) => {
  expect(read(text).python.seesContext).toBe(sees);
});

test("refuses a script that does not set the cell's value", () => {
  expect(failure("planet = 1")).toContain(
    "Expected the script at cells/planets.py:1:1 to be one that sets planets, the cell's value, got one that sets planet",
  );
});

test.each(["from x import *", "exec('planets = 1')", "if True\n  print(1)"])(
  "leaves it to Python whether %j sets the cell's value",
  (text) => {
    expect(read(text).facts.kind).toBe("cell");
  },
);

test("refuses a name that is both a cell and built into Python", () => {
  expect(failure("planets = sum([1])")).toContain("rename the cell");
});

test("goes on where the decorator and the function can be read", () => {
  const text = `${heavy('"p"', "method")}\n\nx = t"{y}" t"z"\nwith (open('a') as b, open('c') as d):\n  pass`;
  expect(read(text).facts).toMatchObject({ frame: "p", named: { method: "method" } });
});

test("goes on below what the parser does not know, and does not take it for something else", () => {
  const odd =
    "def g():\n    with open('x') as (\n        a,\n        b,\n    ):\n        pass\n\n\n";
  const items = "@once\ndef items(regions): pass\n\n\n";
  const { facts } = read(`${odd}${items}${heavy('"p", over=items', "item, method")}`);
  expect(facts).toMatchObject({ frame: "p", named: { method: "method", regions: "regions" } });
});

test("reads files of Windows, with their line ends and marks", () => {
  const text = `\uFEFF${heavy('"p", max_age="1h"', "method")}`.replaceAll("\n", "\r\n");
  expect(read(text).facts).toMatchObject({ frame: "p", named: { method: "method" } });
  expect(failure(text.replace("1h", "soon"))).toContain("max_age in cells/planets.py:3:22");
});

test("refuses a file that would stand in the place of a module of Python", () => {
  const readFile = (file: string) =>
    readPythonFacts("calendar = 1\n", { name: "calendar", file }, CELLS);
  expect(() => readFile("cells/calendar.py")).toThrow(
    "Expected the file name of cells/calendar.py to be none of a module of Python, which other Python cells would get in its place, got calendar (begin it with a number: 05-calendar.py is cell calendar as well)",
  );
  expect(readFile("cells/05-calendar.py").facts.kind).toBe("cell");
});
