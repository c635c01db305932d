import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Notice } from "../design/notice.tsx";
import type { RequestFailure } from "../server/requests.ts";
import { toFailure } from "./use-fetch.tsx";

interface ConfirmDialogProps {
  readonly title: string;
  /** what will happen */
  readonly children: ComponentChildren;
  /** what the button that does it says */
  readonly confirm: string;
  readonly isDangerous?: boolean;
  /** does it; the dialogue stays open with the reason when that fails */
  readonly act: () => Promise<void>;
  readonly onClose: () => void;
}

/** Says what will happen, and does it when the viewer agrees. */
export function ConfirmDialog(props: ConfirmDialogProps): JSX.Element {
  const { title, children, confirm, isDangerous = false, act, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RequestFailure>();
  // before another key can come: it is meant for the dialogue
  useLayoutEffect(() => dialog.current?.showModal(), []);

  async function agree(): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
      dialog.current?.close();
    } catch (thrown) {
      setFailure(toFailure(thrown));
      setBusy(false);
    }
  }

  return (
    <dialog ref={dialog} class="dialog runs-confirm" aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>{title}</h2>
      <div class="runs-confirm-text">{children}</div>
      {failure !== undefined && <Notice tone="bad">{failure.message}</Notice>}
      <div class="runs-confirm-buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Leave it as it is
        </button>
        <button
          type="button"
          class={`button ${isDangerous ? "runs-danger" : "button--primary"}`}
          disabled={isBusy}
          onClick={() => void agree()}
        >
          {isBusy ? "One moment…" : confirm}
        </button>
      </div>
    </dialog>
  );
}
