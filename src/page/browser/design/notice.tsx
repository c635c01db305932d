import { Component, type ComponentChildren, type JSX, type Ref } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { toMessage } from "../../../errors.ts";
import { Icon } from "./icon.tsx";

/** The kind of a notice: something to know, to mind, or that went wrong. */
type NoticeTone = "info" | "warn" | "bad";

export interface NoticeProps {
  readonly tone: NoticeTone;
  readonly children: ComponentChildren;
  /** what can be done about it: buttons or links */
  readonly actions?: ComponentChildren;
  /** puts it away; without it the notice stays as long as it is true */
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

interface ScrollBoxProps {
  readonly class: string;
  /** its content, for those who listen */
  readonly label: string;
  readonly children: ComponentChildren;
  readonly boxRef?: Ref<HTMLElement>;
  readonly onScroll?: (event: { readonly currentTarget: HTMLElement }) => void;
}

/** Text of which more may be there than is seen: it is reached and scrolled by keyboard as well. */
export function ScrollBox({ label, children, boxRef, ...others }: ScrollBoxProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what cannot be reached cannot be scrolled
    <section ref={boxRef ?? null} aria-label={label} tabIndex={0} {...others}>
      {children}
    </section>
  );
}

interface LogBoxProps extends Pick<ScrollBoxProps, "class" | "label" | "children"> {
  readonly lines: readonly unknown[];
}

/** So near to its end a log counts as followed. */
const NEAR_PX = 24;

/** Lines of a log; the newest stays visible unless the viewer has scrolled away from it. */
export function LogBox({ lines, ...others }: LogBoxProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const isFollowed = useRef(true);
  useEffect(() => {
    const { current } = box;
    if (current !== null && isFollowed.current) current.scrollTop = current.scrollHeight;
  }, [lines]);
  return (
    <ScrollBox
      boxRef={box}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isFollowed.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
      {...others}
    />
  );
}
