import { expect, test } from "vitest";
import { chart } from "../../src/cell/output.ts";
import { frame } from "../../src/frame/rows.ts";
import { renderClientDeclarations } from "../../src/project/declarations.ts";
import { toShownOutput } from "../../src/run/cell-output.ts";
import type { CellResult } from "../../src/run/run-event.ts";

test("every column type has its type in JavaScript, in charts as well", () => {
  const data = frame([{ at: new Date(0), large: 1n, "odd name": "x" }]);
  const cells = [toCell("drawn", chart(data, { mark: "bar" }))];

  expect(renderClientDeclarations(cells)).toContain(
    'readonly drawn: { readonly spec: unknown; readonly rows: readonly { readonly "at": Date | null; readonly "large": bigint | null; readonly "odd name": string | null }[] };',
  );
});

function toCell(name: string, value: unknown): CellResult {
  return { name, status: "computed", elapsedMs: 0, output: toShownOutput(name, value).output };
}
