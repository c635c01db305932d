import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { readProcess } from "../../src/process/process-table.ts";
import { Program } from "../../src/process/program.ts";

const start = (script: string, pipes = 0) =>
  new Program({
    command: [process.execPath, "-e", script],
    directory: process.cwd(),
    environment: { PATH: process.env["PATH"] },
    pipes,
  });

const read = async (stream: Readable | undefined) => stream && text(stream);

test("tells how a program ended, and gives what it wrote", async () => {
  const program = start("console.log('made'); console.error('said'); process.exitCode = 3");
  const [made, said, end] = await Promise.all([
    read(program.stdout),
    read(program.stderr),
    program.ended,
  ]);
  expect({ made, said, end }).toEqual({
    made: "made\n",
    said: "said\n",
    end: { exitCode: 3, signal: null, leftovers: 0, survivors: [] },
  });
});

test("says why a program could not be started", async () => {
  const program = new Program({
    command: ["no-such-program"],
    directory: process.cwd(),
    environment: {},
  });
  const { exitCode, refusal } = await program.ended;
  expect([program.pid, exitCode, refusal?.code]).toEqual([undefined, null, "ENOENT"]);
});

test("hands over a pipe in both directions", async () => {
  const program = start(
    "const s = new (require('node:net').Socket)({ fd: 3 }); s.once('data', (b) => s.end('got ' + b));",
    1,
  );
  const pipe = program.pipe(3);
  pipe?.write("five");
  expect(await read(pipe)).toBe("got five");
  await program.ended;
});

test("kills what a program that ended has left running, in a session of its own, and counts it", async () => {
  const sleeper = "setInterval(() => undefined, 1000)";
  const program = start(`
    const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(sleeper)}], { detached: true, stdio: "ignore" });
    child.once("spawn", () => { console.log(child.pid); child.unref(); });
  `);
  const [written, { leftovers, survivors }] = await Promise.all([
    read(program.stdout),
    program.ended,
  ]);
  expect([leftovers, survivors]).toEqual([1, []]);
  expect(readProcess(Number(written))).toBeUndefined();
});

test("kills a program that heeds no signal", async () => {
  const program = start(
    "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('up')",
  );
  await once(program.stdout ?? process.stdin, "data");
  program.send("SIGTERM");
  await program.kill();
  expect(await program.ended).toMatchObject({ signal: "SIGKILL", survivors: [] });
});
