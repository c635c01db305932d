import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";
import { buildProgram } from "./build-program.ts";
import { s3Location } from "./scripted-s3.ts";
import { createBucket } from "./server-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const PROGRAM = new URL("./programs/publish-large.ts", import.meta.url);
/** Old objects and young ones, so that the limit is the same with every version of Node. */
const HEAP = ["--max-old-space-size=64", "--max-semi-space-size=8"];

it("publishes and reads back a CSV that is larger than what JavaScript may keep", async () => {
  const location = { kind: "directory", directory: await temporaryFolder() };
  const told = await publishLarge({ location }, 1_000_000);
  // The limit of the whole heap, which is more than the one that the process was started with.
  expect(told.sizeBytes).toBeGreaterThan(told.heapLimit);
});

for (const server of inject("s3Servers")) {
  it(`publishes and reads back files that are not held in memory, on ${server.name}`, async () => {
    const { endpoint, region, ...credentials } = server;
    const bucket = `large-${randomUUID()}`;
    await createBucket(server, bucket);
    const location = s3Location(endpoint, { region, bucket });
    const told = await publishLarge({ location, credentials }, 260_000);
    expect(told.sizeBytes).toBeGreaterThan(25e6);
  });
}

/** What a process of its own makes of a frame of so many rows; it may keep little in its heap. */
async function publishLarge(place: unknown, rows: number) {
  const temporary = await temporaryFolder();
  const argv = [...HEAP, await buildProgram(PROGRAM)];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...argv, JSON.stringify(place), `${rows}`],
    { env: { ...process.env, TMPDIR: temporary } },
  );
  expect(await readdir(temporary)).toEqual([]);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ isSameFromArrow: true, isSameFromCsv: true, warnings: 1 });
  return told;
}
