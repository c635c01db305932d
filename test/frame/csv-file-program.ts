/** Writes a frame to the file that is named, reads it back and prints what came of it. */
import { type ColumnParts, toColumnData } from "../../src/frame/column/column-data.ts";
import { fileSource } from "../../src/frame/csv/read/csv-blocks.ts";
import { readOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { csvBlocks } from "../../src/frame/csv/write/csv-write.ts";
import { saveBlocks } from "../../src/frame/file-blocks.ts";
import { toFrameOf } from "../../src/frame/frame.ts";

const ROWS = 1_400_000;
const TEXT_BYTES = 12;
const path = process.argv[2] ?? "";
const whole = { length: ROWS, nullCount: 0, validity: new Uint8Array(0) };

/** The texts `text 0000000` and on, made without a string that stays. */
function texts(): ColumnParts {
  const values = new Uint8Array(ROWS * TEXT_BYTES);
  const offsets = Int32Array.from({ length: ROWS + 1 }, (_, row) => row * TEXT_BYTES);
  const encoder = new TextEncoder();
  for (let row = 0; row < ROWS; row++) {
    const text = `text ${String(row).padStart(7, "0")}`;
    encoder.encodeInto(text, values.subarray(row * TEXT_BYTES));
  }
  return { ...whole, values, offsets };
}

const numbers = ["a", "b", "c"].map((name, index) => {
  const values = new Float64Array(ROWS).map((_, row) => Math.sin(row + index));
  return { name, type: "number", data: toColumnData("number", { ...whole, values }) } as const;
});
const text = { name: "text", type: "string", data: toColumnData("string", texts()) } as const;
const written = toFrameOf([...numbers, text]);

const { sizeBytes } = await saveBlocks(path, csvBlocks(written));
const read = await readOwnCsv(fileSource(path), written.schema);
const last = read.at("text", ROWS - 1);
console.log(JSON.stringify({ rows: read.numRows, sizeBytes, last }));
