import { type TokenProof, TokenProver } from "../project/token-proof.ts";
import {
  findToken,
  isUsable,
  listTokens,
  type TokenList,
  type TokenRecord,
} from "../project/tokens.ts";
import type { Store } from "../store/store.ts";

export interface TokenCacheOptions {
  readonly store: Store;
  /** milliseconds since 1970 */
  readonly now: () => number;
  /** called for damaged records, once for each reading */
  readonly onWarning: (message: string) => void;
  /** called when tokens cannot be trusted any more, with the reason */
  readonly onDoubt: (message: string) => void;
}

/** The result of looking a token up: a good record, or none. */
export interface TokenLookup extends Pick<TokenProof, "made" | "doubt"> {
  readonly record: TokenRecord | undefined;
}

interface Known {
  readonly list: TokenList;
  readonly proof: TokenProof;
  readonly readAtMs: number;
}

/** How long a revoked token may still be accepted. */
const FRESH_MS = 5_000;
/** How long tokens are known while the store does not answer. */
const STALE_MS = 30_000;

/** The project's tokens, read again every few seconds. */
export class TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #prover: TokenProver;
  #known: Known | undefined;
  #reading: Promise<Known> | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  /** by token, the records of those that were found in the list which is known now */
  #found = new Map<string, TokenRecord>();

  constructor(options: TokenCacheOptions) {
    this.#options = options;
    this.#prover = new TokenProver(options.store, options.now);
  }

  /**
   * Looks a token up; without one, whether there ever were any. At once while the tokens are fresh.
   * @throws {HexError} HEX_STORE_UNAVAILABLE when the store has not answered for half a minute
   */
  find(token: string | undefined): TokenLookup | Promise<TokenLookup> {
    const known = this.#findFresh();
    if (known !== undefined) return this.#look(known, token);
    return this.#read().then((read) => this.#look(read, token));
  }

  #look({ list, proof: { made, doubt } }: Known, token: string | undefined): TokenLookup {
    const record = token === undefined ? undefined : this.#findRecord(list, token);
    const isGood = record !== undefined && isUsable(record, this.#options.now());
    return { made, doubt, record: isGood ? record : undefined };
  }

  /** A token is hashed once for each reading of the list. */
  #findRecord(list: TokenList, token: string): TokenRecord | undefined {
    if (list !== this.#known?.list) return findToken(list.tokens, token);
    const record = this.#found.get(token) ?? findToken(list.tokens, token);
    if (record !== undefined) this.#found.set(token, record);
    return record;
  }

  #findFresh(): Known | undefined {
    const known = this.#known;
    if (known === undefined || !this.#isWithin(FRESH_MS, this.#triedAtMs)) return undefined;
    return this.#isWithin(STALE_MS, known.readAtMs) ? known : undefined;
  }

  async #read(): Promise<Known> {
    const known = this.#known;
    this.#reading ??= this.#readAnew().finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (error) {
      if (known !== undefined && this.#isWithin(STALE_MS, known.readAtMs)) return known;
      throw error;
    }
  }

  /** A clock that was put back makes everything old, and nothing young for hours. */
  #isWithin(ms: number, sinceMs: number): boolean {
    const ageMs = this.#options.now() - sinceMs;
    return ageMs >= 0 && ageMs < ms;
  }

  async #readAnew(): Promise<Known> {
    const { store, now, onWarning, onDoubt } = this.#options;
    const readAtMs = now();
    this.#triedAtMs = readAtMs;
    const list = await listTokens(store);
    const proof = await this.#prover.prove(list);
    for (const warning of list.warnings) onWarning(warning);
    const before = this.#known;
    // Tokens of a store that has gone are still good for a while, as when it does not answer.
    const isHeld = proof.isLost && before?.proof.made === "yes" && !before.proof.isLost;
    if (isHeld && this.#isWithin(STALE_MS, before.readAtMs)) return before;
    if (proof.doubt !== undefined && before?.proof.doubt === undefined) onDoubt(proof.doubt);
    this.#known = { list, proof, readAtMs };
    this.#found = new Map();
    return this.#known;
  }
}
