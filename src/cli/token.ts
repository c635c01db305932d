import { parseDuration } from "../cell/duration.ts";
import { expectation, HexError } from "../errors.ts";
import { withProjectStore } from "../project/project-store.ts";
import { TokenProver } from "../project/token-proof.ts";
import {
  createToken,
  isUsable,
  listTokens,
  revokeToken,
  TOKEN_SCOPES,
  type TokenRecord,
  type TokenScope,
} from "../project/tokens.ts";
import type { Store } from "../store/store.ts";
import { EXIT_COMPLETED } from "./exit-code.ts";
import { renderColumns } from "./render-columns.ts";
import { say, sayJson, warn } from "./terminal.ts";

/** The flags of `hex token`, as commander hands them over. */
export interface TokenFlags {
  readonly project: string;
  readonly json?: true;
}

/** The flags of `hex token create`. */
export interface CreateFlags extends TokenFlags {
  readonly scope: readonly string[];
  readonly expires: string;
}

/** `hex token create NAME`: makes a token, and prints it this once. */
export async function create(name: string, flags: CreateFlags): Promise<number> {
  const spec = {
    name: parseName(name),
    scopes: parseScopes(flags.scope),
    expiresAtMs: parseExpiry(flags.expires, Date.now()),
  };
  const { token, record } = await withProjectStore(flags.project, (store) =>
    createToken(store, spec),
  );
  if (flags.json === true) sayJson({ token, ...toTold(record) });
  else {
    warn(`Token ${record.name} (${record.id}); it is shown this once:`);
    say(token);
  }
  return EXIT_COMPLETED;
}

/** `hex token list`: the tokens, those that ended among them. */
export async function list({ project, json }: TokenFlags): Promise<number> {
  const { tokens, warnings, doubt } = await withProjectStore(project, listProven);
  for (const warning of warnings) warn(warning);
  if (json === true) sayJson({ tokens: tokens.map(toTold) });
  else if (doubt !== undefined) say(doubt);
  else if (tokens.length === 0) say("No token was created yet; `hex token create` does.");
  else say(renderColumns([HEADINGS, ...tokens.map(toRow)]));
  return EXIT_COMPLETED;
}

/** `hex token revoke ID`: ends a token, within seconds also on servers that run. */
export async function revoke(id: string, { project, json }: TokenFlags): Promise<number> {
  const record = await withProjectStore(project, (store) => revokeToken(store, id));
  if (json === true) sayJson(toTold(record));
  else say(`Token ${record.name} is revoked.`);
  return EXIT_COMPLETED;
}

/** The tokens, and what is amiss where there are none though there were. */
async function listProven(store: Store) {
  const list = await listTokens(store);
  const { doubt } = await new TokenProver(store).prove(list);
  return { ...list, doubt };
}

const HEADINGS = ["id", "name", "scopes", "created", "expires", "state"];
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

function toRow(record: TokenRecord): readonly string[] {
  const { id, name, scopes, createdAt, expiresAt } = record;
  return [id, name, scopes.join(","), createdAt, expiresAt ?? "never", toState(record)];
}

function toTold(record: TokenRecord) {
  const { digest: _, format: _format, ...told } = record;
  return { ...told, state: toState(record) };
}

function toState(record: TokenRecord): "active" | "expired" | "revoked" {
  if (record.revokedAt !== null) return "revoked";
  return isUsable(record, Date.now()) ? "active" : "expired";
}

function parseName(name: string): string {
  if (NAME.test(name)) return name;
  throw expectation("HEX_USAGE", {
    place: "NAME",
    expected: "up to 64 letters, digits, spaces, or . _ @ -",
    got: JSON.stringify(name),
  });
}

function parseScopes(written: readonly string[]): readonly TokenScope[] {
  if (written.length === 0) return ["run"];
  return written.map((scope) => {
    const known = TOKEN_SCOPES.find((each) => each === scope);
    if (known !== undefined) return known;
    const expected = `one of ${TOKEN_SCOPES.join(", ")}`;
    throw expectation("HEX_USAGE", { place: "--scope", expected, got: JSON.stringify(scope) });
  });
}

function parseExpiry(text: string, nowMs: number): number | null {
  if (text === "never") return null;
  try {
    return nowMs + parseDuration(text, "--expires");
  } catch (cause) {
    throw cause instanceof HexError ? new HexError("HEX_USAGE", cause.message) : cause;
  }
}
