import { randomUUID } from "node:crypto";
import { expectation } from "../../errors.ts";
import { toSha256 } from "../../sha256.ts";
import { PRESS_PREFIX } from "../../store/key.ts";
import type { ProjectRuns } from "../../work/project-runs.ts";

/**
 * Which server carries out a press, noted in the store before it does: of several servers on one
 * store, and of one that is started again, only the first ever begins.
 */
export class PressClaims {
  readonly #runs: Pick<ProjectRuns, "store" | "config">;
  /** of this server, as long as it runs */
  readonly #owner = randomUUID();

  constructor(runs: Pick<ProjectRuns, "store" | "config">) {
    this.#runs = runs;
  }

  /**
   * Takes presses, so that no other server carries them out. Taking one again that is this server's
   * own is nothing new: what came of it is remembered here.
   *
   * @param presses name of a button -> id of the press
   * @throws {HexError} HEX_PRESS_UNKNOWN when another server has taken one; HEX_STORE_UNAVAILABLE:
   * taking it again is then safe
   */
  async take(presses: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, id] of Object.entries(presses)) {
      if (await this.#claim(id)) continue;
      throw expectation("HEX_PRESS_UNKNOWN", {
        place: `this press of ${name}`,
        expected: "one that only this server has begun to carry out",
        got: "one that another server, or this one before it was started again, has begun, so that nobody knows whether it took effect",
        hint: "press again only if it may happen twice",
      });
    }
  }

  /** Whether a press is this server's to carry out. */
  async #claim(id: string): Promise<boolean> {
    const { store } = this.#runs;
    const key = `${PRESS_PREFIX}${toSha256(id)}.json`;
    const body = new TextEncoder().encode(JSON.stringify({ press: id, owner: this.#owner }));
    const options = { contentType: "application/json" } as const;
    if (this.#isAlone()) {
      const taken = await this.#readOwner(key);
      if (taken === undefined) await store.write(key, body, options);
      return taken === undefined || taken === this.#owner;
    }
    const written = await store.write(key, body, { ...options, condition: { ifNoneMatch: "*" } });
    return written.status === "written" || (await this.#readOwner(key)) === this.#owner;
  }

  /** Whether the store may be one that keeps no conditions, since no other server uses it. */
  #isAlone(): boolean {
    const { machines, store } = this.#runs.config;
    return machines === "one" && store.kind === "s3";
  }

  async #readOwner(key: string): Promise<string | undefined> {
    const claimed = await this.#runs.store.read(key);
    if (claimed === undefined) return undefined;
    try {
      const told: { readonly owner?: unknown } | null = JSON.parse(
        new TextDecoder().decode(claimed.body),
      );
      return typeof told?.owner === "string" ? told.owner : "";
    } catch {
      // Something has damaged it: nobody knows whose it is.
      return "";
    }
  }
}
