import { execSync, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { toTaskError } from "../../../../src/run/process/process-ending.ts";
import { type RunProcess, startRunProcess } from "../../../../src/run/process/run-process.ts";

/*
 * Starts tasks while it may open no more files, and prints as JSON what became of them and how busy
 * it was itself. Arguments: the URL of the tasks, how long it stays so in milliseconds, or `for-ever`.
 */

const [, , program = "", starving] = process.argv;

function start(): RunProcess {
  return startRunProcess({
    program: new URL(program),
    limits: { memoryBytes: 2 ** 29 },
    environment: { PATH: process.env["PATH"] ?? "" },
    directory: tmpdir(),
  });
}

async function run(child: RunProcess, kind: string, onLine: (line: string) => void) {
  const ending = await child.run({ kind }, { onLine: (_, line) => onLine(line) });
  return ending.status === "done" ? ending : toTaskError(ending).message;
}

/** Those that are open stay open; the hard limit is left, so that it can be raised again. */
const toLimit = (most: number) => `prlimit --pid ${process.pid} --nofile=${most}:`;
/** Waits with its answer to being starved: later nothing can be started. */
const feeder = spawn("sh", ["-c", `read _; ${toLimit(1_024)}`], {
  stdio: ["pipe", "ignore", "ignore"],
});

async function feed(): Promise<void> {
  const fed = once(feeder, "exit");
  feeder.stdin?.end("\n");
  await fed;
}

const listening = start();
const listened = run(listening, "stop-politely", (line) => {
  if (line === "waiting") void starve();
});
let begun: { readonly cpu: NodeJS.CpuUsage; readonly atMs: number } | undefined;
let refused: unknown;

async function starve(): Promise<void> {
  execSync(toLimit(1));
  begun = { cpu: process.cpuUsage(), atMs: performance.now() };
  refused = await run(start(), "echo", () => undefined);
  if (starving === "for-ever") return;
  await wait(Number(starving));
  await feed();
  const another = await run(start(), "echo", () => undefined);
  tell({ another, isThere: !listening.isOver });
  process.exit();
}

const ending = await listened;
await feed();
tell({ ending, pid: listening.pid });

function tell(what: object): void {
  const { user, system } = process.cpuUsage(begun?.cpu);
  const busy = (user + system) / 1_000 / (performance.now() - (begun?.atMs ?? 0));
  console.log(JSON.stringify({ ...what, refused, busy }));
}
