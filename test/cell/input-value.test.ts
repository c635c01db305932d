import { describe, expect, it } from "vitest";
import type { Cell } from "../../src/cell/cell.ts";
import { isCellDefinition } from "../../src/cell/cell.ts";
import {
  button,
  checkbox,
  date,
  dateRange,
  dropdown,
  multiselect,
  number,
  slider,
  text,
} from "../../src/cell/input.ts";
import { readInputValue } from "../../src/cell/input-value.ts";

function widgetOf(input: Cell<unknown>) {
  if (!isCellDefinition(input) || input.kind !== "input") throw new Error("no input");
  return input.widget({});
}

function fromFlag(input: Cell<unknown>, value: string) {
  return readInputValue("it", widgetOf(input), { value, form: "text", place: "--input it" });
}

function fromJson(input: Cell<unknown>, value: unknown) {
  return readInputValue("it", widgetOf(input), { value, form: "json", place: "`inputs.it`" });
}

const inputs = {
  text: text({ maxLength: 5 }),
  number: number({ default: 1, min: 0 }),
  slider: slider({ min: 0, max: 1, step: 0.1 }),
  dropdown: dropdown({ options: ["a", 2], default: 2 }),
  multiselect: multiselect({ options: ["a", "b", 3] }),
  checkbox: checkbox({}),
  date: date({ default: "2026-01-31", min: "2026-01-01" }),
  dateRange: dateRange({ default: { start: "2026-01-01", end: "2026-02-01" } }),
  button: button({ label: "Go" }),
};

describe("an input's value", () => {
  it("is the widget's default when nobody asks for another", () => {
    const defaults = Object.entries(inputs).map(([name, input]) => [
      name,
      readInputValue(name, widgetOf(input), undefined),
    ]);
    expect(Object.fromEntries(defaults)).toEqual({
      text: "",
      number: 1,
      slider: 0,
      dropdown: 2,
      multiselect: [],
      checkbox: false,
      date: "2026-01-31",
      dateRange: { start: "2026-01-01", end: "2026-02-01" },
      button: false,
    });
  });

  it.each([
    ["text", "a=b", "a=b"],
    ["number", "-0.5e1", undefined],
    ["number", "2.5", 2.5],
    ["slider", "0.3", 0.3],
    ["dropdown", "2", 2],
    ["multiselect", '["b",3]', ["b", 3]],
    ["multiselect", "a", ["a"]],
    ["checkbox", "true", true],
    ["date", "2026-02-28", "2026-02-28"],
    ["dateRange", "2026-01-01/2026-01-02", { start: "2026-01-01", end: "2026-01-02" }],
    ["button", "true", true],
  ] as const)("of the kind %s is read from the flag text %s", (kind, flag, value) => {
    if (value === undefined) expect(() => fromFlag(inputs[kind], flag)).toThrow("at least 0");
    else expect(fromFlag(inputs[kind], flag)).toEqual(value);
  });

  it.each([
    ["text", "abcdef", "a text of at most 5 characters"],
    ["number", "", "a number of at least 0"],
    ["number", "0x10", "a number of at least 0"],
    ["number", "1e999", "a number of at least 0"],
    ["slider", "0.35", "a number from 0 to 1 in steps of 0.1"],
    ["slider", "99", "a number from 0 to 1 in steps of 0.1"],
    ["dropdown", "c", 'one of "a", 2'],
    ["multiselect", '["a","a"]', 'a list without repeats out of "a", "b", 3'],
    ["checkbox", "yes", "true or false"],
    ["date", "2026-02-30", "a calendar day YYYY-MM-DD from 2026-01-01"],
    ["date", "2025-12-31", "a calendar day YYYY-MM-DD from 2026-01-01"],
    ["dateRange", "2026-02-01/2026-01-01", "two days in order, START/END"],
    ["button", "1", "true or false"],
  ] as const)("of the kind %s refuses the flag text %j with its rule", (kind, flag, rule) => {
    expect(() => fromFlag(inputs[kind], flag)).toThrow(`Expected --input it to be ${rule}`);
  });

  it.each([
    ["number", "2"],
    ["number", [2]],
    ["dropdown", "2"],
    ["multiselect", "a"],
    ["checkbox", "true"],
    ["checkbox", null],
    ["dateRange", { start: "2026-01-01", end: "2026-01-02", by: 1 }],
  ] as const)("of the kind %s does not coerce the JSON value %j", (kind, value) => {
    expect(() => fromJson(inputs[kind], value)).toThrow("Expected `inputs.it` to be");
  });

  it("is refused at the cell when the default breaks its own rule", () => {
    const wrong = slider({ min: 0, max: 10, default: 11 });
    expect(() => readInputValue("it", widgetOf(wrong), undefined)).toThrow(
      "Expected the default of input it to be a number from 0 to 10 in steps of 1, got 11",
    );
  });

  it("is null for a dropdown that has nothing to choose from", () => {
    expect(readInputValue("it", widgetOf(dropdown({ options: [] })), undefined)).toBeNull();
  });
});
