import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { type CrashCause, toCrashError } from "../../../src/run/process/process-ending.ts";
import { buildProgram } from "../../store/build-program.ts";
import { runTask } from "./run-task.ts";

const TASKS = new URL("./programs/tasks.ts", import.meta.url);
const LIMITS = { memoryBytes: 200 * 2 ** 20, graceMs: 300 };

it("tells the exit code of a task that exits", async () => {
  const { reason, exitCode, sentence } = await crash("exit");
  expect({ reason, exitCode }).toEqual({ reason: "exit", exitCode: 7 });
  expect(sentence).toMatch(
    /^Expected the run's process to be going until the run ends, got exit code 7 \(/,
  );
});

it("tells the signal of a task that aborts", async () => {
  const { reason, signal, sentence } = await crash("abort");
  expect({ reason, signal }).toEqual({ reason: "signal", signal: "SIGABRT" });
  expect(sentence).toContain("got the signal SIGABRT");
});

it.each([
  ["throw-later", "RangeError: nobody catches this"],
  ["reject-later", "Error: nobody awaits this"],
  ["fail-by-bug", "TypeError: a bug"],
  ["answer-unsendable", "TypeError: Converting circular structure to JSON"],
])("tells what nobody caught: %s", async (kind, message) => {
  const { ending, stderr } = await runTask(kind);
  expect(ending).toMatchObject({
    status: "crashed",
    cause: { reason: "uncaught", exitCode: 1, message: expect.stringContaining(message) },
  });
  expect(stderr.join("\n")).toContain(message);
});

it("ends over what nobody caught also when nobody reads what it prints", async () => {
  const program = await buildProgram(TASKS);
  const stdio = ["ignore", "pipe", "pipe", "ipc"] as const;
  const env = { ...process.env, HEX_PROCESS_MARK: randomUUID() };
  const child = spawn(process.execPath, [program, `${process.pid}`], { stdio: [...stdio], env });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.send({ type: "task-given", task: { kind: "throw-later", payload: null } });
  expect(await once(child, "exit")).toEqual([1, null]);
});

it("keeps what nobody caught on one line", async () => {
  const { sentence } = await crash("fail-by-bug");
  expect(sentence).toContain("got TypeError: a bug\\nof two lines (");
});

it.each(["grow-array", "grow-buffers", "grow-children"])(
  "ends a task that takes too much memory, and says so: %s",
  async (kind) => {
    const { reason, sentence, peakMemoryBytes } = await crash(kind);
    expect(reason).toBe("memory");
    expect(sentence).toMatch(
      /^Expected the memory of the run's process to be below 200 MiB, got \d+ MiB /,
    );
    expect(peakMemoryBytes).toBeGreaterThan(20 * 2 ** 20);
  },
);

it("ends only the task when a string becomes too long for V8", async () => {
  const { ending } = await runTask("grow-string", null, {}, { limits: LIMITS });
  // The text may instead be what fills the heap, as it is on a smaller machine.
  expect(ending).toMatchObject({ status: "crashed" });
  expect(["uncaught", "memory"]).toContain(ending.status === "crashed" && ending.cause.reason);
});

it("runs another task after each crash", async () => {
  await crash("abort");
  const { ending } = await runTask("echo", "still here");
  expect(ending).toMatchObject({ value: "still here" });
});

async function crash(kind: string): Promise<CrashCause & { readonly sentence: string }> {
  const { ending } = await runTask(kind, null, {}, { limits: LIMITS });
  if (ending.status !== "crashed") throw new Error("It did not crash");
  return { ...ending.cause, sentence: toCrashError(ending.cause).message };
}
