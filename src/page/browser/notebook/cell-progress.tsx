import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { NotebookCellProgress, NotebookCellState } from "../../../kernel/notebook-state.ts";
import { formatDuration } from "../../../text.ts";

/** The names of the states. */
export const STATE_WORDS: Readonly<Record<NotebookCellState, string>> = {
  idle: "not run yet",
  waiting: "waiting",
  running: "running",
  computed: "computed",
  remembered: "as before",
  read: "read",
  pruned: "left out",
  skipped: "skipped",
  failed: "failed",
};

/** How a cell is doing, in a few words. */
export function CellProgressView({
  progress,
}: {
  readonly progress: NotebookCellProgress;
}): JSX.Element {
  const { state, message, fraction } = progress;
  const isRunning = state === "running";
  const percent = isRunning && fraction !== null ? `${Math.floor(100 * fraction)} %` : "";
  return (
    <p class={`standing standing--${state}`}>
      <span class="standing__sign" aria-hidden="true" />
      <span class="standing__word">{STATE_WORDS[state]}</span>
      {isRunning && message !== "" && <span class="standing__message">{message}</span>}
      {percent !== "" && <span class="standing__number">{percent}</span>}
      <Details progress={progress} />
    </p>
  );
}

function Details({ progress }: { readonly progress: NotebookCellProgress }): JSX.Element | null {
  const { state, startedAt, elapsedMs, version } = progress;
  if (startedAt !== null) return <Since instant={startedAt} />;
  if (state === "read") {
    return <span class="standing__number">{version === null ? "" : `version ${version}`}</span>;
  }
  const hasTime = state === "computed" || state === "remembered" || state === "failed";
  if (!hasTime || elapsedMs === null) return null;
  const title = state === "remembered" ? "what its function took when it ran" : undefined;
  return (
    <span class="standing__number" title={title}>
      {formatDuration(elapsedMs)}
    </span>
  );
}

const TICK_MS = 200;

/** How long ago something began, counting. */
export function Since({ instant }: { readonly instant: string }): JSX.Element {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const elapsedMs = Math.max(0, nowMs - Date.parse(instant));
  return <span class="standing__number">{`${(elapsedMs / 1000).toFixed(1)} s`}</span>;
}
