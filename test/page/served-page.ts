import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "../work/project-processes.ts";

const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));

/** A line of the server's log. */
interface LogLine {
  readonly event: string;
  readonly address?: string;
  readonly path?: string;
  readonly [field: string]: unknown;
}

/** `hex serve` of a project, in a process of its own on any free port of this machine. */
export interface ServedPage {
  /** `http://127.0.0.1:port` */
  readonly address: string;
  lines(): readonly LogLine[];
  stop(): Promise<void>;
}

/** Serves a project by the built command, until it is stopped. */
export async function servePage(
  directory: string,
  ...argv: readonly string[]
): Promise<ServedPage> {
  const child = spawn(
    process.execPath,
    [command, "serve", "--project", directory, "--port", "0", ...argv],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const closed = once(child, "close");
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const lines = (): readonly LogLine[] =>
    printed
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const started = () => lines().find(({ event }) => event === "server-started");
  await until("the server to listen", () => started() !== undefined || child.exitCode !== null);
  const address = started()?.address;
  if (address === undefined) throw new Error(`hex serve did not start: ${printed}`);
  return {
    address,
    lines,
    async stop() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}
