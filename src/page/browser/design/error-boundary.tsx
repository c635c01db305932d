import { Component, type ComponentChildren } from "preact";
import { toMessage } from "../../../errors.ts";

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
