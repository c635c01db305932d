import { HttpFailure } from "./http-failure.ts";

/** A query as it was written: every value of every key, and no key that was not. */
export type Query = Readonly<Record<string, readonly string[]>>;

/** Reads a query string; brackets in keys mean nothing. */
export function parseQuery(text: string): Record<string, string[]> {
  const query: Record<string, string[]> = Object.create(null);
  if (text === "") return query;
  for (const [key, value] of new URLSearchParams(text)) {
    query[key] ??= [];
    query[key].push(value);
  }
  return query;
}

export interface WholeNumberRule {
  readonly from: number;
  readonly to: number;
  /** when the query says nothing */
  readonly unless: number;
}

/** A whole number of a query. @throws {HttpFailure} 400 */
export function readWholeNumber(
  query: Query,
  key: string,
  { from, to, unless }: WholeNumberRule,
): number {
  const text = readOne(query, key);
  if (text === undefined) return unless;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new HttpFailure(400, `Expected ${key} to be a whole number from ${from} to ${to}`);
}

/** One of several words of a query; undefined when it says nothing. @throws {HttpFailure} 400 */
export function readWord<Word extends string>(
  query: Query,
  key: string,
  words: readonly Word[],
): Word | undefined {
  const text = readOne(query, key);
  const word = words.find((each) => each === text);
  if (text === undefined || word !== undefined) return word;
  throw new HttpFailure(400, `Expected ${key} to be one of ${words.join(", ")}`);
}

/** The only value of a key. @throws {HttpFailure} 400 when it is repeated */
export function readOne(query: Query, key: string): string | undefined {
  const [value, ...others] = query[key] ?? [];
  if (others.length === 0) return value;
  throw new HttpFailure(400, `Expected ${key} to be given once, got it ${others.length + 1} times`);
}
