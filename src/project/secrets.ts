import { type BinaryLike, type ScryptOptions, scrypt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { HexError } from "../errors.ts";
import { CONFIG_FILE } from "./config.ts";

/** Values of secrets by name. */
export type Secrets = Readonly<Record<string, string>>;

/** The file beside hex.config.json that may hold secrets; it never belongs into git. */
const SECRETS_FILE = ".env";

/** Shorter values would be found all over ordinary text when it is redacted. */
const SHORTEST = 4;

/**
 * The values of the listed secrets: the environment's, or else the file's.
 * @throws {HexError} HEX_SECRET_MISSING naming every secret that has no usable value
 */
export async function readSecrets(
  names: readonly string[],
  projectDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<Secrets> {
  if (names.length === 0) return {};
  const file = await readSecretsFile(projectDirectory);
  const values = new Map(names.map((name) => [name, environment[name] ?? file[name] ?? ""]));
  const unusable = names.filter((name) => (values.get(name)?.length ?? 0) < SHORTEST);
  if (unusable.length > 0) throw new HexError("HEX_SECRET_MISSING", tellUnusable(unusable, values));
  return Object.freeze(Object.fromEntries(values));
}

/** As `secretsDigest`, of the secrets of a project. */
export function toSecretsDigest(
  secrets: Secrets,
  { projectId, name }: { readonly projectId: string | undefined; readonly name: string },
): Promise<string> {
  return secretsDigest(secrets, projectId ?? name);
}

/**
 * Tells whether secrets are the ones of before, without telling what they are: "" for none. It is
 * slow to compute, and another one in each project, so that nobody tries out what a secret may be.
 */
export async function secretsDigest(secrets: Secrets, projectId: string): Promise<string> {
  const entries = Object.entries(secrets).sort(([left], [right]) => (left < right ? -1 : 1));
  if (entries.length === 0) return "";
  const derived = await derive(JSON.stringify(entries), projectId, DIGEST_BYTES, {
    N: DIGEST_COST,
  });
  return derived.toString("hex");
}

const DIGEST_BYTES = 16;
/** some 10 ms and 4 MiB */
const DIGEST_COST = 4096;

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

function tellUnusable(names: readonly string[], values: ReadonlyMap<string, string>): string {
  return names
    .map((name) => {
      const got = values.get(name) === "" ? "nothing" : "a shorter one, which cannot be redacted";
      return `Expected secret ${name}, listed in ${CONFIG_FILE}, to be a text of at least ${SHORTEST} characters, got ${got} (set it in the environment or in ${SECRETS_FILE})`;
    })
    .join("\n");
}

async function readSecretsFile(projectDirectory: string): Promise<NodeJS.Dict<string>> {
  try {
    return parseEnv(await readFile(join(projectDirectory, SECRETS_FILE), "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new HexError(
      "HEX_SECRET_MISSING",
      `Expected ${SECRETS_FILE} to be readable, got ${(cause as NodeJS.ErrnoException).code} (mend its permissions, or set the secrets in the environment)`,
      { cause },
    );
  }
}
