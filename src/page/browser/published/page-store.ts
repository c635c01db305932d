import type { InputValue } from "../../../cell/input-value.ts";
import { toMessage } from "../../../errors.ts";
import type { Evaluation } from "../../../kernel/evaluation.ts";
import type { PageEvent, PageRun, PageState } from "../../page-state.ts";
import { RequestFailure } from "../server/requests.ts";
import { Store } from "../use-store.ts";
import { type InputFault, toSearch } from "./address.ts";
import type { RowsGround } from "./cell-rows.ts";
import { isSameBuild, toNextVersion, withLoadedCode } from "./next-version.ts";
import type { PageEffects } from "./page-effects.ts";
import { type AddressWriter, openAddressWriter } from "./page-effects.ts";
import {
  dropFault,
  evaluationOf,
  followInputs,
  moveTo,
  openModel,
  type PageModel,
  pressButton,
  rowsKeyOf,
  setInput,
  whenGone,
  withFacts,
} from "./page-model.ts";
import { type PageRequest, takeAnswer, takeFailure, toRequest, whenSent } from "./page-request.ts";
import { OPENING, type PageView } from "./page-view.ts";
import { openRequestLine, type RequestLine } from "./request-line.ts";

const RETRY_MS = 2_000;
/** After this the server has sent an event of a run that was requested, if it ever does. */
const SILENT_MS = 3_000;

/** The page in one viewer's browser: what it shows, and all that can be done to it. */
export class PageStore extends Store<PageView> implements RowsGround {
  readonly #effects: PageEffects;
  readonly #writer: AddressWriter;
  readonly #line: RequestLine;
  readonly #endings: (() => void)[] = [];
  /** of the newest request for the state; older ones are given up */
  #syncing = new AbortController();
  /** rises with all that is known of the running run */
  #runNews = 0;
  /** set while what was asked for waits for a server that did not answer */
  #stopRetry: (() => void) | undefined;
  /** those who wait until what is gone was evaluated anew */
  #renewals: (() => void)[] = [];

  constructor(effects: PageEffects) {
    super(OPENING);
    this.#effects = effects;
    this.#writer = openAddressWriter(effects);
    this.#line = openRequestLine<PageRequest, Evaluation>({
      next: () => this.#nextAsk(),
      send: ({ ask }, signal) => effects.evaluate(ask, signal),
      onAnswer: (asked, answer) => this.#onAnswer(asked, answer),
      onFailure: (asked, error) => this.#onFailure(asked, error),
      mayGiveUp: ({ press }) => press === null,
      after: effects.after,
    });
  }

  /** Opens the page and listens to what happens to it, until it is closed. */
  open(): void {
    const { first } = this.#effects;
    if (first !== undefined) this.#open(first);
    // a run that has ended since is not told of
    if (first === undefined || first.run !== null) void this.#sync();
    this.#endings.push(
      this.#effects.address.onMove(() => this.#onMove()),
      this.#effects.listen({
        onEvent: (event) => this.#onEvent(event),
        onReturn: () => {
          this.#change({ isLive: true });
          void this.#sync();
        },
        onLoss: () => this.#change({ isLive: false }),
      }),
    );
  }

  close(): void {
    this.#syncing.abort();
    this.#line.close();
    this.#stopRetry?.();
    for (const end of this.#endings) end();
  }

  /** Of a gesture (dragging, typing) only the last value is finished. */
  setInput(name: string, value: InputValue, isFinished: boolean): void {
    const { model } = this.view;
    if (model === undefined) return;
    const next = setInput(model, name, value);
    this.#change({ model: next });
    // first, since an address takes a browser some milliseconds
    this.#wake();
    this.#writer.write(this.#searchOf(next), isFinished);
  }

  pressButton(name: string): void {
    const { model } = this.view;
    if (model === undefined) return;
    this.#change({ model: pressButton(model, name, this.#effects.newId()) });
    this.#wake();
  }

  evaluationOf(name: string, key: string): string | null | undefined {
    const { model } = this.view;
    const cell = model?.cells.get(name);
    if (model === undefined || cell === undefined || rowsKeyOf(cell) !== key) return undefined;
    return evaluationOf(model, name);
  }

  renew(name: string, evaluation: string | null): Promise<void> {
    const { model } = this.view;
    const isNewer = model === undefined || evaluationOf(model, name) !== evaluation;
    if (isNewer) return Promise.resolve();
    const renewed = new Promise<void>((resolve) => this.#renewals.push(resolve));
    this.#change({ model: whenGone(model) });
    this.#wake();
    return renewed;
  }

  /** Puts a sentence away that was read. */
  dropFault(fault: InputFault): void {
    const { model } = this.view;
    if (model !== undefined) this.#change({ model: dropFault(model, fault) });
  }

  /** Starts a run that publishes. */
  async refresh(): Promise<void> {
    await this.#attempt(async () => {
      const before = this.#runNews;
      const { runId } = await this.#effects.refresh();
      // the server's own word may come first: it knows more, perhaps that the run is over
      if (this.view.run !== null || before !== this.#runNews) return;
      const run: PageRun = { runId, state: "queued", startedAt: null, fraction: 0, cells: [] };
      this.#showRun(run);
      // a run that is over before anybody has looked has no event
      const look = () => void (this.view.run === run && this.#sync());
      this.#endings.push(this.#effects.after(SILENT_MS, look));
    });
  }

  async cancelRefresh(runId: string): Promise<void> {
    await this.#attempt(() => this.#effects.cancelRefresh(runId));
  }

  /** Asks again for what could not be had. */
  retry(): void {
    if (this.view.model === undefined) void this.#sync();
    this.#wake();
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    this.#change({ refusal: null });
    try {
      await act();
    } catch (error) {
      this.#change({ refusal: toMessage(error) });
    }
  }

  #showRun(run: PageRun | null): void {
    this.#runNews += 1;
    this.#change({ run });
  }

  #change(changed: Partial<PageView>): void {
    this.set(changed);
    this.notify();
    if (this.view.model?.isGone === true) return;
    const renewals = this.#renewals;
    this.#renewals = [];
    for (const end of renewals) end();
  }

  #wake(): void {
    this.#stopRetry?.();
    this.#stopRetry = undefined;
    this.#line.wake();
  }

  #nextAsk(): PageRequest | undefined {
    const { model } = this.view;
    const isHeld = this.#stopRetry !== undefined || this.view.phase !== "open";
    if (model === undefined || isHeld) return undefined;
    const asked = toRequest(model);
    if (asked !== undefined) this.set({ model: whenSent(model, asked) });
    return asked;
  }

  #onAnswer(asked: PageRequest, answer: Evaluation): void {
    const { model } = this.view;
    if (model === undefined) return;
    const next = takeAnswer(model, asked, answer);
    this.#change({ model: next, trouble: null });
    if (answer.invalid.length > 0) this.#writer.correct(this.#searchOf(next));
  }

  #onFailure(asked: PageRequest, error: unknown): void {
    const { model } = this.view;
    if (model === undefined) return;
    const failure = error instanceof RequestFailure ? error : undefined;
    if (failure?.status === 401) this.#change({ phase: "sign-in" });
    else if (failure?.isPassing) this.#holdLine(failure);
    else this.#change({ model: takeFailure(model, asked, toMessage(error)) });
    // the version may be gone: then there is a newer one to show
    if (failure?.status === 404 || failure?.status === 410) void this.#sync();
  }

  /** The request waits a little and is sent again, or at once when the viewer does something. */
  #holdLine({ message, retryAfterMs }: RequestFailure): void {
    this.#change({ trouble: message });
    this.#stopRetry = this.#effects.after(retryAfterMs ?? RETRY_MS, () => this.#wake());
  }

  #onMove(): void {
    const { model } = this.view;
    this.#writer.forget();
    if (model === undefined) return;
    this.#change({ model: moveTo(model, this.#effects.address.search()) });
    this.#wake();
  }

  #onEvent(event: PageEvent): void {
    if (event.type === "run-changed") {
      const hasEnded = this.view.run !== null && event.run === null;
      this.#showRun(event.run);
      if (hasEnded) void this.#sync();
    } else if (event.type === "build-told") {
      const loaded = this.view.model?.state.build;
      const isChanged = loaded !== undefined && !isSameBuild(event.build, loaded);
      if (isChanged !== this.view.isChanged) this.#change({ isChanged });
    } else if (event.commit !== this.view.model?.state.commit) void this.#sync();
  }

  /** Brings the page to the newest version and to the facts that change without one. */
  async #sync(): Promise<void> {
    this.#syncing.abort();
    this.#syncing = new AbortController();
    const { signal } = this.#syncing;
    const before = this.#runNews;
    try {
      const state = await this.#effects.fetchState(undefined, signal);
      await this.#show(state, signal);
      // its end was not heard
      const isOver = this.view.run !== null && state.run === null && before === this.#runNews;
      if (isOver) this.#change({ run: null });
    } catch (error) {
      if (!signal.aborted) this.#onSyncFailure(error);
    }
  }

  async #show(state: PageState, signal: AbortSignal): Promise<void> {
    const old = this.view.model;
    if (old === undefined) return this.#open(state);
    if (old.state.commit === state.commit) {
      const isChanged = !isSameBuild(state.build, old.state.build);
      this.#change({ phase: "open", model: withFacts(old, state), isChanged });
    } else {
      const build = withLoadedCode(state.build, old.state.build);
      const next = await toNextVersion(old, { ...state, build }, this.#effects, signal);
      if (signal.aborted) return;
      const model = old.state.commit === null ? next : followInputs(next, this.view.model ?? old);
      const news = toNews(state);
      const isChanged = !isSameBuild(state.build, build);
      this.#change({ phase: "open", model, news, trouble: null, isChanged });
    }
    this.#wake();
  }

  #open(state: PageState): void {
    const model = openModel(state, this.#effects.address.search());
    this.#change({ phase: "open", model, run: this.view.run ?? state.run, trouble: null });
    this.#wake();
  }

  #onSyncFailure(error: unknown): void {
    const failure = error instanceof RequestFailure ? error : undefined;
    const isUnknown = failure?.status === 401;
    if (isUnknown) this.#change({ phase: "sign-in", trouble: null });
    else if (this.view.model === undefined) {
      this.#change({ phase: "failed", trouble: toMessage(error) });
    }
    if (!failure?.isPassing) return;
    const again = this.#effects.after(failure.retryAfterMs ?? RETRY_MS, () => void this.#sync());
    this.#syncing.signal.addEventListener("abort", again, { once: true });
  }

  #searchOf({ cells, inputs }: PageModel): string {
    return toSearch(this.#effects.address.search(), [...cells.values()], inputs);
  }
}

/** The announcement of another version, for screen readers. */
function toNews({ version, commit }: PageState): string {
  if (version !== null) return `Version ${version} is shown now.`;
  return commit === null ? "" : "What another tool has written is shown now.";
}
