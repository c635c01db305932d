import { expect, test } from "vitest";
import { toPageLayout } from "../../src/page/to-page-state.ts";

const input = (name: string) => ({ name, form: "input" }) as const;
const value = (name: string) => ({ name, form: "value" }) as const;
const other = (name: string) => ({ name, form: "other" }) as const;

test("without a layout, inputs that follow each other share a row, and so do single values", () => {
  const cells = [other("intro"), input("a"), input("b"), value("c"), value("d"), other("e")];
  expect(toPageLayout([...cells, other("f"), input("g")], undefined)).toEqual({
    tabs: [{ title: null, rows: [["intro"], ["a", "b"], ["c", "d"], ["e"], ["f"], ["g"]] }],
  });
});

test("a layout shows the cells it names, in its own order, without those that show nothing", () => {
  const tabs = [
    { title: "First", rows: [["b", "gone"], ["gone"], ["a"]] },
    { title: "Second", rows: [["gone"]] },
  ];
  expect(toPageLayout([input("a"), other("b"), other("c")], tabs)).toEqual({
    tabs: [
      { title: "First", rows: [["b"], ["a"]] },
      { title: "Second", rows: [] },
    ],
  });
});
