import { type Notebook, openNotebook } from "../kernel/notebook.ts";
import type { NotebookRun } from "../kernel/notebook-state.ts";
import { type NotebookServer, openNotebookServer } from "../server/notebook-server.ts";
import { type LogEntry, toLog } from "../server/request-log.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  parsePort,
  untilInterrupted,
  whenAborted,
} from "./command.ts";
import { say, toShownWord, warn } from "./terminal.ts";

/** The flags of `hex dev`. */
export interface DevFlags extends CommandFlags {
  readonly port?: string;
}

const FIRST_PORT = 8_788;
/** How many ports are tried without `--port`. */
const PORTS_TRIED = 20;

/** `hex dev`: the project as its author's live notebook, until a signal stops it. */
export async function dev(flags: DevFlags, { runtimeUrl }: MainOptions): Promise<number> {
  return untilInterrupted("the notebook was told to stop", async ({ signal }) => {
    const notebook = await openNotebook(flags.project, {
      runtimeUrl,
      onEnded: (run) => log(toLine(run, notebook)),
      onWarning: log,
    });
    try {
      const server = await serveNotebook(flags, notebook, runtimeUrl);
      try {
        await whenAborted(signal);
      } finally {
        await server.close();
      }
      return EXIT_COMPLETED;
    } finally {
      await notebook.close();
    }
  });
}

/** Listens on the port of the flags, or on the first free one, and prints the address. */
async function serveNotebook(
  { port }: DevFlags,
  notebook: Notebook,
  runtimeUrl: string,
): Promise<NotebookServer> {
  const logEntry = toLog(
    (entry) => entry,
    (line) => process.stderr.write(line),
  );
  const logFault = (entry: LogEntry) => {
    if (entry.level !== "info") logEntry(entry);
  };
  const first = port === undefined ? FIRST_PORT : parsePort(port);
  const last = port === undefined ? FIRST_PORT + PORTS_TRIED : first;
  for (let each = first; ; each++) {
    const server = await openNotebookServer({ notebook, runtimeUrl, port: each, log: logFault });
    try {
      const address = await server.listen();
      if (each !== first) log(`port ${first} is taken: listening on ${each}`);
      say(address);
      return server;
    } catch (error) {
      await server.close();
      if (each >= last) throw error;
    }
  }
}

/** The outcome of a run in one line. */
function toLine({ number, cause, status, elapsedMs }: NotebookRun, { book }: Notebook): string {
  const { standings, head } = book.state;
  const inRun = standings.filter(({ run }) => run === number);
  const named = (state: string) =>
    inRun.filter((each) => each.state === state).map(({ name }) => name);
  const parts = (["computed", "read", "failed"] as const).flatMap((state) => {
    const names = named(state);
    return names.length === 0 ? [] : [`${state} ${names.join(", ")}`];
  });
  const remembered = named("remembered").length;
  if (remembered > 0) parts.push(`${remembered} as before`);
  const why = head.problem ?? head.run?.error;
  if (why !== null && why !== undefined) parts.push(why.message);
  const { publication } = head;
  if (cause === "publish" && publication !== null) {
    parts.push(publication.message ?? `published version ${publication.version}`);
  }
  return `run ${number} (${CAUSES[cause]}) ${status} in ${elapsedMs ?? 0} ms: ${parts.join("; ") || "nothing to do"}`;
}

const CAUSES: Readonly<Record<NotebookRun["cause"], string>> = {
  start: "start",
  change: "files changed",
  input: "an input changed",
  asked: "asked for",
  publish: "publication",
};

function log(line: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  warn(`${time} ${toShownWord(line)}`);
}
