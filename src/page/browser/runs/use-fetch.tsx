import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Notice } from "../design/notice.tsx";
import { SignInForm } from "../published/sign-in-form.tsx";
import { RequestFailure } from "../server/requests.ts";

/** The answer of the server, as far as there is one. */
export interface Fetched<Answer> {
  /** the last one that came; undefined before the first */
  readonly answer: Answer | undefined;
  /** why the last question got none; undefined when it did */
  readonly failure: RequestFailure | undefined;
  /** Asks now. */
  readonly again: () => void;
  /** Puts something in the place of the answer. */
  readonly replace: (answer: Answer) => void;
}

export interface FetchOptions<Answer> {
  /** asks; a new function is a new question, whose answer replaces all that came before */
  readonly ask: (signal: AbortSignal) => Promise<Answer>;
  /** how often it is asked anew while the page is visible; never when left out */
  readonly everyMs?: number | undefined;
  /** what becomes of an answer to a question that was answered before */
  readonly merge?: (known: Answer, fresh: Answer) => Answer;
}

interface State<Answer> {
  readonly ask: unknown;
  readonly answer: Answer | undefined;
  readonly failure: RequestFailure | undefined;
}

/** Asks the server, and again now and then as long as the page is seen. */
export function useFetch<Answer>(options: FetchOptions<Answer>): Fetched<Answer> {
  const { ask, everyMs } = options;
  const [state, setState] = useState<State<Answer>>({ ask, answer: undefined, failure: undefined });
  const [turn, setTurn] = useState(0);
  const merge = useRef(options.merge);
  merge.current = options.merge;
  useEffect(() => {
    const stop = new AbortController();
    const take = (change: (known: Answer | undefined) => Partial<State<Answer>>) => {
      if (stop.signal.aborted) return;
      setState((known) => {
        const answer = known.ask === ask ? known.answer : undefined;
        return { ask, answer, failure: undefined, ...change(answer) };
      });
    };
    ask(stop.signal).then(
      (fresh) =>
        take((known) => ({
          answer: known === undefined ? fresh : (merge.current?.(known, fresh) ?? fresh),
        })),
      (thrown: unknown) => take(() => ({ failure: toFailure(thrown) })),
    );
    return () => stop.abort();
  }, [ask, turn]);
  const again = useCallback(() => setTurn((known) => known + 1), []);
  // Before signing in there is no other answer.
  useEvery(state.failure?.status === 401 ? undefined : everyMs, again);
  const replace = useCallback(
    (answer: Answer) => setState({ ask, answer, failure: undefined }),
    [ask],
  );
  const isOwn = state.ask === ask;
  return {
    answer: isOwn ? state.answer : undefined,
    failure: isOwn ? state.failure : undefined,
    ...{ again, replace },
  };
}

/** Calls back every so often, and at once when a page is seen again after it was not. */
export function useEvery(everyMs: number | undefined, act: () => void): void {
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const onVisible = () => {
      if (document.visibilityState === "visible") act();
    };
    const timer = setInterval(onVisible, everyMs);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [everyMs, act]);
}

/** A thrown value as a failure that can be shown. */
export function toFailure(thrown: unknown): RequestFailure {
  if (thrown instanceof RequestFailure) return thrown;
  return new RequestFailure(0, thrown instanceof Error ? thrown.message : String(thrown));
}

interface FetchStateProps {
  readonly of: Pick<Fetched<unknown>, "answer" | "failure" | "again">;
  /** said until there is an answer or a failure */
  readonly waiting: string;
}

/** Why something is not shown yet, if so: its answer is awaited, or the last request failed. */
export function FetchState({ of, waiting }: FetchStateProps): JSX.Element | null {
  const { answer, failure, again } = of;
  if (failure !== undefined) return <FailureNote failure={failure} again={again} />;
  return answer === undefined ? <p class="runs-wait">{waiting}</p> : null;
}

interface FailureNoteProps {
  readonly failure: RequestFailure;
  /** asks again */
  readonly again?: () => void;
}

/** Why something is not shown, and what the viewer can do. */
export function FailureNote({ failure, again }: FailureNoteProps): JSX.Element {
  if (failure.status === 401) {
    return (
      <div class="runs-closed">
        <p>Runs, versions and schedules are for those who have signed in.</p>
        <SignInForm />
      </div>
    );
  }
  const retry = again !== undefined && (
    <button type="button" class="button button--small" onClick={again}>
      Try again
    </button>
  );
  return (
    <Notice tone="bad" actions={retry || undefined}>
      {failure.message}
    </Notice>
  );
}
