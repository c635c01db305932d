import { describe, expect, it } from "vitest";
import { compareCellFiles, parseCellFileName } from "../../src/cell/cell-name.ts";

describe("the name of a cell", () => {
  it.each([
    ["02-planets.ts", 2, "planets", ".ts"],
    ["10_by_year.sql", 10, "by_year", ".sql"],
    ["intro.md", Number.POSITIVE_INFINITY, "intro", ".md"],
  ])("is the file name without order and ending: %s", (file, order, name, ending) => {
    expect(parseCellFileName(file, file)).toEqual({ order, name, ending });
  });

  it.each(["_helpers.ts", ".hidden.ts", "types.d.ts", "data.csv", "notes.txt"])(
    "is not looked for in %s, which is no cell",
    (file) => {
      expect(parseCellFileName(file, file)).toBeUndefined();
    },
  );

  it.each(["01-my-cell.ts", "01-.ts", "2.ts", "01-__proto__.ts", "01-größe.ts"])(
    "is refused in %s with the rule it breaks",
    (file) => {
      expect(() => parseCellFileName(file, `cells/${file}`)).toThrow(
        `Expected the cell name in cells/${file} to be a letter followed by letters`,
      );
    },
  );

  it("sorts by number, not by text, and unnumbered files last", () => {
    const names = ["b.ts", "10-x.ts", "9-y.ts", "a.ts"].flatMap(
      (file) => parseCellFileName(file, file) ?? [],
    );
    expect(names.sort(compareCellFiles).map(({ name }) => name)).toEqual(["y", "x", "a", "b"]);
  });
});
