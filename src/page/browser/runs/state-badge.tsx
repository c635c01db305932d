import type { JSX } from "preact";
import type { RunState } from "../../../run/history/run-record.ts";

/** A sign beside the word: nobody has to tell states apart by colour. */
const SIGNS: Readonly<Record<RunState, string>> = {
  queued: "○",
  running: "◐",
  completed: "✓",
  failed: "✕",
  cancelled: "⊘",
};

/** Where a run stands: a word, a sign and a colour. */
export function StateBadge({ state }: { readonly state: RunState }): JSX.Element {
  return (
    <span class={`runs-state is-${state}`}>
      <span class="runs-state-sign" aria-hidden="true">
        {SIGNS[state]}
      </span>
      {state}
    </span>
  );
}
