import { randomUUID } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HexError } from "../errors.ts";
import { startProjectProcess } from "../work/project-process.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import type {
  CsvRequest,
  EvaluatedCell,
  EvaluateRequest,
  Evaluation,
  RowsAnswer,
  TableReader,
  Viewers,
} from "./evaluation.ts";
import { KernelPool, type PoolLimits } from "./pool.ts";
import {
  type ComputingCell,
  type CsvAnswer,
  type KernelAnswer,
  type KernelRequest,
  TimedOutCells,
  toTimeoutMessage,
} from "./request.ts";
import { ALLOCATOR } from "./thread-messages.ts";
import { ViewerThreads } from "./viewer-threads.ts";

export interface ViewersOptions extends Partial<PoolLimits> {
  /** a line that a cell logged or printed; ignored unless given */
  readonly onLine?: (line: string) => void;
}

const LIMITS: PoolLimits = {
  size: 2,
  waiting: 500,
  deadlineMs: 10_000,
  idleMs: 600_000,
};

/** The server's own: a viewer waits for it, and for no run beside it. */
const PRIORITY = 0;

/** Opens processes that answer viewers; the first is started by a request, or by `warm`. */
export function openViewers(
  runs: Pick<ProjectRuns, "directory" | "config" | "runtimeUrl" | "environment" | "redactor">,
  { onLine = () => undefined, ...limits }: ViewersOptions = {},
): Viewers {
  const { directory, redactor } = runs;
  const all = { ...LIMITS, ...limits };
  const { threads, startProcess } = openProcesses(runs, all.size, onLine);
  let areThreads = true;
  const pool = new KernelPool({
    limits: all,
    directory,
    startProcess: () => (areThreads ? threads.start() : startProcess(runs.config)),
    onLack: (what) => {
      areThreads = false;
      onLine(`Cells use ${what}, which threads have not: viewers are answered by processes`);
    },
    onLine,
    redact: (text) => redactor.redact(text, "text"),
    openLines: redactor.openLines,
  });
  const evaluateText: Viewers["evaluateText"] = async (request, { signal } = {}) => {
    const evaluate = async (query: EvaluateRequest) =>
      (await pool.ask({ kind: "evaluate", query }, signal)).text;
    try {
      return await evaluate(request);
    } catch (thrown) {
      if (!(thrown instanceof TimedOutCells)) throw thrown;
      return answerTimedOut(thrown, request, evaluate);
    }
  };
  return {
    ...toTableReader((request, signal) => pool.ask(request, signal)),
    evaluateText,
    evaluate: async (...request) => JSON.parse(await evaluateText(...request)) as Evaluation,
    warm: async (version) => {
      await pool.ask({ kind: "warm", version }).catch(() => undefined);
    },
    restart: () => {
      areThreads = true;
      threads.renew();
      pool.restart();
    },
    close: () => pool.close(),
  };
}

type ViewedRuns = Parameters<typeof openViewers>[0];

/** Threads in one process, which may take as much memory as a process each; and processes. */
function openProcesses(runs: ViewedRuns, size: number, onLine: (line: string) => void) {
  const { config, environment, redactor } = runs;
  const { memoryBytes } = config.runs;
  const startProcess = (its: ViewedRuns["config"]) =>
    startProjectProcess({ ...runs, config: its }, { ...environment, ...ALLOCATOR }, "listed", {
      priority: PRIORITY,
    });
  const named = [...config.runs.environment, ...Object.keys(ALLOCATOR)];
  const all = { ...config.runs, memoryBytes: size * memoryBytes, environment: named };
  const shared = { ...config, runs: all };
  const threads = new ViewerThreads({
    startProcess: () => startProcess(shared),
    heapBytes: memoryBytes,
    toHooks: () => ({
      onLine: (_, line) => onLine(line),
      onEvent: (event) => event.type === "line-logged" && onLine(event.line),
      redactLine: redactor.openLines(),
    }),
  });
  return { threads, startProcess };
}

/**
 * The answer to a request for cells of which some timed out: these say so, cells below them say that
 * they wait for them, and all others are evaluated once more.
 *
 * @param again evaluates, and gives JSON
 */
async function answerTimedOut(
  timedOut: TimedOutCells,
  request: EvaluateRequest,
  again: (request: EvaluateRequest) => Promise<string>,
): Promise<string> {
  const { version, commit, invalid, asked, computing, isPress } = timedOut.progress;
  const ended = toEndedCells(timedOut);
  const others = asked.filter((name) => !ended.has(name));
  // No process holds this one: none of its cells has rows.
  const evaluation = randomUUID();
  let answer: Evaluation = { evaluation, version, commit, inputs: {}, cells: [], invalid };
  if (others.length > 0 && !isPress) {
    const pinned = request.version === null ? { version, commit } : {};
    // Where this fails as well, the others say that they were stopped.
    answer = await again({ ...request, ...pinned, cells: others })
      .then((text) => JSON.parse(text) as Evaluation)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof HexError) || thrown.code === "HEX_CANCELLED") throw thrown;
        return answer;
      });
  }
  for (const cell of answer.cells) ended.set(cell.name, cell);
  const late = toNames(computing);
  const message = `Not told: ${late} took too long, and all that went on beside it was stopped`;
  const cells = asked.map((name) => ended.get(name) ?? toSkipped(name, message));
  return JSON.stringify({ ...answer, cells } satisfies Evaluation);
}

/** The cells asked for that timed out or wait for one that did, by name. */
function toEndedCells({ progress, limitMs }: TimedOutCells): Map<string, EvaluatedCell> {
  const { asked, computing } = progress;
  const ended = new Map<string, EvaluatedCell>();
  for (const name of asked) {
    const own = computing.find((cell) => cell.name === name);
    const above = computing.filter(({ below }) => below.includes(name));
    if (own !== undefined) ended.set(name, toTimedOut(own, limitMs));
    else if (above.length > 0) {
      const message = `Not computed: it waits for ${toNames(above)}, which took too long and was stopped`;
      ended.set(name, toSkipped(name, message));
    }
  }
  return ended;
}

function toTimedOut({ name, startedAt }: ComputingCell, limitMs: number): EvaluatedCell {
  const error = { code: "HEX_RUN_TIMEOUT", message: toTimeoutMessage([name], limitMs) } as const;
  return { name, status: "failed", startedAt, elapsedMs: limitMs, error };
}

function toSkipped(name: string, message: string): EvaluatedCell {
  return { name, status: "skipped", elapsedMs: 0, error: { code: "HEX_RUN_TIMEOUT", message } };
}

function toNames(cells: readonly ComputingCell[]): string {
  return cells.map(({ name }) => name).join(", ");
}

type Ask = (request: KernelRequest, signal: AbortSignal | undefined) => Promise<KernelAnswer>;

/** Reads rows by requests to a kernel's process. */
export function toTableReader(ask: Ask): TableReader {
  const rowsText: TableReader["rowsText"] = async (query, { signal } = {}) =>
    (await ask({ kind: "rows", query }, signal)).text;
  return {
    rowsText,
    rows: async (...request) => JSON.parse(await rowsText(...request)) as RowsAnswer,
    csv: (query, { signal } = {}) => readCsv(ask, query, signal),
  };
}

/** Each block is made while the one before is sent. */
async function* readCsv(ask: Ask, query: CsvRequest, signal: AbortSignal | undefined) {
  const folder = await mkdtemp(join(tmpdir(), "hex-csv-"));
  const into = join(folder, "block");
  try {
    const file = await open(into, "wx+", 0o600);
    try {
      const next = async (block: number) => {
        const { text } = await ask({ kind: "csv", query, block, into }, signal);
        return readBlock(file, (JSON.parse(text) as CsvAnswer).sizeBytes);
      };
      let bytes = await next(0);
      for (let block = 1; bytes.length > 0; block++) {
        const following = next(block);
        // Who stops in between hears of no failure.
        following.catch(() => undefined);
        yield bytes;
        bytes = await following;
      }
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readBlock(file: FileHandle, sizeBytes: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  for (let start = 0; start < sizeBytes; ) {
    const { bytesRead } = await file.read(bytes, start, sizeBytes - start, start);
    if (bytesRead === 0) throw new Error(`Expected ${sizeBytes} bytes of a download, got ${start}`);
    start += bytesRead;
  }
  return bytes;
}
