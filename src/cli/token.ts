import { expectation } from "../errors.ts";
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
import { type CommandFlags, EXIT_COMPLETED, parseDurationFlag, parseWord } from "./command.ts";
import { renderColumns } from "./render.ts";
import { sayResult, warn } from "./terminal.ts";

/** The flags of `hex token create`. */
export interface CreateFlags extends CommandFlags {
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
  sayResult(flags, { token, ...toListed(record) }, () => {
    warn(`Token ${record.name} (${record.id}); it is shown this once:`);
    return token;
  });
  return EXIT_COMPLETED;
}

/** `hex token list`: all tokens, with those that are expired or revoked. */
export async function printTokens(flags: CommandFlags): Promise<number> {
  const { tokens, warnings, doubt } = await withProjectStore(flags.project, listProven);
  for (const warning of warnings) warn(warning);
  sayResult(flags, { tokens: tokens.map(toListed) }, () => {
    if (doubt !== undefined) return doubt;
    if (tokens.length === 0) return "No token was created yet; `hex token create` does.";
    return renderColumns([HEADINGS, ...tokens.map(toRow)]);
  });
  return EXIT_COMPLETED;
}

/** `hex token revoke ID`: ends a token; running servers follow within seconds. */
export async function revoke(id: string, flags: CommandFlags): Promise<number> {
  const record = await withProjectStore(flags.project, (store) => revokeToken(store, id));
  sayResult(flags, toListed(record), () => `Token ${record.name} is revoked.`);
  return EXIT_COMPLETED;
}

/** The tokens, and the doubt where some should exist and none is found. */
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

function toListed(record: TokenRecord) {
  const { digest: _, format: _format, ...listed } = record;
  return { ...listed, state: toState(record) };
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
  return written.map((scope) => parseWord(scope, "--scope", TOKEN_SCOPES));
}

function parseExpiry(text: string, nowMs: number): number | null {
  return text === "never" ? null : nowMs + parseDurationFlag(text, "--expires");
}
