import { spawn } from "node:child_process";
import { once } from "node:events";
import type { QueueToOpen } from "../../src/queue/open-queue.ts";
import type { QueueOptions } from "../../src/queue/queue.ts";
import { buildProgram } from "../store/build-program.ts";

const program = new URL("./programs/work-queue.ts", import.meta.url);

/** A process of its own that takes jobs. */
export interface WorkerProcess {
  readonly isReady: Promise<unknown>;
  /** `null` after it was killed */
  readonly exitCode: Promise<number | null>;
  /** The ids of which it told, such as `took`, or `ended` with an answer. */
  told(what: "took" | "ended", answer?: string): string[];
  errors(): string;
  /** Asks it to end. */
  end(): void;
  kill(): void;
}

export async function startWorker(
  place: QueueToOpen,
  options: QueueOptions,
): Promise<WorkerProcess> {
  return runWorker(await buildProgram(program), place, options);
}

/** Builds the program once, for a test that starts many. */
export async function buildWorker(
  place: QueueToOpen,
  options: QueueOptions,
): Promise<() => WorkerProcess> {
  const built = await buildProgram(program);
  return () => runWorker(built, place, options);
}

function runWorker(built: string, place: QueueToOpen, options: QueueOptions): WorkerProcess {
  const args = [built, JSON.stringify(place), JSON.stringify(options)];
  const child = spawn(process.execPath, args);
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  // A worker may be killed before it is asked to end.
  child.stdin.on("error", () => {});
  const ended = once(child, "close");
  return {
    isReady: Promise.race([once(child.stdout, "data"), ended]),
    exitCode: ended.then(([code]) => code),
    told: (what, answer) => toIds(output, what, answer),
    errors: () => errors,
    end: () => child.stdin.end(),
    kill: () => child.kill("SIGKILL"),
  };
}

/** From whole lines only: the last one may have been cut off. */
function toIds(output: string, what: string, answer: string | undefined): string[] {
  const lines = output.split("\n").slice(0, -1);
  return lines.flatMap((line) => {
    const [said, id = "", more] = line.split(" ");
    return said === what && (answer === undefined || more === answer) ? [id] : [];
  });
}
