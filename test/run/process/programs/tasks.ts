import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../../../../src/errors.ts";
import { Program } from "../../../../src/process/program.ts";
import type { ProcessTask } from "../../../../src/run/process/messages.ts";
import { type Parent, serveTask } from "../../../../src/run/process/serve-task.ts";
import { findSleepers } from "../find-sleepers.ts";

/** A program whose tasks do what runs should not, one kind each. */
const TASKS: Readonly<Record<string, (payload: unknown, parent: Parent) => unknown>> = {
  echo: (payload) => payload,
  "fail-expectedly": () => {
    throw new HexError("HEX_NOT_COMPUTED", "Expected it to be computed, got nothing");
  },
  "fail-by-bug": () => {
    throw new TypeError("a bug\nof two lines");
  },
  "answer-unsendable": () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    return circle;
  },
  tell: (_, { emit }) => {
    emit({ type: "cell-started", name: "heavy" });
    for (let step = 0; step <= 1_000; step++) {
      emit({ type: "cell-progressed", name: "heavy", fraction: step / 1_000, message: `${step}` });
    }
    emit({ type: "cell-ended", cell: { name: "heavy", status: "computed", elapsedMs: 1 } });
    emit({ type: "line-logged", name: "heavy", line: "first\nforged" });
  },
  print: (payload) => {
    process.stdout.write(`${payload}`);
  },
  flood: () => {
    for (let line = 0; line < 200_000; line++) console.log(`line ${line}`);
  },
  ask: (payload, { call }) => call("double", payload),
  "ask-in-vain": (_, { call }) => call("fail", null).catch((error) => [error.code, error.message]),
  "await-note": (_, parent) =>
    new Promise((resolve) => {
      parent.onNote("lease-lost", resolve);
      console.log("listening");
    }),
  "stop-politely": async (_, { signal }) => {
    console.log("waiting");
    // On a busy machine the signal may have come together with the task.
    if (!signal.aborted) await once(signal, "abort");
    return [signal.reason.code, signal.reason.message];
  },
  loop: () => {
    console.log("looping");
    for (;;);
  },
  /** opens all the files that it may, then never pauses */
  hoard: () => {
    try {
      for (;;) openSync("/dev/null", "r");
    } catch {
      for (;;);
    }
  },
  "ignore-all": async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
    console.log("ignoring");
    await new Promise((resolve) => setInterval(resolve, 2 ** 30));
  },
  /** starts five sleepers, each in another way, then goes on as it is told */
  family: async (payload, parent) => {
    const [then, id] = `${payload}`.split(" ");
    spawn("sleep", [`1000.${id}`], { stdio: "ignore" });
    spawn("sleep", [`1000.${id}`], { stdio: "ignore", detached: true }).unref();
    spawn("sh", ["-c", `trap '' TERM; sleep 1000.${id}; sleep 1000.${id}`], { stdio: "ignore" });
    const script = `setsid sh -c 'sleep 1000.${id} & sleep 1000.${id}' & exit`;
    spawn("sh", ["-c", script], { stdio: "inherit" });
    await parent.call("look", null);
    await TASKS[`${then}`]?.(null, parent);
  },
  /** leaves a process behind that nobody can know, and that holds our pipes */
  "leave-stranger": async (id) => {
    const script = `setsid env -i sleep 1000.${id} & exit`;
    await once(spawn("sh", ["-c", script], { stdio: "inherit", env: {} }), "exit");
    // Until then it is in our group, and is no stranger.
    while (findSleepers(`${id}`).length === 0) await wait(10);
    return "left";
  },
  "grow-array": () => {
    const grown: number[] = [];
    for (;;) grown.push(grown.length * 1.5);
  },
  "grow-buffers": async () => {
    const grown: Buffer[] = [];
    for (;;) {
      grown.push(Buffer.alloc(2 ** 22, 1));
      await wait(1);
    }
  },
  "grow-string": () => {
    let text = "x".repeat(1_000);
    for (;;) text += text;
  },
  "grow-children": async () => {
    const script = "const b = []; setInterval(() => b.push(Buffer.alloc(2 ** 22, 1)), 5)";
    await once(spawn(process.execPath, ["-e", script], { detached: true }), "exit");
  },
  exit: () => process.exit(7),
  abort: () => process.abort(),
  "throw-later": async () => {
    setTimeout(() => {
      throw new RangeError("nobody catches this");
    }, 1);
    await wait(2 ** 30);
  },
  "reject-later": async () => {
    void Promise.reject(new Error("nobody awaits this"));
    await wait(2 ** 30);
  },
  "leave-timers": () => {
    setInterval(() => undefined, 10);
    return "done";
  },
  "hang-at-exit": () => {
    process.on("exit", () => {
      for (;;);
    });
    return "done";
  },
  environment: () => process.env,
  priority: () => getPriority(),
  "session-priorities": async () => {
    const program = new Program({
      command: ["sleep", "60"],
      directory: ".",
      environment: { PATH: process.env["PATH"] },
    });
    const own = await untilLowered("self");
    const below = await untilLowered(program.pid);
    await program.kill();
    return { own, below };
  },
  "find-channel": () => typeof process.send,
};

/** The priority of a process's session, once it is not the ordinary one. */
async function untilLowered(pid: number | string | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/autogroup`, "utf8");
  const priority = Number(/ nice (-?\d+)/.exec(text)?.[1]);
  if (priority !== 0) return priority;
  await wait(10);
  return untilLowered(pid);
}

serveTask(async (task, parent) => {
  const { kind, payload = null } = task as ProcessTask & { readonly payload?: unknown };
  return TASKS[kind]?.(payload, parent);
});
