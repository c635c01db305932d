import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { buildProgram } from "./build-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ROWS = 3_200_000;
const HEAP_MB = 256;

it("publishes and reads back a CSV that is larger than what JavaScript may keep", async () => {
  const [root, temporary] = [await temporaryFolder(), await temporaryFolder()];
  const program = await buildProgram(new URL("./programs/publish-large.ts", import.meta.url));
  const argv = [`--max-old-space-size=${HEAP_MB}`, program, root, `${ROWS}`];
  const env = { ...process.env, TMPDIR: temporary };
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ isSameFromArrow: true, isSameFromCsv: true, warnings: 1 });
  // The limit of the whole heap, which is more than the one that the process was started with.
  expect(told.sizeBytes).toBeGreaterThan(told.heapLimit);
  expect(await readdir(temporary)).toEqual([]);
});
