import { useCallback, useEffect, useState } from "preact/hooks";
import type { LogLine } from "../../../run/history/run-log.ts";
import type { CellProgress } from "../../../work/run-progress.ts";
import type { ShownLog, ShownRun } from "../../history-state.ts";
import type { RequestFailure } from "../server/requests.ts";
import { fetchJson } from "../server/requests.ts";
import { useEvery, useFetch } from "./use-fetch.tsx";

/** One run, as it is known now; while it goes, it grows by itself. */
export interface WatchedRun {
  readonly run: ShownRun | undefined;
  /** the cells of its events, by name */
  readonly cells: ReadonlyMap<string, CellProgress>;
  readonly lines: readonly LogLine[];
  readonly failure: RequestFailure | undefined;
  readonly again: () => void;
  /** by the server's clock: milliseconds since 1970 */
  readonly nowMs: number;
}

interface Heard {
  readonly run: ShownRun | undefined;
  readonly cells: ReadonlyMap<string, CellProgress>;
  readonly lines: readonly LogLine[];
}

const NOTHING: Heard = { run: undefined, cells: new Map(), lines: [] };
/** Lines come by the hundred: they are shown together. */
const GATHER_MS = 100;
const CLOCK_MS = 500;
/** How often a run is looked up while its events cannot be heard. */
const POLL_MS = 5_000;

/** Follows a run by its events; its record is read first, and again where events are lost. */
export function useRun(runId: string): WatchedRun {
  const path = `/page/runs/${encodeURIComponent(runId)}`;
  const ask = useCallback((signal: AbortSignal) => readRun(path, signal), [path]);
  const [heard, setHeard] = useState<Heard>(NOTHING);
  const [isDeaf, setDeaf] = useState(false);
  const read = useFetch({ ask, everyMs: isDeaf ? POLL_MS : undefined });
  const isGoing = read.answer !== undefined && read.answer.run.endedAt === null;
  useEffect(() => {
    setHeard(NOTHING);
    setDeaf(false);
    if (!isGoing) return undefined;
    const fallBack = () => {
      setHeard(NOTHING);
      setDeaf(true);
    };
    return listenToRun(path, { onHeard: setHeard, onDeaf: fallBack });
  }, [path, isGoing]);
  const run = heard.run ?? read.answer?.run;
  const nowMs = useServerClock(run);
  return {
    ...{ run, cells: heard.cells, nowMs, failure: read.failure, again: read.again },
    lines: heard.lines.length > 0 ? heard.lines : (read.answer?.lines ?? []),
  };
}

async function readRun(path: string, signal: AbortSignal) {
  const [run, { lines }] = await Promise.all([
    fetchJson<ShownRun>(path, { signal }),
    fetchJson<ShownLog>(`${path}/log`, { signal }),
  ]);
  return { run, lines };
}

interface RunListener {
  readonly onHeard: (heard: Heard) => void;
  /** the events cannot be heard, now or ever */
  readonly onDeaf: () => void;
}

/** Gathers the events of a run; gives what ends it. */
function listenToRun(path: string, { onHeard, onDeaf }: RunListener): () => void {
  const source = new EventSource(`${path}/events`);
  let run: ShownRun | undefined;
  const cells = new Map<string, CellProgress>();
  let lines: LogLine[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const report = () => {
    timer = undefined;
    onHeard({ run, cells: new Map(cells), lines });
  };
  const on = <Data>(name: string, take: (data: Data) => void) =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      take(JSON.parse(data));
      timer ??= setTimeout(report, GATHER_MS);
    });
  on<ShownRun>("run-changed", (data) => {
    run = data;
    // Another attempt begins from nothing.
    cells.clear();
  });
  on<CellProgress>("cell-changed", (data) => cells.set(data.name, data));
  on<LogLine>("line-logged", (data) => {
    lines = [...lines, data];
  });
  on<ShownRun>("run-ended", (data) => {
    run = data;
    cells.clear();
    source.close();
  });
  source.addEventListener("error", () => {
    // A lost connection comes back by itself; a refusal does not.
    if (source.readyState === EventSource.CLOSED) onDeaf();
  });
  return () => {
    source.close();
    clearTimeout(timer);
  };
}

/** The server's clock, which goes on as long as the run does. */
function useServerClock(run: ShownRun | undefined): number {
  const [ahead, setAhead] = useState(0);
  const [, setBeat] = useState(0);
  const now = run?.now;
  useEffect(() => {
    if (now !== undefined) setAhead(Date.parse(now) - Date.now());
  }, [now]);
  const beat = useCallback(() => setBeat((known) => known + 1), []);
  useEvery(run !== undefined && run.endedAt === null ? CLOCK_MS : undefined, beat);
  return Date.now() + ahead;
}
