import { expect, test } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { RowsReader } from "../../src/kernel/rows.ts";
import { outputBlocks } from "../../src/server/api/output-blocks.ts";

/** Whole seconds, and one time in their middle that is finer. */
const TIMES = frame(
  Array.from({ length: 300 }, (_, n) => ({ n, at: new Date(n === 150 ? 150_005 : n * 1_000) })),
);
const FIRST = "0,1970-01-01T00:00:00.000Z";

test("a part of an output that the API writes as CSV has the times of the whole output's form", () => {
  const output = { kind: "value" as const, value: null };
  const asked = { format: "csv", isForSpreadsheet: false, offset: 0, limit: 1 } as const;
  const csv = Buffer.concat([...outputBlocks(TIMES, output, asked)]).toString();
  expect(csv).toBe(`"n","at"\n${FIRST}\n`);
});

test("a CSV that is downloaded from a page has one form of times in all its blocks", async () => {
  const reader = new RowsReader(() => TIMES);
  const filters = [{ column: "n", test: "at-most", value: "1" }] as const;
  const ask = { evaluation: "e", cell: "c", filters };
  const blocks: Uint8Array[] = [];
  do {
    const at = { download: "d", block: blocks.length };
    blocks.push(await reader.csv(ask, at, (data) => data));
  } while (blocks.at(-1)?.length !== 0);
  const csv = Buffer.concat(blocks).toString();
  expect(csv).toBe(`"n","at"\n${FIRST}\n1,1970-01-01T00:00:01.000Z\n`);
});

test("a block of a download is the same when those before it were forgotten meanwhile", async () => {
  const rows = frame(Array.from({ length: 70_000 }, (_, n) => ({ n })));
  const ask = { evaluation: "e", cell: "c", sort: { column: "n", descending: true } };
  const read = async (reader: RowsReader, block: number) =>
    Buffer.from(await reader.csv(ask, { download: "d", block }, (data) => data)).toString();
  const reader = new RowsReader(() => rows);
  const [header, first, second] = [
    await read(reader, 0),
    await read(reader, 1),
    await read(reader, 2),
  ];
  expect([header, first.slice(0, 6), second.slice(-4)]).toEqual(['"n"\n', "69999\n", "1\n0\n"]);
  expect(await read(new RowsReader(() => rows), 2)).toBe(second);
});
