import fc from "fast-check";
import { expect, test } from "vitest";
import {
  followInputs,
  isPending,
  moveTo,
  openModel,
  type PageAsk,
  type PageModel,
  pressButton,
  reopenModel,
  setInput,
  takeAnswer,
  takeFailure,
  toAsk,
  whenAsked,
} from "../../../src/page/browser/published/page-model.ts";
import { valueNow } from "../../../src/page/browser/published/set-inputs.ts";
import {
  answer,
  inputCell,
  inputOutput,
  method,
  outputCell,
  pageState,
  slider,
} from "./page-parts.ts";

const CELLS = [
  inputCell("size", slider, { below: ["big", "both"] }),
  inputCell("method", method, { below: ["both"] }),
  outputCell("big"),
  outputCell("both"),
  outputCell("alone"),
];

function ask(model: PageModel): PageAsk {
  const asked = toAsk(model);
  if (asked === undefined) throw new Error("Expected the page to ask for something, got nothing");
  return asked;
}

function shown(model: PageModel, name: string): unknown {
  const output = model.cells.get(name)?.output;
  return output?.kind === "value" ? output.value : output;
}

test("asks for nothing when it opens on defaults", () => {
  expect(toAsk(openModel(pageState(CELLS), ""))).toBeUndefined();
});

test("asks for what is below the inputs that its address sets", () => {
  const { ask: asked } = ask(openModel(pageState(CELLS), "?_method=Transit"));
  expect(asked).toEqual({ version: 1, inputs: { method: "Transit" }, cells: ["both"] });
});

test("asks for outdated cells and for those without output", () => {
  const cells = [outputCell("a", { isOutdated: true }), outputCell("b", { output: null })];
  expect(ask(openModel(pageState(cells), "")).ask.cells).toEqual(["a", "b"]);
});

test("asks for nothing as long as nothing is published", () => {
  const cells = [outputCell("a", { output: null })];
  const model = openModel(pageState(cells, { version: null }), "?_size=1");
  expect(toAsk(model)).toBeUndefined();
  expect(model.faults).toEqual([]);
});

test("a change asks for what is below it, and what is shown stays until then", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 5);
  const asked = ask(model);
  expect(asked.ask).toEqual({ version: 1, inputs: { size: 5 }, cells: ["big", "both"] });
  expect(shown(model, "big")).toBe("published big");
  const after = takeAnswer(model, asked, answer({ big: "5", both: "5 All" }));
  expect([shown(after, "big"), shown(after, "both")]).toEqual(["5", "5 All"]);
  expect(toAsk(after)).toBeUndefined();
  expect(after.cells.get("big")?.place).toEqual({ version: 1, inputs: { size: 5 } });
  expect(after.cells.get("alone")?.place).toEqual({ version: 1, inputs: {} });
});

test("an older answer never takes the place of a newer one", () => {
  const first = setInput(openModel(pageState(CELLS), ""), "size", 1);
  const second = setInput(first, "size", 2);
  const newer = takeAnswer(second, ask(second), answer({ big: "2", both: "2" }));
  const older = takeAnswer(newer, ask(first), answer({ big: "1", both: "1" }));
  expect([shown(older, "big"), shown(older, "both")]).toEqual(["2", "2"]);
});

test("an answer to what was asked before the last change is shown, and asked for again", () => {
  const first = setInput(openModel(pageState(CELLS), ""), "size", 1);
  const second = setInput(first, "method", "Transit");
  const after = takeAnswer(second, ask(first), answer({ big: "1", both: "1 All" }));
  expect(shown(after, "both")).toBe("1 All");
  expect(ask(after).ask.cells).toEqual(["both"]);
});

test("whatever order answers come in, each cell ends at the newest revision", () => {
  const change = fc.record({ size: fc.integer({ min: 0, max: 10 }), order: fc.double() });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      let model = openModel(pageState(CELLS), "");
      const asks: { readonly asked: PageAsk; readonly order: number }[] = [];
      for (const { size, order } of changes) {
        model = setInput(model, "size", size);
        const asked = toAsk(model);
        if (asked !== undefined) asks.push({ asked, order });
      }
      for (const { asked } of asks.toSorted((left, right) => left.order - right.order)) {
        const value = String(asked.ask.inputs["size"] ?? 0);
        model = takeAnswer(model, asked, answer({ big: value, both: value }));
      }
      const last = asks.at(-1)?.asked.ask.inputs["size"] ?? 0;
      if (asks.length > 0) expect(shown(model, "big")).toBe(String(last));
      expect([...model.cells.values()].some(isPending)).toBe(false);
    }),
  );
});

test("a press is in one request and in no other", () => {
  const cells = [
    inputCell("go", { widget: "button", default: false }, { below: ["out"] }),
    ...CELLS,
    outputCell("out"),
  ];
  const pressed = pressButton(openModel(pageState(cells), ""), "go");
  const asked = ask(pressed);
  expect(asked).toMatchObject({ isPress: true, ask: { inputs: { go: true }, cells: ["out"] } });
  const sent = setInput(whenAsked(pressed), "size", 1);
  expect(ask(sent)).toMatchObject({ isPress: false, ask: { inputs: { size: 1 } } });
});

test("a failed cell keeps what it showed, and says why", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 1);
  const error = { code: "HEX_CELL_FAILED", message: "It broke" } as const;
  const results = [
    { name: "big", status: "failed", elapsedMs: 1, error },
    { name: "both", status: "skipped", elapsedMs: 0 },
  ] as const;
  const after = takeAnswer(model, ask(model), { version: 1, cells: results, invalid: [] });
  expect(shown(after, "big")).toBe("published big");
  expect(after.cells.get("big")?.error).toEqual(error);
  expect(after.cells.get("both")?.error?.message).toContain("has failed");
  const again = setInput(after, "size", 2);
  const mended = takeAnswer(again, ask(again), answer({ big: "2", both: "2" }));
  expect(mended.cells.get("big")?.error).toBeNull();
});

test("a request that was refused is told at its cells", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 1);
  const after = takeFailure(model, ask(model), "Expected less");
  expect(after.cells.get("big")?.error?.message).toBe("Expected less");
  expect(toAsk(after)).toBeUndefined();
});

test("an input whose value the server cannot have is at its default, with a note", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "method", "Transit");
  const invalid = [{ name: "method", message: "Expected method to be another" }];
  const after = takeAnswer(model, ask(model), answer({ both: "All" }, { invalid }));
  expect(after.inputs.size).toBe(0);
  expect(after.faults).toEqual(invalid);
});

test("keeps a value that was set after the request whose answer finds an older one invalid", () => {
  const first = setInput(openModel(pageState(CELLS), ""), "method", "Transit");
  const second = setInput(first, "method", "Imaging");
  const invalid = [{ name: "method", message: "Expected another" }];
  const after = takeAnswer(second, ask(first), answer({ both: "" }, { invalid }));
  expect(after.inputs.get("method")).toMatchObject({ value: "Imaging" });
});

test("a text whose options were not known becomes the value that the server read", () => {
  const cells = [
    inputCell("region", slider, { below: ["city"] }),
    inputCell("city", method, { below: ["both"] }),
    outputCell("both"),
  ];
  const model = openModel(pageState(cells), "?_region=1&_city=Lima");
  const asked = ask(model);
  expect(asked.ask).toEqual({
    version: 1,
    inputs: { region: 1 },
    texts: { city: "Lima" },
    cells: ["city", "both"],
  });
  const widget = { ...method, options: ["All", "Lima"] } as typeof method;
  const city = inputOutput(widget, "Lima");
  const after = takeAnswer(model, asked, answer({ city, both: "Lima" }));
  expect(after.inputs.get("city")).toMatchObject({ value: "Lima" });
  const back = moveTo(after, "?_city=Imaging");
  expect(back.inputs.get("city")).toMatchObject({ text: "Imaging" });
  expect(ask(back).ask.cells).toEqual(["city", "both"]);
});

test("going to another address changes only what differs", () => {
  const model = openModel(pageState(CELLS), "?_size=1&_method=Transit");
  const done = takeAnswer(model, ask(model), answer({ big: "1", both: "1 Transit" }));
  expect(ask(moveTo(done, "?_size=1")).ask).toEqual({
    version: 1,
    inputs: { size: 1 },
    cells: ["both"],
  });
  expect(toAsk(moveTo(done, "?_method=Transit&_size=1"))).toBeUndefined();
});

test("a new version keeps the inputs, and names those that it cannot have", () => {
  const old = setInput(setInput(openModel(pageState(CELLS), ""), "size", 9), "method", "Imaging");
  const smaller = { ...slider, max: 5 } as typeof slider;
  const next = [
    inputCell("size", smaller, { below: ["big"] }),
    inputCell("method", method, { below: ["both"] }),
    outputCell("big"),
    outputCell("both"),
  ];
  const model = reopenModel(old, pageState(next, { version: 2 }));
  expect([...model.inputs.keys()]).toEqual(["method"]);
  expect(model.faults.map(({ message }) => message)).toEqual([
    "Expected input size in the new version to be a number from 0 to 5 in steps of 1, got 9 (the default is shown instead)",
  ]);
  expect(ask(model).ask).toEqual({ version: 2, inputs: { method: "Imaging" }, cells: ["both"] });
});

test("a new version takes over what was changed while it was being fetched", () => {
  const old = openModel(pageState(CELLS), "");
  const model = reopenModel(old, pageState(CELLS, { version: 2 }));
  const followed = followInputs(model, setInput(old, "size", 4));
  const size = followed.cells.get("size");
  expect(size && valueNow(size, followed.inputs)).toBe(4);
  expect(ask(followed).ask).toMatchObject({ version: 2, inputs: { size: 4 } });
});

test("rows of a cell that still shows the older version are read from that version", () => {
  const old = setInput(openModel(pageState(CELLS), ""), "size", 9);
  const model = reopenModel(old, pageState(CELLS, { version: 2 }));
  expect(model.cells.get("big")?.place.version).toBe(1);
  expect(model.cells.get("alone")?.place.version).toBe(2);
});
