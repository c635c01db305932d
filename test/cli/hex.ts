import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunResult } from "../../src/run/run-event.ts";

const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HexOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the built command as a user would, and waits for its end. */
export function hex(argv: readonly string[], options: HexOptions = {}): Promise<Ended> {
  return startHex(argv, options).ended;
}

export interface Started {
  readonly child: ReturnType<typeof spawn>;
  /** what it has printed so far */
  readonly printed: Pick<Ended, "stdout" | "stderr">;
  readonly ended: Promise<Ended>;
}

/** Starts the built command; whoever starts it sees to its end. */
export function startHex(argv: readonly string[], options: HexOptions = {}): Started {
  const child = spawn(process.execPath, [command, ...argv], {
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject).on("close", (exitCode) => resolve({ exitCode, ...printed }));
  });
  return { child, printed, ended };
}

/** Runs with `--json` and gives the result beside the exit code. */
export async function hexJson(argv: readonly string[], options?: HexOptions) {
  const ended = await hex([...argv, "--json"], options);
  return { ...ended, result: JSON.parse(ended.stdout) as RunResult };
}

export function statusesOf({ cells }: RunResult): Readonly<Record<string, string>> {
  return Object.fromEntries(cells.map(({ name, status }) => [name, status]));
}
