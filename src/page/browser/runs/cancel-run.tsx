import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunState } from "../../../run/history/run-record.ts";
import { askJson } from "../ask/ask-page.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface CancelRunProps {
  readonly runId: string;
  readonly state: RunState;
  /** looks the run up anew */
  readonly again: () => void;
}

/** Ends a run that waits or goes, once the viewer has agreed. */
export function CancelRun({ runId, state, again }: CancelRunProps): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const cancel = async () => {
    await askJson(`/page/runs/${encodeURIComponent(runId)}`, { method: "DELETE" });
    setAsked(true);
    again();
  };
  if (isAsked) {
    return (
      <p class="runs-hint" role="status">
        Cancelling…
      </p>
    );
  }
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        Cancel this run
      </button>
      {isAsking && (
        <ConfirmDialog
          title="Cancel this run?"
          confirm="Cancel the run"
          isDangerous
          act={cancel}
          onClose={() => setAsking(false)}
        >
          <p>
            {state === "queued"
              ? "It waits, and will never begin."
              : "Its cells are told to stop, and its process is ended a few seconds later. It publishes nothing; what was published before stays."}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
