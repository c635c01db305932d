import { HexError } from "../errors.ts";
import { type Notebook, openNotebook } from "../kernel/notebook.ts";
import type { NotebookRun } from "../kernel/notebook-state.ts";
import { type NotebookServer, openNotebookServer } from "../server/notebook/notebook-server.ts";
import { toLog } from "../server/request-log.ts";
import { EXIT_COMPLETED, EXIT_INTERRUPTED } from "./exit-code.ts";
import type { MainOptions } from "./main.ts";
import { say, toShownWord, warn } from "./terminal.ts";

/** The flags of `hex dev`, as commander hands them over. */
export interface DevFlags {
  readonly project: string;
  readonly port?: string;
}

const FIRST_PORT = 8_788;
/** So many ports are tried when nobody asked for one. */
const MOST_PORTS = 20;

/** `hex dev`: the project as its author's live notebook, until it is told to stop. */
export async function dev(flags: DevFlags, { runtimeUrl }: MainOptions): Promise<number> {
  const stop = new AbortController();
  const onStop = () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort(new HexError("HEX_CANCELLED", "the notebook was told to stop"));
  };
  process.on("SIGINT", onStop).on("SIGTERM", onStop);
  const notebook = await openNotebook(flags.project, {
    runtimeUrl,
    onEnded: (run) => tell(toLine(run, notebook)),
    onWarning: tell,
  });
  try {
    const server = await serveNotebook(flags, notebook, runtimeUrl);
    try {
      await whenStopped(stop.signal);
    } finally {
      await server.close();
    }
    return EXIT_COMPLETED;
  } finally {
    await notebook.close();
    process.off("SIGINT", onStop).off("SIGTERM", onStop);
  }
}

/** Listens on the asked port, or on the first free one where none was asked for; prints the address. */
async function serveNotebook(
  { port }: DevFlags,
  notebook: Notebook,
  runtimeUrl: string,
): Promise<NotebookServer> {
  const log = toLog(
    (entry) => entry,
    (line) => process.stderr.write(line),
  );
  const tellFaults = (entry: Parameters<typeof log>[0]) => {
    if (entry.level !== "info") log(entry);
  };
  const first = port === undefined ? FIRST_PORT : parsePort(port);
  const last = port === undefined ? FIRST_PORT + MOST_PORTS : first;
  for (let each = first; ; each++) {
    const server = await openNotebookServer({ notebook, runtimeUrl, port: each, log: tellFaults });
    try {
      const address = await server.listen();
      if (each !== first) tell(`port ${first} is taken: listening on ${each}`);
      say(address);
      return server;
    } catch (error) {
      await server.close();
      if (each >= last) throw error;
    }
  }
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new HexError(
    "HEX_USAGE",
    `Expected --port to be a whole number from 0 to 65535, got ${JSON.stringify(text)}`,
  );
}

/** What a run came to, in one line. */
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

function tell(line: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  warn(`${time} ${toShownWord(line)}`);
}

async function whenStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
