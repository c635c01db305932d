import fc from "fast-check";
import { expect, test } from "vitest";
import type { InputValue } from "../../../src/cell/input-value.ts";
import type { InputWidget } from "../../../src/cell/input-widget.ts";
import { isEmbedded, readAddress, toSearch } from "../../../src/page/browser/published/address.ts";
import { inputCell, method, outputCell, slider } from "./page-parts.ts";

/** A widget, and a value that keeps its rule. */
type Widget = { readonly widget: InputWidget; readonly value: InputValue };

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const options = fc.oneof(
  fc.uniqueArray(text, { minLength: 1, maxLength: 8 }),
  fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 8,
    selector: (value) => String(value),
  }),
);
const day = fc
  .date({ min: new Date("1900-01-01"), max: new Date("2100-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

const widgets: fc.Arbitrary<Widget> = fc.oneof(
  text.map((value): Widget => ({ widget: { widget: "text", default: "", maxLength: 100 }, value })),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value): Widget => ({ widget: { widget: "number", default: 1 }, value })),
  fc.integer({ min: -50, max: 50 }).map(
    (steps): Widget => ({
      widget: { widget: "slider", min: -5, max: 5, step: 0.1, default: -5 },
      value: steps / 10,
    }),
  ),
  options.chain((all) =>
    fc.constantFrom<string | number>(...all).map(
      (value): Widget => ({
        widget: { widget: "dropdown", options: all, default: all[0] ?? null },
        value,
      }),
    ),
  ),
  options.chain((all) =>
    fc.subarray<string | number>([...all]).map(
      (value): Widget => ({
        widget: { widget: "multiselect", options: all, default: [] },
        value,
      }),
    ),
  ),
  fc.boolean().map((value): Widget => ({ widget: { widget: "checkbox", default: false }, value })),
  day.map((value): Widget => ({ widget: { widget: "date", default: "2000-01-01" }, value })),
  fc.tuple(day, day).map((days): Widget => {
    const [start = "", end = ""] = days.toSorted();
    const widget: InputWidget = {
      widget: "date_range",
      default: { start: "2000-01-01", end: "2000-01-02" },
    };
    return { widget, value: { start, end } };
  }),
);

function read(search: string, cells: ReturnType<typeof inputCell>[]) {
  return readAddress(search, { cells, inputs: new Map(), setAt: 1 });
}

test("any value of any widget survives to the address and back", () => {
  fc.assert(
    fc.property(fc.array(widgets, { maxLength: 6 }), (all) => {
      const cells = all.map(({ widget }, index) => inputCell(`i${index}`, widget));
      const inputs = new Map(all.map(({ value }, index) => [`i${index}`, { value, setAt: 1 }]));
      const { inputs: back, faults } = read(toSearch("", cells, inputs), cells);
      expect(faults).toEqual([]);
      for (const [index, { widget, value }] of all.entries()) {
        const set = back.get(`i${index}`);
        const now = set !== undefined && "value" in set ? set.value : widget.default;
        // JSON, as the server gets it, knows no -0
        expect(JSON.stringify(now)).toBe(JSON.stringify(value));
      }
    }),
    { numRuns: 500 },
  );
});

test("reads any address without throwing", () => {
  const cells = [inputCell("method", method), inputCell("size", slider)];
  fc.assert(
    fc.property(fc.string(), fc.string(), (left, right) => {
      read(`?_method=${left}&_size=${right}&${left}=${right}`, cells);
    }),
  );
});

test("has only values other than the default in the address, and keeps what is not an input's", () => {
  const cells = [inputCell("method", method), inputCell("size", slider)];
  const inputs = new Map([["size", { value: 3, setAt: 1 }]]);
  expect(toSearch("?utm=a&_method=Transit&_embed=true", cells, inputs)).toBe(
    "?utm=a&_embed=true&_size=3",
  );
});

test("falls back input by input, and says of each what was expected and what was there", () => {
  const cells = [inputCell("method", method), inputCell("size", slider)];
  const { inputs, faults } = read("?_method=Magic&_size=4&_other=1", cells);
  expect([...inputs]).toEqual([["size", { value: 4, setAt: 1 }]]);
  expect(faults.map(({ message }) => message)).toEqual([
    "Expected `_other` in the address to name an input of this page, got a name that none has (it is left out)",
    'Expected `_method` in the address to be one of "All", "Transit", "Imaging", got "Magic" (the default is shown instead)',
  ]);
});

test("takes no value that stands there twice, and none of a button", () => {
  const button: InputWidget = { widget: "button", default: false };
  const cells = [inputCell("size", slider), inputCell("go", button)];
  const { inputs, faults } = read("?_size=1&_size=2&_go=true", cells);
  expect(inputs.size).toBe(0);
  expect(faults.map(({ name }) => name)).toEqual(["size", "go"]);
});

test("knows names that every object has for what they are: no inputs", () => {
  const { inputs, faults } = read("?___proto__=1&_constructor=2", [inputCell("size", slider)]);
  expect(inputs.size).toBe(0);
  expect(faults).toHaveLength(2);
});

test("a value that the config gives is the default: it is not in the address", () => {
  const configured = { ...inputCell("size", slider), initial: 7 };
  const ground = { cells: [configured], inputs: new Map(), setAt: 1 };
  expect(readAddress("?_size=7", ground).inputs.size).toBe(0);
  expect(readAddress("?_size=0", ground).inputs.get("size")).toEqual({ value: 0, setAt: 1 });
});

test("leaves a text to the server whose options hang on another input that is set", () => {
  const cells = [
    inputCell("city", method),
    inputCell("region", slider, { below: ["city", "shown"] }),
    outputCell("shown"),
  ];
  const set = read("?_city=Lima&_region=2", cells);
  expect(set.inputs.get("city")).toEqual({ text: "Lima", setAt: 1 });
  expect(set.faults).toEqual([]);
  expect(read("?_city=Lima", cells).faults).toHaveLength(1);
});

test("an input of the name of a parameter of the page comes first", () => {
  const cells = [inputCell("embed", { widget: "checkbox", default: false })];
  expect(read("?_embed=true", cells).inputs.get("embed")).toEqual({ value: true, setAt: 1 });
  expect(isEmbedded("?_embed=true")).toBe(true);
});
