/** How a line sends requests, and reports their answers. */
export interface RequestLineOptions<Ask, Answer> {
  /** what is to be asked for now, if anything; called when it can be sent at once */
  readonly next: () => Ask | undefined;
  readonly send: (ask: Ask, signal: AbortSignal) => Promise<Answer>;
  readonly onAnswer: (ask: Ask, answer: Answer) => void;
  readonly onFailure: (ask: Ask, error: unknown) => void;
  /** whether a request may be given up when a newer one waits */
  readonly mayGiveUp: (ask: Ask) => boolean;
  /** how long a newer one waits for it, in milliseconds */
  readonly patienceMs?: number;
  readonly after?: (ms: number, call: () => void) => () => void;
}

/** Requests one after the other, of those that wait only the newest. */
export interface RequestLine {
  /** says that there is something new to ask for */
  wake(): void;
  /** gives up the request that is under way */
  close(): void;
}

interface Sent<Ask> {
  readonly ask: Ask;
  readonly abort: AbortController;
  /** takes back the plan to give it up */
  stopWaiting: (() => void) | undefined;
}

const PATIENCE_MS = 400;

/**
 * At most one request is under way, so that a dragged slider does not flood the server; what it asks
 * for is read when it is sent, so that none lags behind. A slow one is given up for a newer one.
 */
export function openRequestLine<Ask, Answer>(parts: RequestLineOptions<Ask, Answer>): RequestLine {
  const { patienceMs = PATIENCE_MS, after = afterTimeout } = parts;
  let sent: Sent<Ask> | undefined;
  let isClosed = false;

  function sendNext(): void {
    const ask = isClosed ? undefined : parts.next();
    if (ask === undefined) return;
    const current: Sent<Ask> = { ask, abort: new AbortController(), stopWaiting: undefined };
    sent = current;
    parts.send(ask, current.abort.signal).then(
      (answer) => settle(current, () => parts.onAnswer(ask, answer)),
      (error: unknown) => settle(current, () => parts.onFailure(ask, error)),
    );
  }

  /** The answer to a request that was given up is ignored. */
  function settle(current: Sent<Ask>, take: () => void): void {
    if (sent !== current) return;
    current.stopWaiting?.();
    sent = undefined;
    take();
    if (sent === undefined) sendNext();
  }

  function giveUp(current: Sent<Ask>): void {
    if (sent !== current) return;
    current.stopWaiting?.();
    sent = undefined;
    current.abort.abort();
    sendNext();
  }

  return {
    wake() {
      if (sent === undefined) return sendNext();
      const current = sent;
      if (!parts.mayGiveUp(current.ask)) return;
      current.stopWaiting ??= after(patienceMs, () => giveUp(current));
    },
    close() {
      isClosed = true;
      sent?.stopWaiting?.();
      sent?.abort.abort();
      sent = undefined;
    },
  };
}

/** Calls after some milliseconds; returns what takes that back. */
export function afterTimeout(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
