import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cached } from "../../../src/cell/cell.ts";
import { over, partsDefinitionOf } from "../../../src/cell/over.ts";
import { HexError } from "../../../src/errors.ts";
import type { Frame } from "../../../src/frame/frame.ts";
import { frame } from "../../../src/frame/rows.ts";
import { computePart } from "../../../src/run/parts/compute-part.ts";
import { joinParts, type RunParts } from "../../../src/run/parts/join-parts.ts";
import {
  type PartsExchange,
  readOutcome,
  readPartFrame,
  writePartFrame,
} from "../../../src/run/parts/parts-exchange.ts";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { inMemoryCells } from "../in-memory-cells.ts";

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hex-parts-"));
  store = new DirectoryStore(directory);
});
afterEach(() => rm(directory, { recursive: true }));

type ListParts = (values: Readonly<Record<string, unknown>>) => readonly unknown[];
type ComputePart = (part: unknown, values: Record<string, unknown>, context: never) => unknown;

/** Joins a cell's parts, each computed here but by the way of the store; backwards, to mix them up. */
async function joined(list: ListParts, compute: ComputePart, values = {}, runParts?: RunParts) {
  const split = over(list as never, compute as never);
  const cells = inMemoryCells({ prices: { is: cached("prices", split as never) } });
  const exchange: PartsExchange = {
    store,
    runId: "r",
    attempt: 1,
    cell: "prices",
    frame: "prices",
  };
  const { signal } = new AbortController();
  const lines: string[] = [];
  const progress: string[] = [];
  const backwards: RunParts = async ({ count, onEnded }) => {
    for (let index = count - 1; index >= 0; index--) {
      const redact = <Data>(data: Data) => data;
      const work = {
        exchange,
        index,
        context: "logic",
        cells,
        secrets: {},
        redact,
        redactLine: (line: string) => line,
        signal,
      } as const;
      await computePart(work);
      onEnded(count - index);
    }
  };
  const parts = partsDefinitionOf(split as never);
  if (parts === undefined) throw new Error("over gives a function that is split");
  const whole = await joinParts(parts, values, {
    exchange,
    runParts: runParts ?? backwards,
    context: {
      signal,
      progress: (_fraction: number, message = "") => progress.push(message),
      log: (line: string) => lines.push(line),
    } as never,
  });
  return { rows: [...whole.rows()], lines, progress };
}

const left = async () => {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
};

test("joins the frames of the parts in the order of the parts, and leaves nothing behind", async () => {
  const { rows, progress } = await joined(
    () => ["a", "b", "c"],
    (part) => [
      { part, n: 1 },
      { part, n: 2 },
    ],
  );
  expect(rows.map(({ part, n }) => `${part}${n}`)).toEqual(["a1", "a2", "b1", "b2", "c1", "c2"]);
  expect(progress).toEqual(["1 of 3 parts", "2 of 3 parts", "3 of 3 parts"]);
  expect(await left()).toEqual([]);
});

test("gives every part the values of the cells above, frames as frames", async () => {
  const values = {
    table: frame([{ x: 2 }, { x: 3 }]),
    limit: 10,
    range: { start: "a", end: null },
  };
  const { rows } = await joined(
    ({ limit }) => [1, limit],
    (part, { table, limit, range }) =>
      (table as Frame<{ x: number }>)
        .rows()
        .map(({ x }) => ({ part, x, limit, range: JSON.stringify(range) })),
    values,
  );
  expect(rows).toHaveLength(4);
  expect(rows[3]).toEqual({ part: 10, x: 3, limit: 10, range: '{"start":"a","end":null}' });
});

test("fails with what the first failing part says, and with its number", async () => {
  const failing = joined(
    () => [0, 1, 2],
    (part) => {
      if (part === 1) throw new RangeError("no such month");
      return [{ part }];
    },
  );
  await expect(failing).rejects.toThrow(
    /part 1: Expected cell prices .* got RangeError: no such month/,
  );
  expect(await left()).toEqual([]);
});

test("hands on what the parts logged", async () => {
  const { lines } = await joined(
    () => [7, 8],
    (part, _, context: { log(line: string): void }) => {
      context.log(`month ${part}`);
      return [{ part }];
    },
  );
  expect(lines).toEqual(["part 0: month 7", "part 1: month 8"]);
});

test.each([
  ["no list", () => 3, /the parts of cell prices to be a list, got number/],
  ["an empty list", () => [], /a list of 1 to 10000 parts, got 0/],
  ["a part that JSON does not keep", () => [new Date(0)], /part 0 of cell prices .* plain JSON/],
  ["a part that is a function", () => [() => 1], /part 0 of cell prices .* got function/],
])("refuses %s", async (_, list, message) => {
  await expect(joined(list as ListParts, () => [{ a: 1 }])).rejects.toThrow(message as RegExp);
});

test("refuses values that another process cannot get unchanged", async () => {
  const values = { when: Number.NaN };
  await expect(
    joined(
      () => [1],
      () => [{ a: 1 }],
      values,
    ),
  ).rejects.toThrow(/the value when that the parts of cell prices get/);
});

test("refuses parts with different columns", async () => {
  const mixed = joined(
    () => [1, 2],
    (part) => (part === 1 ? [{ a: 1 }] : [{ b: 1 }]),
  );
  await expect(mixed).rejects.toThrow(HexError);
});

test("fails when a part was never computed", async () => {
  const nothing: RunParts = async () => undefined;
  await expect(
    joined(
      () => [1],
      () => [{ a: 1 }],
      {},
      nothing,
    ),
  ).rejects.toThrow(/Expected the parts of cell prices to be computed/);
});

test("does not take a frame whose bytes were changed meanwhile", async () => {
  const tampering: RunParts = async ({ runId, attempt, frame: name }) => {
    const prefix = `.hex/runs/${runId}-${attempt}/.parts/${name}/`;
    const text = JSON.stringify({ status: "computed", lines: [], sha256: "0".repeat(64) });
    await store.write(`${prefix}0.json`, new TextEncoder().encode(text));
    await store.write(`${prefix}0-${"0".repeat(16)}.arrow`, new TextEncoder().encode("other"));
  };
  await expect(
    joined(
      () => [1],
      () => [{ a: 1 }],
      {},
      tampering,
    ),
  ).rejects.toThrow(/got other bytes/);
});

test("takes the frame that was told of, whatever a process thought dead writes meanwhile", async () => {
  const exchange = { store, runId: "r", attempt: 1, cell: "prices", frame: "prices" };
  await writePartFrame(exchange, 0, { frame: frame([{ n: 1 }]), lines: [] });
  const told = await readOutcome(exchange, 0, {});
  await writePartFrame(exchange, 0, { frame: frame([{ n: 2 }]), lines: [] });
  if (told?.status !== "computed") throw new Error("it was told of");
  const read = await readPartFrame(exchange, { index: 0, sha256: told.sha256 }, {});
  expect([...read.rows()]).toEqual([{ n: 1 }]);
});

test("fails a part that changes what it was handed, and names it", async () => {
  const changing = joined(
    () => [{ ids: [1] }],
    (part) => (part as { ids: number[] }).ids.push(2),
  );
  await expect(changing).rejects.toThrow(
    "part 0: Expected cell prices (cells/prices.ts) to leave what it is handed as it is, got a change of part",
  );
});
