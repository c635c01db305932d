import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import { expectation, HexError } from "../errors.ts";
import { toSha256 } from "../sha256.ts";
import { DocumentKind, sha256 } from "../store/document.ts";
import { ACCESS_KEY, TOKENS_PREFIX, tokenKey } from "../store/key.ts";
import { readManifest } from "../store/manifest/manifest.ts";
import { readUnlessLarger } from "../store/read-limits.ts";
import type { Store, StoreOptions } from "../store/store.ts";
import { isDamage } from "../store/stored-file.ts";

/** Role of a token: it allows looking, also starting and cancelling runs, or everything. */
export const TOKEN_SCOPES = ["read", "run", "admin"] as const;

export type TokenScope = (typeof TOKEN_SCOPES)[number];

const instant = v.pipe(v.string(), v.isoTimestamp());

const TokenRecord = v.object({
  format: v.literal(1),
  id: v.pipe(v.string(), v.uuid()),
  name: v.string(),
  scopes: v.array(v.picklist(TOKEN_SCOPES)),
  /** SHA-256 of the token, in hexadecimal digits */
  digest: sha256,
  /** ISO 8601, UTC, as are the next two */
  createdAt: instant,
  /** null: never */
  expiresAt: v.nullable(instant),
  revokedAt: v.nullable(instant),
});

/** A token as the store keeps it: whoever reads it cannot use it. */
export type TokenRecord = Readonly<v.InferOutput<typeof TokenRecord>>;

const records = new DocumentKind({ schema: TokenRecord });

export interface TokenSpec {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** milliseconds since 1970; null: never */
  readonly expiresAtMs: number | null;
}

/** The tokens of a project, oldest first, and a sentence for each that cannot be read. */
export interface TokenList {
  readonly tokens: readonly TokenRecord[];
  readonly warnings: readonly string[];
}

/** Form of every token; the prefix is that of Hex's workspace tokens. */
export const TOKEN_FORM = /^hxtw_[0-9a-f]{96}$/;

const TOKEN_BYTES = 48;
const RECORD_LIMIT_BYTES = 64 * 1024;

/**
 * Makes a token, and keeps its digest. The token itself is given here and never again. That there was
 * one is noted first: whatever becomes of its record, the project is open to nobody from then on.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, also when something was published that is not there
 */
export async function createToken(
  store: Store,
  { name, scopes, expiresAtMs }: TokenSpec,
): Promise<{ readonly token: string; readonly record: TokenRecord }> {
  const token = `hxtw_${randomBytes(TOKEN_BYTES).toString("hex")}`;
  const record: TokenRecord = {
    format: 1,
    id: randomUUID(),
    name,
    scopes: [...scopes],
    digest: toSha256(token),
    createdAt: new Date().toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    revokedAt: null,
  };
  await refuseAway(store);
  await store.marker?.tokens.noteMade();
  await writeMade(store);
  await records.at(store, tokenKey(record.id)).write(record);
  // In a store that ignores conditions, a server that saw none before may have said so after us.
  if ((await readAccess(store)) !== "made") await writeMade(store);
  return { token, record };
}

/** @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function listTokens(store: Store, { signal }: StoreOptions = {}): Promise<TokenList> {
  const tokens: TokenRecord[] = [];
  const warnings: string[] = [];
  for await (const { key } of store.list(TOKENS_PREFIX, { signal })) {
    const object = await readUnlessLarger(store, key, { signal, limitBytes: RECORD_LIMIT_BYTES });
    if (object === undefined) continue;
    const record = object === "too-large" ? undefined : records.tryParse(object.body);
    if (record !== undefined && tokenKey(record.id) === key) tokens.push(record);
    else
      warnings.push(
        `Expected \`${key}\` in ${store.location} to be a token's record, got something else (that token is refused; remove the object)`,
      );
  }
  tokens.sort((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
  return { tokens, warnings };
}

/**
 * Ends a token. Its record stays, so that a project which had tokens is never taken for one that
 * needs none.
 *
 * @throws {HexError} HEX_USAGE when there is none of this id; HEX_STORE_UNAVAILABLE
 */
export async function revokeToken(store: Store, id: string): Promise<TokenRecord> {
  const { tokens } = await listTokens(store);
  const record = tokens.find((each) => each.id === id);
  if (record === undefined) {
    throw expectation("HEX_USAGE", {
      place: "the token id",
      expected: "one that `hex token list` lists",
      got: JSON.stringify(id),
    });
  }
  if (record.revokedAt !== null) return record;
  const revoked = { ...record, revokedAt: new Date().toISOString() };
  await records.at(store, tokenKey(id)).write(revoked);
  return revoked;
}

/** Whether a token may be used at an instant. @param nowMs milliseconds since 1970 */
export function isUsable({ expiresAt, revokedAt }: TokenRecord, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > nowMs);
}

/** The record of a token; every record is compared, each in the same time. */
export function findToken(tokens: readonly TokenRecord[], token: string): TokenRecord | undefined {
  const digest = Buffer.from(toSha256(token));
  const matching = tokens.filter((each) => timingSafeEqual(Buffer.from(each.digest), digest));
  return matching[0];
}

/** A token made in the folder below a disk that is not mounted would be gone with the next one. */
async function refuseAway(store: Store): Promise<void> {
  try {
    await readManifest(store);
  } catch (error) {
    // What is published may be damaged: that is no reason to turn away whom a token is for.
    if (!isDamage(error)) throw error;
  }
}

/** State of a store: some tokens were made, or none ever was. */
type Access = "made" | "never";

const accesses = new DocumentKind<{ readonly format: 1; readonly tokens: Access }>({
  schema: v.object({ format: v.literal(1), tokens: v.picklist(["made", "never"]) }),
  limitBytes: 4 * 1024,
});

/**
 * Whether a token was ever made, by the store: `undefined` where it does not say, `damaged` where that
 * cannot be read.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function readAccess(
  store: Store,
  { signal }: StoreOptions = {},
): Promise<Access | "damaged" | undefined> {
  try {
    return (await accesses.at(store, ACCESS_KEY).read({ signal }))?.value.tokens;
  } catch (error) {
    if (error instanceof HexError && error.code === "HEX_STORE_UNAVAILABLE") throw error;
    signal?.throwIfAborted();
    return "damaged";
  }
}

/** Has the store say for ever that a token was made. @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function writeMade(store: Store): Promise<void> {
  await accesses.at(store, ACCESS_KEY).write({ format: 1, tokens: "made" });
}

/**
 * Has a store that says nothing say that none was, unless somebody else was faster; a store that
 * ignores conditions may then say it for the moment, until who makes the token looks again.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function writeNever(store: Store): Promise<void> {
  const condition = { ifNoneMatch: "*" } as const;
  await accesses.at(store, ACCESS_KEY).write({ format: 1, tokens: "never" }, { condition });
}
