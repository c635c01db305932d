import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { HexError } from "../../../src/errors.ts";
import { readProcess } from "../../../src/process/process-table.ts";
import { toCrashError } from "../../../src/run/process/process-ending.ts";
import { buildProgram } from "../../store/build-program.ts";
import { findSleepers } from "./find-sleepers.ts";
import { abortAt, giveTask, PATIENT, runTask, startTasks } from "./run-task.ts";

it("lets a task that listens end by itself, and says why it is to", async () => {
  const reason = new HexError("HEX_CANCELLED", "somebody asked for it");
  const { ending } = await runTask("stop-politely", null, abortAt("waiting", reason), PATIENT);
  expect(ending).toMatchObject({
    status: "done",
    stop: "cancelled",
    value: ["HEX_CANCELLED", "somebody asked for it"],
  });
});

it("asks a task to stop at its deadline", async () => {
  const process = await startTasks(PATIENT);
  // One that still loads its code has nothing to end politely.
  await process.ready;
  const { ending } = await giveTask(process, "stop-politely", null, { deadlineMs: 1_000 });
  expect(ending).toMatchObject({
    stop: "timeout",
    value: ["HEX_RUN_TIMEOUT", expect.stringContaining("over within 1 s")],
  });
});

it.each(["loop", "ignore-all"])("kills a task that does not stop: %s", async (kind) => {
  const line = kind === "loop" ? "looping" : "ignoring";
  const { ending } = await runTask(kind, null, abortAt(line));
  expect(ending).toMatchObject({
    status: "crashed",
    survivors: [],
    cause: { reason: "cancelled", signal: "SIGKILL" },
  });
});

it("kills a task that goes on after its deadline", async () => {
  const { ending } = await runTask("loop", null, { deadlineMs: 1_000 });
  expect(ending).toMatchObject({ cause: { reason: "timeout", signal: "SIGKILL" } });
  expect(ending.status === "crashed" && toCrashError(ending.cause).message).toBe(
    "Expected the run to be over by its deadline, got a process that still went on and was killed",
  );
});

it("takes a deadline of months", async () => {
  const { ending } = await runTask("echo", 1, { deadlineMs: 2 ** 40 });
  expect(ending).toMatchObject({ stop: null, value: 1 });
});

it("kills a task at once when it is told to", async () => {
  const process = await startTasks();
  const onLine = () => void process.kill();
  const { ending } = await giveTask(process, "loop", null, { onLine });
  expect(ending).toMatchObject({ cause: { reason: "cancelled", signal: "SIGKILL" } });
});

it.each(["loop", "ignore-all", "exit", "abort", "throw-later", "echo"])(
  "leaves no descendant, whether it left the group or not, of a task that ends by: %s",
  async (kind) => {
    const id = toFamilyId();
    let seen = 0;
    const onCall = async () => {
      await expect.poll(() => findSleepers(id).length).toBe(5);
      seen = findSleepers(id).length;
    };
    const line = kind === "loop" ? "looping" : "ignoring";
    const { ending } = await runTask("family", `${kind} ${id}`, { ...abortAt(line), onCall });
    expect(ending).toMatchObject({
      status: kind === "echo" ? "done" : "crashed",
      survivors: [],
    });
    expect(seen).toBe(5);
    expect(findSleepers(id)).toEqual([]);
  },
);

it("is not held up by a stranger that holds its pipes open", async () => {
  const id = toFamilyId();
  const { ending } = await runTask("leave-stranger", id);
  expect(ending).toMatchObject({ status: "done", value: "left" });
  expect(findSleepers(id)).toHaveLength(1);
});

it.each(["loop", "ignore-all", "hoard"])(
  "is gone, with its descendants, soon after its parent was killed: %s",
  async (kind) => {
    const id = toFamilyId();
    const parent = await startParent(`${kind} ${id}`);
    const child = await toldPid(parent);
    await expect.poll(() => findSleepers(id).length).toBe(5);
    parent.kill("SIGKILL");
    await expect.poll(() => readProcess(child)).toBeUndefined();
    await expect.poll(() => findSleepers(id)).toEqual([]);
  },
);

/** Digits by which a test knows its sleepers from those of any other. */
function toFamilyId(): string {
  const id = `${randomInt(2 ** 47)}`;
  onTestFinished(() => {
    for (const pid of findSleepers(id)) process.kill(pid, "SIGKILL");
  });
  return id;
}

async function startParent(payload: string): Promise<ChildProcess> {
  const program = await buildProgram(new URL("./programs/parent.ts", import.meta.url));
  const tasks = await buildProgram(new URL("./programs/tasks.ts", import.meta.url));
  const argv = [process.execPath, program, pathToFileURL(tasks).href, payload];
  // So few files may be open that a task can use them all up.
  const parent = spawn("sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", ...argv]);
  onTestFinished(() => void parent.kill("SIGKILL"));
  return parent;
}

/** The id of the run's process, told once its task has begun. */
async function toldPid({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error("Its output is not read");
  const [line] = await once(createInterface(stdout), "line");
  const pid = Number(/^started (\d+)$/.exec(line)?.[1]);
  onTestFinished(() => {
    if (readProcess(pid) !== undefined) process.kill(pid, "SIGKILL");
  });
  return pid;
}
