import type { LightAnswer, LightAsk, RowsAnswer, RowsAsk } from "../../run/light/light-ask.ts";
import { startProjectProcess } from "../project-process.ts";
import type { ProjectRuns } from "../project-runs.ts";
import { answerLate, LateCells } from "./late-cells.ts";
import type { CsvAsk, CsvBlock } from "./light-order.ts";
import { LightPool, type LightPoolLimits } from "./light-pool.ts";

export interface LightRunsOptions extends Partial<LightPoolLimits> {
  /** a line that a cell logged or printed; nobody is told unless told to be */
  readonly onLine?: (line: string) => void;
}

interface AskOptions {
  /** ends the waiting; what has not begun is not done */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Answers viewers: runs the cells they ask for in processes that are there already. Nothing of it is
 * recorded or published. What each method throws besides: HEX_RUN_TIMEOUT when cells took too long,
 * HEX_RUN_CRASHED when their process died, HEX_TOO_BUSY when too many wait, HEX_OUTPUT_GONE for a
 * version that is not kept, the failure to read the project, HEX_STORE_UNAVAILABLE, and the reason of
 * the signal.
 */
export interface LightRuns {
  /**
   * What some cells show with a viewer's inputs; a cell that fails or takes too long says so in the
   * answer.
   */
  run(ask: LightAsk, options?: AskOptions): Promise<LightAnswer>;

  /** The same as JSON, ready to be sent. */
  runText(ask: LightAsk, options?: AskOptions): Promise<string>;

  /**
   * Some rows of what a cell shows.
   * @throws {HexError} HEX_OUTPUT_UNKNOWN when it shows no table; HEX_INPUT_INVALID on a filter or
   * an order that it cannot have; the failure of a cell
   */
  rows(ask: RowsAsk, options?: AskOptions): Promise<RowsAnswer>;

  /** The same as JSON, ready to be sent. */
  rowsText(ask: RowsAsk, options?: AskOptions): Promise<string>;

  /** All rows that pass as CSV for a spreadsheet, block by block. @throws {HexError} as `rows` */
  csv(ask: CsvAsk, options?: AskOptions): AsyncGenerator<Uint8Array, void, undefined>;

  /**
   * Starts a process ahead, and lets it read what the cells of a version read; resolves when that is
   * done or has failed.
   */
  warm(version: number | null): Promise<void>;

  /** Code or config has changed: what is asked from now on is answered by new processes. */
  restart(): void;

  close(): Promise<void>;
}

const LIMITS: LightPoolLimits = {
  size: 2,
  waiting: 100,
  deadlineMs: 10_000,
  idleMs: 600_000,
};

/** As the server's own: a viewer waits, other than for a run that goes beside it. */
const PRIORITY = 0;

/** Opens what answers viewers; the first process is started when somebody asks, or by `warm`. */
export function openLightRuns(
  runs: Pick<ProjectRuns, "directory" | "config" | "runtimeUrl" | "environment" | "redact">,
  { onLine = () => undefined, ...limits }: LightRunsOptions = {},
): LightRuns {
  const { directory, environment, redact } = runs;
  const pool = new LightPool({
    limits: { ...LIMITS, ...limits },
    directory,
    startProcess: () => startProjectProcess(runs, environment, "listed", { priority: PRIORITY }),
    onLine: (line) => onLine(redact(line)),
    redact,
  });
  const runText: LightRuns["runText"] = async (ask, { signal } = {}) => {
    const order = (each: LightAsk) => pool.order({ kind: "run", ask: each }, signal);
    try {
      return await order(ask);
    } catch (thrown) {
      if (!(thrown instanceof LateCells)) throw thrown;
      return answerLate(thrown, ask, order);
    }
  };
  const rowsText: LightRuns["rowsText"] = (ask, { signal } = {}) =>
    pool.order({ kind: "rows", ask }, signal);
  return {
    runText,
    rowsText,
    run: async (ask, options) => JSON.parse(await runText(ask, options)) as LightAnswer,
    rows: async (ask, options) => JSON.parse(await rowsText(ask, options)) as RowsAnswer,
    csv: (ask, { signal } = {}) => readCsv(pool, ask, signal),
    warm: async (version) => {
      await pool.order({ kind: "warm", version }).catch(() => undefined);
    },
    restart: () => pool.restart(),
    close: () => pool.close(),
  };
}

async function* readCsv(pool: LightPool, ask: CsvAsk, signal: AbortSignal | undefined) {
  let start: number | null = 0;
  while (start !== null) {
    const text: string = await pool.order({ kind: "csv", ask, start }, signal);
    const { csv, next } = JSON.parse(text) as CsvBlock;
    yield Buffer.from(csv, "utf8");
    start = next;
  }
}
