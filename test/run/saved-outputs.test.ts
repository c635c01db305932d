import { describe, expect, it } from "vitest";
import { chart } from "../../src/cell/output.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { toPageOutput, toShownOutput } from "../../src/run/cell-output.ts";
import {
  type OutputToSave,
  parseSavedOutputs,
  toSavedOutputs,
} from "../../src/run/saved-outputs.ts";

function rowsOf(count: number, more: object = {}): Frame {
  return frame(Array.from({ length: count }, (_, at) => ({ at, ...more }))) as unknown as Frame;
}

function shownOf(name: string, result: unknown): OutputToSave {
  const { output, shown } = toShownOutput(name, result);
  const place = shown === undefined ? null : ({ at: "file" } as const);
  return { ...noted(name), output, frame: shown, shown: place, cellValue: result };
}

function noted(name: string) {
  const state = { code: "c", data: "", inputs: { day: "today" }, secrets: "", frames: { a: "f" } };
  const codeHash = `code of ${name}`;
  return { name, codeHash, state, result: `result of ${name}`, looksAtContext: false };
}

function headOf(output: ReturnType<typeof toPageOutput> | null | undefined) {
  return output && "head" in output ? output.head : undefined;
}

describe("what a page shows at first", () => {
  it.each([
    ["a table", rowsOf(250), 100],
    ["a short table", rowsOf(7), 7],
    ["a chart", chart(rowsOf(4_999), {}), 4_999],
    ["a large chart", chart(rowsOf(6_000), {}), 5_000],
  ])("of %s are its first rows", (_, result, count) => {
    const { output, shown } = toShownOutput("cell", result);
    const page = toPageOutput(output, shown);
    expect(page).toMatchObject({ kind: output.kind, rows: shown?.numRows });
    expect(headOf(page)).toHaveLength(count);
    expect(headOf(page)?.at(-1)).toEqual({ at: count - 1 });
  });

  it("of rows that are long are fewer", () => {
    const { output, shown } = toShownOutput("cell", rowsOf(90, { note: "x".repeat(100_000) }));
    expect(headOf(toPageOutput(output, shown))).toHaveLength(20);
    const huge = toShownOutput("cell", rowsOf(2, { note: "x".repeat(3_000_000) }));
    expect(headOf(toPageOutput(huge.output, huge.shown))).toEqual([]);
  });

  it("is no reading of the frame", () => {
    const read: string[] = [];
    const watched = rowsOf(3).watched((column) => read.push(column));
    const { output, shown } = toShownOutput("cell", watched);
    toPageOutput(output, shown);
    expect(read).toEqual([]);
  });
});

describe("outputs that are saved with a publication", () => {
  it("are read as they were saved, without secrets", () => {
    const cells = [
      shownOf("count", 42),
      shownOf("table", rowsOf(150)),
      { ...noted("pruned"), output: null, frame: undefined, shown: null, cellValue: undefined },
      shownOf("secret", { said: "canary" }),
    ];
    const redact = <Data>(data: Data): Data =>
      JSON.parse(JSON.stringify(data).replaceAll("canary", "[SECRET]"));
    const saved = parseSavedOutputs(toSavedOutputs(cells, { inputs: { day: "today" }, redact }));
    expect(saved?.cells.map(({ name, codeHash }) => [name, codeHash])).toEqual([
      ["count", "code of count"],
      ["table", "code of table"],
      ["pruned", "code of pruned"],
      ["secret", "code of secret"],
    ]);
    expect(saved?.cells[0]?.output).toEqual({ kind: "value", value: 42 });
    expect(headOf(saved?.cells[1]?.output)).toHaveLength(100);
    expect(saved?.cells[2]?.output).toBeNull();
    expect(saved?.cells[3]?.output).toEqual({ kind: "json", json: { said: "[SECRET]" } });
  });

  it("take no more room than there is: later tables have fewer rows, large texts are left out", () => {
    const wide = rowsOf(100, { note: "x".repeat(50_000) });
    const cells = Array.from({ length: 12 }, (_, at) => shownOf(`table${at}`, wide));
    const text = shownOf("text", "y".repeat(17_000_000));
    const small = shownOf("small", 42);
    const bytes = toSavedOutputs([text, ...cells, text, small], {
      inputs: {},
      redact: (data) => data,
    });
    expect(bytes.length).toBeLessThan(17_000_000);
    const saved = parseSavedOutputs(bytes)?.cells ?? [];
    const counts = saved.map(({ output }) => (output === null ? null : headOf(output)?.length));
    expect([counts[0], counts.at(-2)]).toEqual([null, null]);
    expect(counts.slice(1, 9)).toEqual(
      [41, 41, 41, 41, 41, 41, 41, 41].map((n) => expect.closeTo(n, -1)),
    );
    expect(counts[12]).toBe(0);
    expect(saved.at(-1)?.output).toEqual(small.output);
  });

  it.each([
    ["of the format before", '{"format":1,"cells":[]}'],
    ["cut off", '{"format":2,"cells":[{"name":"a"'],
    [
      "of other things",
      '{"format":2,"cells":[{"name":"a","codeHash":"c","output":{"kind":"sound"}}]}',
    ],
    [
      "a table without rows",
      '{"format":2,"cells":[{"name":"a","codeHash":"c","output":{"kind":"frame"}}]}',
    ],
    ["nothing", ""],
    ["null", "null"],
  ])("are not used when they are %s", (_, text) => {
    expect(parseSavedOutputs(new TextEncoder().encode(text))).toBeUndefined();
  });
});
