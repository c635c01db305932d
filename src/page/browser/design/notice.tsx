import type { JSX } from "preact";
import { Component, type ComponentChildren } from "preact";
import { toMessage } from "../../../errors.ts";
import { Icon } from "./icon.tsx";

/** The kind of a notice: something to know, to mind, or that went wrong. */
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

/** A sentence in which names of things stand between backticks, as they do in all our messages. */
export function Sentence({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split("`");
  // an odd one out is just a sign
  if (parts.length % 2 === 0) return <>{text}</>;
  return (
    <>{parts.map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>
  );
}

interface ErrorBoundaryProps {
  /** with another one it tries again */
  readonly resetKey: unknown;
  /** what stands there instead */
  readonly instead: (message: string) => ComponentChildren;
  readonly children: ComponentChildren;
}

interface ErrorBoundaryState {
  readonly message: string | undefined;
  readonly resetKey: unknown;
}

/** Keeps a part of the page that breaks from taking the rest with it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { message: undefined, resetKey: this.props.resetKey };

  static override getDerivedStateFromError(error: unknown): Partial<ErrorBoundaryState> {
    return { message: toMessage(error) };
  }

  static override getDerivedStateFromProps(
    { resetKey }: ErrorBoundaryProps,
    state: ErrorBoundaryState,
  ): Partial<ErrorBoundaryState> | null {
    return resetKey === state.resetKey ? null : { message: undefined, resetKey };
  }

  override render(): ComponentChildren {
    const { message } = this.state;
    return message === undefined ? this.props.children : this.props.instead(message);
  }
}
