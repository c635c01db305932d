import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A program that cannot outlive this process, not even when this process is killed. */
export interface LifelineProcess {
  /** the directory made for it, which is removed when it ends */
  readonly directory: string;
  /** becomes true when it has ended, and its directory is gone */
  hasEnded: boolean;
  /** settles when it has ended: the exit code, `null` after a signal */
  readonly exitCode: Promise<number | null>;
  /** The last lines it has written. */
  lastLines(): string;
  /** Kills it with all it has started, and resolves when nothing is left. */
  stop(): Promise<void>;
}

export interface LifelineOptions {
  /** a new directory is made by adding six characters to this path */
  readonly directoryPrefix: string;
  /** the command to run, given that directory */
  readonly command: (directory: string) => readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const script = fileURLToPath(new URL("lifeline.sh", import.meta.url));
const keptOutput = 4000;

/** Starts a program that is killed as a group on `stop()` and when this process ends in any way. */
export async function startOnLifeline(options: LifelineOptions): Promise<LifelineProcess> {
  const directory = await mkdtemp(options.directoryPrefix);
  const child = spawn("bash", [script, directory, ...options.command(directory)], {
    // In a session of its own, so that Ctrl-C reaches it through the lifeline only.
    detached: true,
    env: options.env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-keptOutput);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const exitCode = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const lifeline: LifelineProcess = {
    directory,
    hasEnded: false,
    exitCode,
    lastLines: () => output.trim().split("\n").slice(-5).join("\n"),
    async stop() {
      child.stdin.destroy();
      await exitCode;
    },
  };
  child.once("close", () => {
    lifeline.hasEnded = true;
  });
  return lifeline;
}
