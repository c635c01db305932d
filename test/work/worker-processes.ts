import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { LEASE_MS } from "../../src/queue/queue.ts";
import type { WorkerEvent } from "../../src/work/worker.ts";
import { buildProgram } from "../store/build-program.ts";
import { until } from "./project-processes.ts";
import { runtimeUrl } from "./worker-project.ts";

const program = new URL("./programs/work.ts", import.meta.url);
const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly pid: number;
  /** `null` after it was killed */
  readonly exitCode: Promise<number | null>;
  /** all that it told */
  printed(): string;
  /** The events of a type that it told. */
  told(type: WorkerEvent["type"]): readonly WorkerEvent[];
  send(signal: NodeJS.Signals): void;
}

/** Starts a worker and waits until it takes jobs. */
export async function startWorker(
  directory: string,
  {
    drainMs = 0,
    leaseMs = LEASE_MS,
  }: { readonly drainMs?: number; readonly leaseMs?: number } = {},
): Promise<WorkerProcess> {
  const built = await buildProgram(program);
  const args = [built, directory, runtimeUrl, `${leaseMs}`, `${drainMs}`];
  const worker = toWorker(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
  await until("the worker takes jobs", () => worker.told("worker-started").length === 1);
  return worker;
}

/** Starts `hex worker`. */
export function startHexWorker(directory: string, env: NodeJS.ProcessEnv = {}): WorkerProcess {
  const args = [command, "worker", "--json", "--project", directory];
  const stdio = ["ignore", "inherit", "pipe"] as const;
  return toWorker(
    spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: [...stdio] }),
  );
}

function toWorker(child: ChildProcess): WorkerProcess {
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let printed = "";
  (child.stdout ?? child.stderr)?.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const lines = () => printed.split("\n").slice(0, -1);
  return {
    pid: child.pid ?? 0,
    printed: () => printed,
    exitCode: once(child, "close").then(([code]) => code),
    told: (type) =>
      lines()
        .map((line): WorkerEvent => JSON.parse(line))
        .filter((event) => event.type === type),
    send: (signal) => child.kill(signal),
  };
}
