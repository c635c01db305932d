import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startOnLifeline } from "./lifeline.ts";

const directoryPrefix = join(tmpdir(), "hex-lifeline-");
/** Notes the id of a process that it leaves running in the background, then does `then`. */
const leaveOneBehind = (directory: string, after: string) => [
  "bash",
  "-c",
  `sleep 600 & echo $! >"$0/id.new"; mv "$0/id.new" "$0/id"; ${after}`,
  directory,
];

test("kills what the command has started, and removes its directory, when it is stopped", async () => {
  const process = await startOnLifeline({
    directoryPrefix,
    command: (directory) => leaveOneBehind(directory, "sleep 600"),
    env: globalThis.process.env,
  });
  const id = await readId(process.directory);

  await process.stop();

  expect(await process.exitCode).toBe(137);
  expect(await isRunning(id)).toBe(false);
  expect(existsSync(process.directory)).toBe(false);
});

test("kills what the command has left running when it ends by itself", async () => {
  const process = await startOnLifeline({
    directoryPrefix,
    command: (directory) => {
      return leaveOneBehind(
        directory,
        'until [ -e "$0/go" ]; do sleep 0.05; done; cat "$0/id"; exit 7',
      );
    },
    env: globalThis.process.env,
  });
  const id = await readId(process.directory);
  await writeFile(join(process.directory, "go"), "");

  expect(await process.exitCode).toBe(7);
  expect(process.lastLines()).toBe(`${id}`);
  expect(await isRunning(id)).toBe(false);
});

test("kills the command when the process that holds the lifeline is killed", async () => {
  const module = JSON.stringify(new URL("lifeline.sh", import.meta.url).pathname);
  const holder = spawn(process.execPath, [
    "--eval",
    `const { mkdtempSync } = require("node:fs");
     const directory = mkdtempSync(${JSON.stringify(directoryPrefix)});
     const note = 'echo $$ >"$0/id.new"; mv "$0/id.new" "$0/id"; sleep 600';
     require("node:child_process").spawn("bash", [${module}, directory, "bash", "-c", note, directory],
       { detached: true, stdio: ["pipe", "ignore", "ignore"] });
     console.log(directory);`,
  ]);
  const [line] = await once(holder.stdout, "data");
  const directory = String(line).trim();
  const id = await readId(directory);

  holder.kill("SIGKILL");

  await vi.waitFor(() => expect(existsSync(directory)).toBe(false), { timeout: 60_000 });
  expect(await isRunning(id)).toBe(false);
});

/** The process id that a command notes in its directory soon after its start. */
function readId(directory: string): Promise<number> {
  const read = async () => Number(await readFile(join(directory, "id"), "utf8"));
  return vi.waitFor(read, { timeout: 60_000 });
}

/** Whether a process exists, and is not only waiting to be collected by its parent. */
async function isRunning(id: number): Promise<boolean> {
  const status = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  return status !== "" && !/\) Z /.test(status);
}
