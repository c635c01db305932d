import { toMessage } from "../../../errors.ts";
import type { RowsAnswer, RowsRequest } from "../../../kernel/evaluation.ts";
import type { NotebookEvent } from "../../../kernel/notebook-state.ts";
import type { RowsSource } from "../output/rows-source.ts";
import { csvAddress, fetchJson } from "../server/requests.ts";
import { Store } from "../use-store.ts";
import { applyEvent, EMPTY_MODEL, type NotebookModel } from "./notebook-model.ts";

/** All that a notebook shows, and whether its server is connected. */
export interface OpenNotebook {
  readonly model: NotebookModel;
  readonly isConnected: boolean;
  /** what an action came to that failed; null when none did */
  readonly trouble: string | null;
  /** values that the author has just set, by input name, until the server has sent them */
  readonly drafts: Readonly<Record<string, unknown>>;
}

const EVENTS: readonly NotebookEvent["type"][] = [
  "head-changed",
  "cell-described",
  "cell-moved",
  "cell-shown",
  "line-logged",
];

const SETTLE_MS = 300;

/** The notebook as its server sends it, and the actions of its author. */
export class NotebookStore extends Store<OpenNotebook> {
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  /** values that wait until the server has taken those before */
  #waiting: Readonly<Record<string, unknown>> = {};
  #isSending = false;

  constructor() {
    super({ model: EMPTY_MODEL, isConnected: false, trouble: null, drafts: {} });
  }

  open(): void {
    const source = new EventSource("/notebook/events");
    this.#source = source;
    source.addEventListener("open", () => {
      // Everything is sent again.
      const model = { ...this.view.model, lines: EMPTY_MODEL.lines };
      this.#change({ model, isConnected: true });
    });
    source.addEventListener("error", () => this.#change({ isConnected: false }));
    for (const type of EVENTS) {
      source.addEventListener(type, ({ data }) => this.#take(JSON.parse(data)));
    }
  }

  close(): void {
    this.#source?.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
  }

  #take(event: NotebookEvent): void {
    this.#change({ model: applyEvent(this.view.model, event) });
    const isOver = event.type === "head-changed" && event.head.run?.status !== "running";
    if (!isOver || this.#isSending) return;
    clearTimeout(this.#settling);
    // By then the server has sent what the inputs have become.
    this.#settling = setTimeout(() => this.#change({ drafts: {} }), SETTLE_MS);
  }

  /** Carries out an action of the author, and shows its failure. */
  act(action: () => Promise<unknown>): void {
    this.#change({ trouble: null });
    action().catch((error: unknown) => this.#change({ trouble: toMessage(error) }));
  }

  forgetTrouble(): void {
    this.#change({ trouble: null });
  }

  /** Sets an input; while values come quicker than the server takes them, only the newest is sent. */
  setInput(name: string, value: unknown): void {
    clearTimeout(this.#settling);
    this.#change({ drafts: { ...this.view.drafts, [name]: value } });
    this.#waiting = { ...this.#waiting, [name]: value };
    if (!this.#isSending) void this.#send();
  }

  /** A press is true in one run only. */
  press(name: string): void {
    this.act(() => sendInputs({ [name]: true }));
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (Object.keys(this.#waiting).length > 0) {
      const values = this.#waiting;
      this.#waiting = {};
      await sendInputs(values).catch((error: unknown) =>
        this.#change({ trouble: toMessage(error) }),
      );
    }
    this.#isSending = false;
  }

  /** Changes of one turn are drawn together. */
  #change(change: Partial<OpenNotebook>): void {
    this.set(change);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.notify();
    });
  }
}

/** Runs the cells that have no current result, or these cells or all of them anew. */
export function requestRun(fresh: "none" | "all" | readonly string[]): Promise<void> {
  const body = fresh === "none" ? {} : { cells: fresh, fresh: true };
  return fetchJson("/notebook/run", { method: "POST", body });
}

export function cancelRun(): Promise<void> {
  return fetchJson("/notebook/cancel", { method: "POST", body: {} });
}

export function requestPublication(): Promise<void> {
  return fetchJson("/notebook/publish", { method: "POST", body: {} });
}

function sendInputs(values: Readonly<Record<string, unknown>>): Promise<void> {
  return fetchJson("/notebook/inputs", { method: "POST", body: values });
}

/** Where the rows of what a cell shows are read: of that result, and of no newer one. */
export function notebookRows(cell: string, key: string): RowsSource {
  return {
    key,
    read(span, signal) {
      const body = { ...span, evaluation: key, cell } satisfies RowsRequest;
      return fetchJson<RowsAnswer>("/notebook/rows", { method: "POST", body, signal });
    },
    csvUrl(order) {
      return csvAddress("/notebook", { ...order, evaluation: key, cell });
    },
  };
}
