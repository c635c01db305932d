import * as v from "valibot";
import type { InputWidget } from "../cell/input-widget.ts";
import type { Store } from "../store/store.ts";
import { openVersion, type Version } from "../store/version.ts";
import { TimedCache } from "./timed-cache.ts";

/** How long a version counts as the newest one. */
const FRESH_MS = 2_000;

/** Saved outputs, as far as they hold widgets of inputs. */
const shownInputs = v.object({
  cells: v.array(
    v.object({
      name: v.string(),
      output: v.nullable(v.object({ input: v.optional(v.custom<InputWidget>(isWidget)) })),
    }),
  ),
});

/** The newest version of what a project has published, looked up every few seconds. */
export class NewestVersion {
  readonly #store: Store;
  readonly #version: TimedCache<Version>;
  readonly #findFrames: () => Promise<readonly string[]>;
  #widgets:
    | { readonly commit: Version["commit"]; readonly widgets: ReadonlyMap<string, InputWidget> }
    | undefined;

  /**
   * @param now milliseconds since 1970
   * @param findFrames names of frames that CSVs of other tools may stand in for
   */
  constructor(
    store: Store,
    now: () => number,
    findFrames: () => Promise<readonly string[]> = async () => [],
  ) {
    this.#store = store;
    this.#findFrames = findFrames;
    this.#version = new TimedCache(FRESH_MS, now);
  }

  /** @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED */
  read(): Promise<Version> {
    return this.#version.get(() => this.#open());
  }

  /** @throws {HexError} as `read`; HEX_USAGE for a version that is not kept */
  async pin(generation: number): Promise<Version> {
    const newest = await this.read();
    return newest.number === generation ? newest : this.#open(generation);
  }

  async #open(generation?: number): Promise<Version> {
    return openVersion(this.#store, { generation, frames: await this.#findFrames() });
  }

  /** Makes the next call look anew: a run has ended. */
  forget(): void {
    this.#version.forget();
  }

  /** The inputs' widgets as they were published with it, by name. */
  async widgets(): Promise<ReadonlyMap<string, InputWidget>> {
    const version = await this.read();
    const { commit } = version;
    // Another version may have its number by now, when the store was put back.
    if (this.#widgets && this.#widgets.commit?.commitId === commit?.commitId) {
      return this.#widgets.widgets;
    }
    const widgets = toWidgets(await version.readOutputs());
    this.#widgets = { commit, widgets };
    return widgets;
  }
}

/** Outputs of another format have none here: the run itself then checks its inputs. */
function toWidgets(bytes: Uint8Array | undefined): ReadonlyMap<string, InputWidget> {
  const read = v.safeParse(shownInputs, bytes && JSON.parse(new TextDecoder().decode(bytes)));
  const cells = read.success ? read.output.cells : [];
  return new Map(
    cells.flatMap(({ name, output }): [string, InputWidget][] =>
      output?.input === undefined ? [] : [[name, output.input]],
    ),
  );
}

function isWidget(value: unknown): boolean {
  return typeof value === "object" && value !== null && "widget" in value;
}
