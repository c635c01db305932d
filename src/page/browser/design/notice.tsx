import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon.tsx";

/** What a notice says about the page: something to know, to mind, or that went wrong. */
type NoticeTone = "info" | "warn" | "bad";

export interface NoticeProps {
  readonly tone: NoticeTone;
  readonly children: ComponentChildren;
  /** what can be done about it: buttons or links */
  readonly actions?: ComponentChildren;
  /** puts it away; without it the notice stays as long as what it tells */
  readonly onClose?: () => void;
}

/** A sentence about the page as a whole, between its head and its cells. */
export function Notice({ tone, children, actions, onClose }: NoticeProps): JSX.Element {
  return (
    <div class={`notice notice--${tone}`} role={tone === "info" ? "status" : "alert"}>
      <Icon name={tone === "info" ? "info" : "alert"} />
      <div class="notice__text">{children}</div>
      {actions !== undefined && <div class="notice__actions">{actions}</div>}
      {onClose && (
        <button type="button" class="button button--icon button--small" onClick={onClose}>
          <Icon name="close" />
          <span class="only-heard">Close this notice</span>
        </button>
      )}
    </div>
  );
}
