import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import { expectation, HexError } from "../errors.ts";
import { ACCESS_KEY, TOKENS_PREFIX, tokenKey } from "../store/key.ts";
import { readManifest } from "../store/manifest/manifest.ts";
import { readUnlessLarger } from "../store/read-limits.ts";
import type { Store, StoreOptions } from "../store/store.ts";

/** Role of a token: it allows looking, also starting and cancelling runs, or everything. */
export const TOKEN_SCOPES = ["read", "run", "admin"] as const;

export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** A token as the store keeps it: reading it does not allow using it. */
export interface TokenRecord {
  readonly format: 1;
  /** a UUID */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** SHA-256 of the token, in hexadecimal digits */
  readonly digest: string;
  /** ISO 8601, UTC, as are the next two */
  readonly createdAt: string;
  /** null: never */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

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

const instant = v.pipe(v.string(), v.isoTimestamp());
const tokenRecord = v.object({
  format: v.literal(1),
  id: v.pipe(v.string(), v.uuid()),
  name: v.string(),
  scopes: v.array(v.picklist(TOKEN_SCOPES)),
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  createdAt: instant,
  expiresAt: v.nullable(instant),
  revokedAt: v.nullable(instant),
});

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
    scopes,
    digest: toDigest(token).toString("hex"),
    createdAt: new Date().toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    revokedAt: null,
  };
  await refuseAway(store);
  await store.marker?.tokens.noteMade();
  await writeMade(store);
  await writeRecord(store, record);
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
    const record = object === "too-large" ? undefined : parseRecord(object.body);
    if (record !== undefined && tokenKey(record.id) === key) tokens.push(record);
    else warnings.push(damageWarning(key, store));
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
  await writeRecord(store, revoked);
  return revoked;
}

/** Whether a token may be used at an instant. @param nowMs milliseconds since 1970 */
export function isUsable({ expiresAt, revokedAt }: TokenRecord, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > nowMs);
}

/** The record of a token; every record is compared, each in the same time. */
export function findToken(tokens: readonly TokenRecord[], token: string): TokenRecord | undefined {
  const digest = toDigest(token);
  const matching = tokens.filter((each) =>
    timingSafeEqual(Buffer.from(each.digest, "hex"), digest),
  );
  return matching[0];
}

/** A token made in the folder below a disk that is not mounted would be gone with the next one. */
async function refuseAway(store: Store): Promise<void> {
  try {
    await readManifest(store);
  } catch (error) {
    // What is published may be damaged: that is no reason to turn away whom a token is for.
    if (!(error instanceof HexError) || error.code !== "HEX_STORE_DAMAGED") throw error;
  }
}

function toDigest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

async function writeRecord(store: Store, record: TokenRecord): Promise<void> {
  const body = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
  await store.write(tokenKey(record.id), body, { contentType: "application/json" });
}

function parseRecord(body: Uint8Array): TokenRecord | undefined {
  try {
    const read = v.safeParse(tokenRecord, JSON.parse(new TextDecoder().decode(body)));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

function damageWarning(key: string, { location }: Store): string {
  return `Expected \`${key}\` in ${location} to be a token's record, got something else (that token is refused; remove the object)`;
}

/** Whether a store has ever held a token. */
type Access = "made" | "never";

const LIMIT_BYTES = 4 * 1024;

const accessObject = v.object({ format: v.literal(1), tokens: v.picklist(["made", "never"]) });

/**
 * What the store says of whether a token was ever made: `undefined` where it says nothing, `damaged`
 * where that cannot be read.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function readAccess(
  store: Store,
  { signal }: StoreOptions = {},
): Promise<Access | "damaged" | undefined> {
  try {
    const object = await store.read(ACCESS_KEY, { signal, limitBytes: LIMIT_BYTES });
    if (object === undefined) return undefined;
    return v.parse(accessObject, JSON.parse(new TextDecoder().decode(object.body))).tokens;
  } catch (error) {
    if (error instanceof HexError && error.code === "HEX_STORE_UNAVAILABLE") throw error;
    signal?.throwIfAborted();
    return "damaged";
  }
}

/** Has the store say for ever that a token was made. @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function writeMade(store: Store): Promise<void> {
  await store.write(ACCESS_KEY, toBytes("made"), { contentType: "application/json" });
}

/**
 * Has a store that says nothing say that none was, unless somebody else was faster; a store that
 * ignores conditions may then say it for the moment, until who makes the token looks again.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function writeNever(store: Store): Promise<void> {
  await store.write(ACCESS_KEY, toBytes("never"), {
    contentType: "application/json",
    condition: { ifNoneMatch: "*" },
  });
}

function toBytes(tokens: Access): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: 1, tokens })}\n`);
}
