/**
 * Publishes a frame to a store and reads it back, with its Arrow file and without; prints what came
 * of it. `argv`: the store's location and credentials as JSON, the rows.
 */
import { getHeapStatistics } from "node:v8";
import { type ColumnParts, toColumnData } from "../../../src/frame/column/column-data.ts";
import { type Frame, toFrameOf } from "../../../src/frame/frame.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { publish } from "../../../src/store/publication.ts";
import { openVersion } from "../../../src/store/version.ts";

const [place = "", rowsText] = process.argv.slice(2);
const { location, credentials } = JSON.parse(place);
const rows = Number(rowsText);
const TEXT_BYTES = 40;
const whole = { length: rows, nullCount: 0, validity: new Uint8Array(0) };

/** Texts that all differ, made without a string that stays. */
function texts(): ColumnParts {
  const values = new Uint8Array(rows * TEXT_BYTES);
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * TEXT_BYTES);
  const encoder = new TextEncoder();
  for (let row = 0; row < rows; row++) {
    const text = `planet ${String(row).padStart(TEXT_BYTES - 7, "0")}`;
    encoder.encodeInto(text, values.subarray(row * TEXT_BYTES));
  }
  return { ...whole, values, offsets };
}

const numbers = ["a", "b", "c"].map((name, index) => {
  const values = new Float64Array(rows).map((_, row) => Math.sin(row + index));
  return { name, type: "number", data: toColumnData("number", { ...whole, values }) } as const;
});
const text = { name: "text", type: "string", data: toColumnData("string", texts()) } as const;
const written = toFrameOf([...numbers, text]);

/** Whether a frame has the first, the last and some rows between as they were written. */
function isSame(read: Frame | undefined): boolean {
  if (read?.numRows !== rows) return false;
  const step = Math.max(1, Math.floor(rows / 1000));
  for (let row = rows - 1; row >= 0; row -= step) {
    const names = written.schema.map(({ name }) => name);
    if (names.some((name) => read.at(name, row) !== written.at(name, row))) return false;
  }
  return true;
}

const store = await openStore(location, credentials);
const times: Record<string, number> = {};
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  times[name] = Math.round(performance.now() - start);
  return result;
}

const computedAt = new Date().toISOString();
const staged = { frame: written, cell: "large", codeHash: "hash", computedAt };
await timed("publish", () =>
  publish(store, {
    ...{ runId: "run", attempt: 1, context: "logic", inputs: {}, codeHash: "hash" },
    frames: new Map([["large", staged]]),
  }),
);
// Nothing is written there for reading.
process.env["TMPDIR"] = "/there/is/no/such/folder";
const version = await openVersion(store);
const { csv, arrow } = version.frames().get("large") ?? {};
const sizeBytes = csv?.sizeBytes;
const warnings: string[] = [];
const onWarning = (warning: string) => warnings.push(warning);
const read = () => version.readFrame("large", { onWarning });
const isSameFromArrow = isSame((await timed("readArrow", read))?.frame);
if (arrow !== undefined) await store.delete(arrow.key);
const isSameFromCsv = isSame((await timed("readCsv", read))?.frame);
const told = { sizeBytes, isSameFromArrow, isSameFromCsv, warnings: warnings.length, times };
const heapLimit = getHeapStatistics().heap_size_limit;
const rssBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ ...told, heapLimit, rssBytes }));
