import { expect, test } from "vitest";
import { renderCellDeclarations } from "../../src/project/cell-declarations.ts";

const published = new Map([["p/q", [{ name: "mass", type: "number" } as const]]]);

const declared = (
  cell: Partial<Parameters<typeof renderCellDeclarations>[0][number]>,
  results: Parameters<typeof renderCellDeclarations>[1]["results"] = [],
) => {
  const whole = { name: "planets", file: "cells/03-planets.py", kind: "cached" as const, ...cell };
  const text = renderCellDeclarations([whole], { published, results }) ?? "";
  return /Cell<(.*)>;/.exec(text)?.[1];
};

test("declares cells in other languages, so that TypeScript cells can import them", () => {
  const cells = [
    { name: "intro", file: "cells/01-intro.md", kind: "prose" as const },
    { name: "planets", file: "cells/03-planets.py", kind: "cached" as const, frame: "p/q" },
  ];
  expect(
    renderCellDeclarations(cells, { published, results: [] }),
  ).toBe(`// Written by \`hex run --context logic\`: cells in other languages than TypeScript.
declare module "*/03-planets.py" {
  import type { Cell, Frame } from "hex-runtime";
  const cell: Cell<Frame<{ readonly "mass": number | null }>>;
  export default cell;
}
`);
});

test("takes declared columns before published ones, and these before what the cell showed", () => {
  const row = (column: string) => `Frame<{ readonly "${column}": string | null }>`;
  expect(declared({ frame: "p/q", schema: { day: "date" } })).toBe(row("day"));
  const output = { kind: "frame", columns: [{ name: "city", type: "string" }] };
  const shown = { name: "planets", status: "computed", output } as never;
  expect(declared({ frame: "other" }, [shown])).toBe(row("city"));
  expect(declared({ kind: "cell" }, [shown])).toBe(row("city"));
});

test("knows nothing of a script that has not shown a table, and of others that they give a frame", () => {
  expect(declared({ kind: "cell" })).toBe("unknown");
  expect(declared({ kind: "cached", frame: "other" })).toBe("Frame");
  expect(declared({ kind: "sql", file: "cells/4-x.sql" })).toBe("Frame");
});

test("has nothing to declare where all cells are TypeScript", () => {
  expect(renderCellDeclarations([], { published, results: [] })).toBeUndefined();
});
