import { execFile } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { fileSource } from "../../src/frame/csv/read/csv-blocks.ts";
import { readOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { csvBlocks } from "../../src/frame/csv/write/csv-write.ts";
import { saveBlocks } from "../../src/frame/file-blocks.ts";
import { frame } from "../../src/frame/rows.ts";
import { buildProgram } from "../store/build-program.ts";
import { withFolder } from "./with-folder.ts";

const PROGRAM = new URL("csv-file-program.ts", import.meta.url);

test("writes and reads back 100 MB where JavaScript may keep 64 MB", () =>
  withFolder(async (folder) => {
    const argv = ["--max-old-space-size=64", await buildProgram(PROGRAM), `${folder}/big.csv`];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ rows: 1_400_000, last: "text 1399999" });
    expect(told.sizeBytes).toBeGreaterThan(100e6);
  }));

test("removes a file that cannot be finished", () =>
  withFolder(async (folder) => {
    const signal = AbortSignal.abort(new Error("stopped"));
    const writing = saveBlocks(`${folder}/a.csv`, csvBlocks(frame([{ a: 1 }])), { signal });
    await expect(writing).rejects.toThrow("stopped");
    expect(await readdir(folder)).toEqual([]);
  }));

test("stops reading when it is told to", () =>
  withFolder(async (folder) => {
    await writeFile(`${folder}/a.csv`, '"a"\n1\n');
    const signal = AbortSignal.abort(new Error("stopped"));
    const reading = readOwnCsv(fileSource(`${folder}/a.csv`), [{ name: "a", type: "integer" }], {
      signal,
    });
    await expect(reading).rejects.toThrow("stopped");
  }));
