import fc from "fast-check";
import { expect, test } from "vitest";
import type { EvaluatedCell, Evaluation } from "../../../src/kernel/evaluation.ts";
import {
  evaluationOf,
  followInputs,
  isPending,
  moveTo,
  openModel,
  type PageModel,
  pressButton,
  reopenModel,
  rowsKeyOf,
  setInput,
  whenGone,
} from "../../../src/page/browser/published/page-model.ts";
import {
  type PageRequest,
  takeAnswer,
  takeFailure,
  toRequest,
  whenSent,
} from "../../../src/page/browser/published/page-request.ts";
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
const NAMES = CELLS.map(({ name }) => name);
const HAS = Object.fromEntries(NAMES.map((name) => [name, `published ${name}`]));
const BUTTON = inputCell("go", { widget: "button", default: false }, { below: ["out"] });
const PRESSED = [BUTTON, ...CELLS, outputCell("out")];

function ask(model: PageModel): PageRequest {
  const asked = toRequest(model);
  if (asked === undefined) throw new Error("Expected the page to ask for something, got nothing");
  return asked;
}

function shown(model: PageModel, name: string): unknown {
  const output = model.cells.get(name)?.output;
  return output?.kind === "value" ? output.value : output;
}

function pending(model: PageModel): readonly string[] {
  return [...model.cells.values()].filter(isPending).map(({ name }) => name);
}

/** The answer of a server that found the same results for these cells. */
function same(names: readonly string[], others: Evaluation): Evaluation {
  const cells = names.map((name): EvaluatedCell => {
    return { name, status: "computed", elapsedMs: 0, result: `published ${name}`, isSame: true };
  });
  return { ...others, cells: [...cells, ...others.cells] };
}

test("asks for nothing when it opens on defaults", () => {
  expect(toRequest(openModel(pageState(CELLS), ""))).toBeUndefined();
});

test("asks for all its cells with the value of every input, and tells which results it has", () => {
  const asked = ask(openModel(pageState(CELLS), "?_method=Transit"));
  expect(asked.ask).toEqual({
    version: 1,
    commit: "commit",
    inputs: { size: 0, method: "Transit" },
    cells: NAMES,
    has: HAS,
  });
});

test("sends what inputs had at publication, whatever their widgets say today", () => {
  const date = { widget: "date", default: "2026-12-01" } as const;
  const day = inputCell("day", date, { output: inputOutput(date, "2026-11-29") });
  const state = pageState([...CELLS, day], { inputs: { day: "2026-11-29", size: 3 } });
  const model = setInput(openModel(state, ""), "method", "Transit");
  const { inputs } = ask(model).ask;
  expect(inputs).toEqual({ size: 3, method: "Transit", day: "2026-11-29" });
  const cell = model.cells.get("day");
  expect(cell && valueNow(cell, model.inputs)).toBe("2026-11-29");
});

test("shows of an input what the cells computed with, and goes on asking for that", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "method", "Transit");
  const after = takeAnswer(model, ask(model), answer({ both: "b" }, { inputs: { size: 4 } }));
  const size = after.cells.get("size");
  expect(size && valueNow(size, after.inputs)).toBe(4);
  expect(ask(setInput(after, "method", "Imaging")).ask.inputs).toMatchObject({ size: 4 });
});

test("asks for outdated cells and for those without output", () => {
  const cells = [outputCell("a", { isOutdated: true }), outputCell("b", { output: null })];
  expect(pending(openModel(pageState(cells), ""))).toEqual(["a", "b"]);
});

test("asks for nothing as long as nothing is published", () => {
  const cells = [outputCell("a", { output: null })];
  const model = openModel(pageState(cells, { version: null, commit: null }), "?_size=1");
  expect(toRequest(model)).toBeUndefined();
  expect(model.faults).toEqual([]);
});

test("a change recomputes what is below it, and what is shown stays until then", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 5);
  expect(pending(model)).toEqual(["big", "both"]);
  expect(shown(model, "big")).toBe("published big");
  const told = same(["size", "method", "alone"], answer({ big: "5", both: "5 All" }));
  const after = takeAnswer(model, ask(model), told);
  expect([shown(after, "big"), shown(after, "both")]).toEqual(["5", "5 All"]);
  expect(toRequest(after)).toBeUndefined();
});

test("reads all rows of the evaluation that was answered, also of cells that are the same", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 5);
  expect(evaluationOf(model, "alone")).toBe("1.commit");
  const told = same(["alone"], answer({ big: "5", both: "5" }, { evaluation: "second" }));
  const after = takeAnswer(model, ask(model), told);
  expect([evaluationOf(after, "big"), evaluationOf(after, "alone")]).toEqual(["second", "second"]);
  // Nothing of it is drawn again, and no rows of it are read again.
  expect(after.cells.get("alone")).toBe(model.cells.get("alone"));
  const alone = after.cells.get("alone");
  expect(alone && rowsKeyOf(alone)).toBe("published alone");
});

test("shows another result at once, also of a cell that no change concerns", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 5);
  const after = takeAnswer(model, ask(model), answer({ big: "5", alone: "sampled anew" }));
  expect(shown(after, "alone")).toBe("sampled anew");
  expect(ask(setInput(after, "size", 6)).ask.has).toMatchObject({ alone: "sampled anew" });
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
  expect(pending(after)).toEqual(["both"]);
  expect(ask(after).ask.inputs).toMatchObject({ size: 1, method: "Transit" });
});

test("whatever order answers come in, the page ends at the newest revision", () => {
  const change = fc.record({ size: fc.integer({ min: 0, max: 10 }), order: fc.double() });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      let model = openModel(pageState(CELLS), "");
      const asks: { readonly asked: PageRequest; readonly order: number }[] = [];
      for (const { size, order } of changes) {
        model = setInput(model, "size", size);
        const asked = toRequest(model);
        if (asked !== undefined) asks.push({ asked, order });
      }
      for (const { asked } of asks.toSorted((left, right) => left.order - right.order)) {
        const value = String(asked.ask.inputs["size"]);
        const told = answer({ big: value, both: value }, { evaluation: `of ${value}` });
        model = takeAnswer(model, asked, same(["size", "method", "alone"], told));
      }
      const last = asks.at(-1)?.asked.ask.inputs["size"];
      if (asks.length > 0) expect(shown(model, "big")).toBe(String(last));
      const evaluations = new Set(NAMES.map((name) => evaluationOf(model, name)));
      if (asks.length > 0) expect([...evaluations]).toEqual([model.shown.id]);
      expect(pending(model)).toEqual([]);
    }),
  );
});

test("a press is asked for before all else, with what its viewer saw, until it was answered", () => {
  const pressed = pressButton(openModel(pageState(PRESSED), "?_size=1"), "go", "press 1");
  const asked = ask(pressed);
  expect(asked).toMatchObject({
    press: "press 1",
    ask: { inputs: { size: 1 }, press: { go: "press 1" } },
  });
  // No answer came: it is asked for again as it was, whatever was changed meanwhile.
  const waiting = setInput(whenSent(pressed, asked), "size", 2);
  expect(ask(waiting)).toMatchObject({
    ask: { inputs: { size: 1 }, press: { go: "press 1" } },
  });
  const after = takeAnswer(waiting, ask(waiting), answer({ out: "sent", big: "1" }));
  expect(shown(after, "out")).toBe("sent");
  const next = ask(after);
  expect(next).toMatchObject({ press: null, ask: { inputs: { size: 2 } } });
  expect(next.ask).not.toHaveProperty("press");
});

test("what a press has shown stays as long as nothing is changed", () => {
  const pressed = pressButton(openModel(pageState(PRESSED), ""), "go", "press 1");
  const after = takeAnswer(pressed, ask(pressed), answer({ out: "sent" }));
  expect(toRequest(after)).toBeUndefined();
});

test("each press is one of its own, and they are carried out in their order", () => {
  const once = pressButton(openModel(pageState(PRESSED), ""), "go", "press 1");
  const twice = pressButton(once, "go", "press 2");
  expect(ask(twice).ask.press).toEqual({ go: "press 1" });
  const after = takeAnswer(twice, ask(twice), answer({ out: "1" }));
  expect(ask(after).ask.press).toEqual({ go: "press 2" });
});

test("a press that was refused for good is not asked for again", () => {
  const pressed = pressButton(openModel(pageState(PRESSED), ""), "go", "press 1");
  const after = takeFailure(pressed, ask(pressed), "Expected it to be known");
  expect(after.cells.get("out")?.error?.message).toBe("Expected it to be known");
  expect(toRequest(after)).toBeUndefined();
});

test("what the server no longer holds is evaluated anew as it stands, without a press", () => {
  const pressed = pressButton(openModel(pageState(PRESSED), "?_size=1"), "go", "press 1");
  const done = takeAnswer(pressed, ask(pressed), answer({ out: "sent", big: "1", both: "1" }));
  const gone = whenGone(done);
  expect(pending(gone)).toEqual([]);
  expect(gone.faults).toEqual([
    { name: "go", message: expect.stringContaining("it was carried out, and is not repeated") },
  ]);
  const asked = ask(gone);
  expect(asked.ask).toMatchObject({ inputs: { size: 1 }, cells: PRESSED.map(({ name }) => name) });
  expect(asked.ask).not.toHaveProperty("press");
  const after = takeAnswer(gone, asked, answer({ out: "not sent" }, { evaluation: "anew" }));
  expect([shown(after, "out"), after.shown.id, after.isGone]).toEqual(["not sent", "anew", false]);
  expect(after.faults).toEqual(gone.faults);
  expect(whenGone(after).faults).toEqual(gone.faults);
  expect(toRequest(after)).toBeUndefined();
});

test("a failed cell keeps what it showed, says why, and has the rows of its old evaluation", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 1);
  const error = { code: "HEX_CELL_FAILED", message: "It broke" } as const;
  const results = [
    { name: "big", status: "failed", elapsedMs: 1, error },
    { name: "both", status: "skipped", elapsedMs: 0 },
  ] as const;
  const after = takeAnswer(model, ask(model), { ...answer({}), cells: results });
  expect(shown(after, "big")).toBe("published big");
  expect(after.cells.get("big")?.error).toEqual(error);
  expect(after.cells.get("both")?.error?.message).toContain("has failed");
  expect([evaluationOf(after, "big"), after.shown.id]).toEqual(["1.commit", "answered"]);
  const again = setInput(after, "size", 2);
  const mended = takeAnswer(again, ask(again), same(["big"], answer({ both: "2" })));
  expect(mended.cells.get("big")?.error).toBeNull();
  expect(evaluationOf(mended, "big")).toBe("answered");
});

test("a request that was refused is told at the cells that wait", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "size", 1);
  const after = takeFailure(model, ask(model), "Expected less");
  expect(after.cells.get("big")?.error?.message).toBe("Expected less");
  expect(after.cells.get("alone")?.error).toBeNull();
  expect(toRequest(after)).toBeUndefined();
});

test("an input whose value the server cannot have is at its default, with a note", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "method", "Transit");
  const invalid = [{ name: "method", message: "Expected method to be another" }];
  const told = answer({ both: "All" }, { invalid, inputs: { method: "All" } });
  const after = takeAnswer(model, ask(model), told);
  expect(after.inputs.size).toBe(0);
  expect(after.faults).toEqual(invalid);
});

test("a viewer is told nothing of a value that somebody else has set and the server cannot have", () => {
  const model = setInput(openModel(pageState(CELLS), ""), "method", "Transit");
  const invalid = [{ name: "size", message: "Expected size to be another" }];
  const told = answer({ both: "" }, { invalid, inputs: { size: 2 } });
  const after = takeAnswer(model, ask(model), told);
  expect(after.faults).toEqual([]);
  const size = after.cells.get("size");
  expect(size && valueNow(size, after.inputs)).toBe(2);
});

test("keeps a value that was set after the request whose answer finds an older one invalid", () => {
  const first = setInput(openModel(pageState(CELLS), ""), "method", "Transit");
  const second = setInput(first, "method", "Imaging");
  const invalid = [{ name: "method", message: "Expected another" }];
  const after = takeAnswer(second, ask(first), answer({ both: "" }, { invalid }));
  expect(after.inputs.get("method")).toMatchObject({ value: "Imaging" });
});

const PLACES = [
  inputCell("region", slider, { below: ["city", "both"] }),
  inputCell("city", method, { below: ["both"] }),
  outputCell("both"),
];

test("a text whose options were not known becomes the value that the server read", () => {
  const model = openModel(pageState(PLACES), "?_region=1&_city=Lima");
  expect(ask(model).ask).toMatchObject({ inputs: { region: 1 }, texts: { city: "Lima" } });
  const widget = { ...method, options: ["All", "Lima"] } as typeof method;
  const told = { city: inputOutput(widget, "Lima"), both: "Lima" };
  const inputs = { region: 1, city: "Lima" };
  const after = takeAnswer(model, ask(model), answer(told, { inputs }));
  expect(after.inputs.get("city")).toMatchObject({ value: "Lima" });
  const back = moveTo(after, "?_city=Imaging");
  expect(back.inputs.get("city")).toMatchObject({ text: "Imaging" });
  expect(pending(back)).toEqual(["city", "both"]);
});

test("leaves an input to the server that hangs on one that has changed", () => {
  const model = setInput(openModel(pageState(PLACES), ""), "region", 1);
  expect(ask(model).ask.inputs).toEqual({ region: 1 });
  const widget = { ...method, options: ["Lima"], default: "Lima" } as typeof method;
  const told = { city: inputOutput(widget), both: "Lima" };
  const after = takeAnswer(model, ask(model), answer(told, { inputs: { city: "Lima" } }));
  expect(toRequest(after)).toBeUndefined();
  expect(ask(whenGone(after)).ask.inputs).toEqual({ region: 1, city: "Lima" });
});

test("going to another address changes only what differs", () => {
  const model = openModel(pageState(CELLS), "?_size=1&_method=Transit");
  const done = takeAnswer(model, ask(model), answer({ big: "1", both: "1 Transit" }));
  const moved = moveTo(done, "?_size=1");
  expect(ask(moved).ask.inputs).toEqual({ size: 1, method: "All" });
  expect(pending(moved)).toEqual(["both"]);
  expect(toRequest(moveTo(done, "?_method=Transit&_size=1"))).toBeUndefined();
});

const SECOND = { version: 2, commit: "second", evaluation: "2.second" };

test("a new version keeps the inputs, and names those that it cannot have", () => {
  const old = setInput(setInput(openModel(pageState(CELLS), ""), "size", 9), "method", "Imaging");
  const smaller = { ...slider, max: 5 } as typeof slider;
  const next = [
    inputCell("size", smaller, { below: ["big"] }),
    inputCell("method", method, { below: ["both"] }),
    outputCell("big"),
    outputCell("both"),
  ];
  const model = reopenModel(old, pageState(next, SECOND));
  expect([...model.inputs.keys()]).toEqual(["method"]);
  expect(model.faults.map(({ message }) => message)).toEqual([
    "Expected input size in the new version to be a number from 0 to 5 in steps of 1, got 9 (the default is shown instead)",
  ]);
  expect(ask(model).ask).toMatchObject({
    ...{ version: 2, commit: "second", inputs: { method: "Imaging", size: 0 } },
  });
  expect(pending(model)).toEqual(["both"]);
});

test("a new version takes over what was changed while it was being fetched", () => {
  const old = openModel(pageState(CELLS), "");
  const model = reopenModel(old, pageState(CELLS, SECOND));
  const followed = followInputs(model, setInput(old, "size", 4));
  const size = followed.cells.get("size");
  expect(size && valueNow(size, followed.inputs)).toBe(4);
  expect(ask(followed).ask).toMatchObject({ version: 2, commit: "second", inputs: { size: 4 } });
});

test("a press meets the new version, unless it may have been carried out on the old one", () => {
  const old = pressButton(openModel(pageState(PRESSED), ""), "go", "press 1");
  const next = reopenModel(old, pageState(PRESSED, SECOND));
  expect(toRequest(next)).toBeUndefined();
  expect(ask(followInputs(next, old)).ask).toMatchObject({ version: 2, press: { go: "press 1" } });
  const sent = followInputs(next, whenSent(old, ask(old)));
  expect(ask(sent).ask).toMatchObject({ version: 1, press: { go: "press 1" } });
  const after = takeAnswer(sent, ask(sent), answer({ out: "sent by version 1" }));
  expect([shown(after, "out"), toRequest(after)]).toEqual(["published out", undefined]);
});

test("rows of a cell that still shows the older version are read of its evaluation", () => {
  const old = setInput(openModel(pageState(CELLS), ""), "size", 9);
  const model = reopenModel(old, pageState(CELLS, SECOND));
  expect([evaluationOf(model, "big"), evaluationOf(model, "alone")]).toEqual([
    "1.commit",
    "2.second",
  ]);
});
