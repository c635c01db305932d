import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  batchType,
  Column,
  TimeUnit,
  tableFromColumns,
  tableToIPC,
  timestamp,
} from "@uwdata/flechette";
import { describe, expect, inject, test } from "vitest";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import { arrowBlocks } from "../../src/frame/arrow/arrow-write.ts";
import { frameFromArrow } from "../../src/frame/arrow/read-arrow.ts";
import { joinBytes } from "../../src/frame/join-bytes.ts";
import { frameToJson } from "../../src/frame/json.ts";
import { frame } from "../../src/frame/rows.ts";
import { toFrame } from "../../src/frame/to-frame.ts";
import { withFolder } from "./with-folder.ts";

const SCHEMA = { local: "datetime", at: "instant" } as const;
const SCRIPT = fileURLToPath(new URL("read-arrow.py", import.meta.url));

/** Times as Python writes them, with what Python has of them. */
const TIMES = {
  "no rows": [],
  milliseconds: ["2024-01-02T03:04:05.120000", null, "0001-01-01T00:00:00.001000"],
  microseconds: ["2024-01-02T03:04:05.000001", null, "9999-12-31T23:59:59.999999"],
} as const;

describe.each(["file", "stream"] as const)("an Arrow %s of ours", (form) => {
  test.for(["polars", "pyarrow", "duckdb"])(
    "is read alike by %s, full and empty",
    (reader, context) =>
      withFolder(async (folder) => {
        const python = inject("python");
        if (python === null) context.skip("there is no Python with the packages");
        for (const [name, times] of Object.entries(TIMES)) {
          const path = `${folder}/${name}.arrow`;
          await writeFile(path, joinBytes(arrowBlocks(framed(times), form)));
          const json = execFileSync(python ?? "", [SCRIPT, reader, form, path]).toString();
          expect(JSON.parse(json)).toEqual(times.map((time) => [time, time]));
        }
      }),
  );
});

function framed(times: readonly (string | null)[]) {
  const rows = times.map((time) => ({ local: time, at: time && `${time}Z` }));
  const made = toFrame(rows, SCHEMA);
  if (made === undefined) throw new Error("rows make a frame");
  return made;
}

type Unit = (typeof TimeUnit)[keyof typeof TimeUnit];

describe("Arrow timestamps of others", () => {
  const bytesOf = (unit: Unit, items: readonly (bigint | null)[], zone: string | null = null) => {
    const type = timestamp(unit, zone);
    const values = BigInt64Array.from(items, (item) => item ?? 7n);
    const bits = items.reduce((all, item, row) => all | (item === null ? 0 : 1 << row), 0);
    const nullCount = items.filter((item) => item === null).length;
    const parts = { length: items.length, nullCount, validity: Uint8Array.of(bits), values, type };
    const column = new Column([new (batchType(type))(parts)], type);
    return tableToIPC(tableFromColumns({ t: column }), { format: "file" }) ?? new Uint8Array(0);
  };
  const read = async (bytes: Uint8Array) => {
    const { schema, rows } = frameToJson(await frameFromArrow(bytes));
    return [schema[0]?.type, ...rows.map((row) => row["t"])];
  };

  test.each([
    ["seconds", TimeUnit.SECOND, [1n, null, -1n], "1970-01-01T00:00:01", "1969-12-31T23:59:59"],
    [
      "microseconds",
      TimeUnit.MICROSECOND,
      [1n, null, -1n],
      "1970-01-01T00:00:00.000001",
      "1969-12-31T23:59:59.999999",
    ],
    [
      "nanoseconds of whole microseconds",
      TimeUnit.NANOSECOND,
      [1000n, null, -1000n],
      "1970-01-01T00:00:00.000001",
      "1969-12-31T23:59:59.999999",
    ],
    [
      "nanoseconds of whole milliseconds",
      TimeUnit.NANOSECOND,
      [1_000_000n, null, -1_000_000n],
      "1970-01-01T00:00:00.001",
      "1969-12-31T23:59:59.999",
    ],
  ] as const)("are read of %s", async (_, unit, items, first, last) => {
    expect(await read(bytesOf(unit, items))).toEqual(["datetime", first, null, last]);
    const instants = [first, last].map((text) => (text.includes(".") ? text : `${text}.000`));
    const [early, late] = instants.map((text) => `${text}Z`);
    expect(await read(bytesOf(unit, items, "UTC"))).toEqual(["instant", early, null, late]);
  });

  test("are refused where they are finer than microseconds, naming the row", async () => {
    await expect(frameFromArrow(bytesOf(TimeUnit.NANOSECOND, [1000n, 1001n]))).rejects.toThrow(
      'Expected column "t", row 2 of the Arrow file to be a time of whole microseconds, got 1001 nanoseconds since 1970 (round the column to microseconds before writing the file, or read it with nanoseconds: "cut")',
    );
  });

  test.each([
    ["seconds", TimeUnit.SECOND, 253_402_300_800n],
    ["microseconds", TimeUnit.MICROSECOND, 253_402_300_800_000_000n],
    ["microseconds", TimeUnit.MICROSECOND, -(2n ** 63n)],
  ])("are refused outside the years 1 to 9999, in %s", async (_, unit, item) => {
    const expected = "row 1 of the Arrow file to be a time of the years 1 to 9999";
    await expect(frameFromArrow(bytesOf(unit, [item]))).rejects.toThrow(expected);
  });
});

test("a frame of every type without rows has a batch in its file and in its stream", async () => {
  const empty = frame([], { ...SCHEMA, text: "string", yes: "boolean", n: "number" });
  for (const form of ["file", "stream"] as const) {
    const read = await openOwnArrow(joinBytes(arrowBlocks(empty, form)), empty.schema);
    expect(read.schema).toEqual(empty.schema);
    expect(read.numRows).toBe(0);
  }
});
