import { startProjectProcess } from "../work/project-process.ts";
import type { ProjectRuns } from "../work/project-runs.ts";
import type {
  CsvRequest,
  EvaluateRequest,
  Evaluation,
  RowsAnswer,
  TableReader,
  Viewers,
} from "./evaluation.ts";
import { answerLate, LateCells } from "./late-cells.ts";
import { KernelPool, type PoolLimits } from "./pool.ts";
import type { CsvAnswer, KernelAnswer, KernelRequest } from "./request.ts";

export interface ViewersOptions extends Partial<PoolLimits> {
  /** a line that a cell logged or printed; nobody is told unless told to be */
  readonly onLine?: (line: string) => void;
}

const LIMITS: PoolLimits = {
  size: 2,
  waiting: 100,
  deadlineMs: 10_000,
  idleMs: 600_000,
};

/** As the server's own: a viewer waits, other than for a run that goes beside it. */
const PRIORITY = 0;

/** Opens what answers viewers; the first process is started when somebody asks, or by `warm`. */
export function openViewers(
  runs: Pick<ProjectRuns, "directory" | "config" | "runtimeUrl" | "environment" | "redactor">,
  { onLine = () => undefined, ...limits }: ViewersOptions = {},
): Viewers {
  const { directory, environment, redactor } = runs;
  const pool = new KernelPool({
    limits: { ...LIMITS, ...limits },
    directory,
    startProcess: () => startProjectProcess(runs, environment, "listed", { priority: PRIORITY }),
    onLine,
    redact: (text) => redactor.redact(text, "text"),
    openLines: redactor.openLines,
  });
  const evaluateText: Viewers["evaluateText"] = async (ask, { signal } = {}) => {
    const order = async (each: EvaluateRequest) =>
      (await pool.order({ kind: "evaluate", ask: each }, signal)).text;
    try {
      return await order(ask);
    } catch (thrown) {
      if (!(thrown instanceof LateCells)) throw thrown;
      return answerLate(thrown, ask, order);
    }
  };
  return {
    ...toTableReader((order, signal) => pool.order(order, signal)),
    evaluateText,
    evaluate: async (ask, options) => JSON.parse(await evaluateText(ask, options)) as Evaluation,
    warm: async (version) => {
      await pool.order({ kind: "warm", version }).catch(() => undefined);
    },
    restart: () => pool.restart(),
    close: () => pool.close(),
  };
}

type GiveOrder = (order: KernelRequest, signal: AbortSignal | undefined) => Promise<KernelAnswer>;

/** Answers for rows by orders to a kernel's process. */
export function toTableReader(give: GiveOrder): TableReader {
  const rowsText: TableReader["rowsText"] = async (ask, { signal } = {}) =>
    (await give({ kind: "rows", ask }, signal)).text;
  return {
    rowsText,
    rows: async (ask, options) => JSON.parse(await rowsText(ask, options)) as RowsAnswer,
    csv: (ask, { signal } = {}) => readCsv(give, ask, signal),
  };
}

async function* readCsv(give: GiveOrder, ask: CsvRequest, signal: AbortSignal | undefined) {
  let start: number | null = 0;
  while (start !== null) {
    const { text }: KernelAnswer = await give({ kind: "csv", ask, start }, signal);
    const { csv, next } = JSON.parse(text) as CsvAnswer;
    yield Buffer.from(csv, "utf8");
    start = next;
  }
}
