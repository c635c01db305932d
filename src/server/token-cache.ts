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
  /** told what is wrong with records, once for each reading */
  readonly onWarning: (message: string) => void;
}

/** What a token turned out to be: a record that is good, or nothing. */
export interface TokenLookup {
  /** whether the project has had a token, be it one that ended long ago */
  readonly hasTokens: boolean;
  readonly record: TokenRecord | undefined;
}

/** For so long a token that was revoked may still be taken. */
const FRESH_MS = 5_000;
/** For so long tokens are known when the store does not answer. */
const STALE_MS = 30_000;

/** The project's tokens, read again every few seconds. */
export class TokenCache {
  readonly #options: TokenCacheOptions;
  #known: { readonly list: TokenList; readonly readAtMs: number } | undefined;
  #reading: Promise<TokenList> | undefined;

  constructor(options: TokenCacheOptions) {
    this.#options = options;
  }

  /**
   * Looks a token up; without one, whether there are any.
   * @throws {HexError} HEX_STORE_UNAVAILABLE when the store has not answered for half a minute
   */
  async find(token: string | undefined): Promise<TokenLookup> {
    const { tokens, warnings } = await this.#list();
    const hasTokens = tokens.length + warnings.length > 0;
    const record = token === undefined ? undefined : findToken(tokens, token);
    const isGood = record !== undefined && isUsable(record, this.#options.now());
    return { hasTokens, record: isGood ? record : undefined };
  }

  async #list(): Promise<TokenList> {
    const ageMs = this.#options.now() - (this.#known?.readAtMs ?? Number.NEGATIVE_INFINITY);
    if (this.#known !== undefined && ageMs < FRESH_MS) return this.#known.list;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (error) {
      if (this.#known !== undefined && ageMs < STALE_MS) return this.#known.list;
      throw error;
    }
  }

  async #read(): Promise<TokenList> {
    const { store, now, onWarning } = this.#options;
    const readAtMs = now();
    const list = await listTokens(store);
    for (const warning of list.warnings) onWarning(warning);
    this.#known = { list, readAtMs };
    return list;
  }
}
