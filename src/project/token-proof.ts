import { HexError } from "../errors.ts";
import { readManifest } from "../store/manifest/manifest.ts";
import type { Store } from "../store/store.ts";
import { DAY, MINUTE } from "../text.ts";
import type { TokenList } from "./tokens.ts";
import { readAccess, writeMade, writeNever } from "./tokens.ts";

/** Whether a project ever had a token. */
export interface TokenProof {
  /** `never` only where it is proven: nothing that is missing ever proves it */
  readonly made: "yes" | "never" | "unknown";
  /** whether the store does not hold what it held before: it is away, or something emptied it */
  readonly isLost: boolean;
  /** what is amiss and what to do, as one sentence; undefined where nothing is */
  readonly doubt: string | undefined;
}

const LOST =
  "Expected the store to hold the tokens of this project, or to tell that it never had one, got neither (bring the store back, or make a token: hex token create)";
const UNPROVEN =
  "Expected a store and a project folder in which it can be noted that no token was ever made, got one that cannot be written to (make a token: hex token create)";

const YES: TokenProof = { made: "yes", isLost: false, doubt: undefined };
const NEVER: TokenProof = { made: "never", isLost: false, doubt: undefined };
/** The store says that there were tokens, and they are gone. */
const REMOVED: TokenProof = { made: "yes", isLost: false, doubt: LOST };

/** Something may delete old objects from the store: what has to stay is written again each day. */
const AGAIN_MS = DAY;
const RETRY_MS = 5 * MINUTE;

/**
 * Proves whether a project ever had a token. Who has made none is proven by an object of the store
 * that says so, and by nothing else: the first look at a new store writes it, as long as the
 * project's folder can remember that it did. From then on its absence is a doubt.
 *
 *   tokens   the object   remembered outside   made
 *   some     any          any                  yes; the object is written
 *   none     made         any                  yes
 *   none     any          made                 yes: the store is away, or put back from before
 *   none     never        nothing, looked      never
 *   none     damaged      any                  unknown
 *   none     missing      looked               unknown: the store is away, or was emptied
 *   none     missing      nothing              never, once the object could be written
 */
export class TokenProver {
  readonly #store: Store;
  readonly #now: () => number;
  #dueMs = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since 1970 */
  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws {HexError} HEX_STORE_UNAVAILABLE */
  async prove({ tokens, warnings }: TokenList): Promise<TokenProof> {
    if (tokens.length + warnings.length > 0) {
      await this.#keepMade();
      return YES;
    }
    const said = await readAccess(this.#store);
    const marker = this.#store.marker?.tokens;
    if (said === "made") {
      await marker?.noteMade();
      return REMOVED;
    }
    const remembered = await marker?.read();
    if (remembered === "made") return toLost("yes");
    if (said === "damaged" || (said === undefined && remembered === "looked")) {
      return toLost("unknown");
    }
    if (said === undefined) return this.#proveNew();
    await marker?.noteLooked();
    return NEVER;
  }

  /** Has the store and the project's folder remember that there are tokens, whoever made them. */
  async #keepMade(): Promise<void> {
    await this.#store.marker?.tokens.noteMade();
    const nowMs = this.#now();
    if (nowMs < this.#dueMs) return;
    // Who may only read the store can't; the tokens themselves are proof as long as they are there.
    const isWritten = await writeMade(this.#store).then(...DONE);
    this.#dueMs = nowMs + (isWritten ? AGAIN_MS : RETRY_MS);
  }

  /** A store that says nothing, and of which nothing is known: a new one, or one of an older build. */
  async #proveNew(): Promise<TokenProof> {
    if (await this.#isAway()) return toLost("unknown");
    const marker = this.#store.marker?.tokens;
    const isRemembered = (await marker?.noteLooked()) ?? true;
    const isWritten = isRemembered && (await writeNever(this.#store).then(...DONE));
    if (isWritten && (await readAccess(this.#store)) === "never") return NEVER;
    await marker?.forgetLooked();
    return { made: "unknown", isLost: false, doubt: UNPROVEN };
  }

  /** Whether something was published in the store that is not there, or cannot be read. */
  async #isAway(): Promise<boolean> {
    try {
      await readManifest(this.#store);
      return false;
    } catch (error) {
      if (error instanceof HexError) return true;
      throw error;
    }
  }
}

const DONE = [() => true, () => false] as const;

function toLost(made: "yes" | "unknown"): TokenProof {
  return { made, isLost: true, doubt: LOST };
}
