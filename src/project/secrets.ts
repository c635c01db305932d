import { type BinaryLike, type ScryptOptions, scrypt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import type { InputWidget } from "../cell/input-widget.ts";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import { RUN_STATES } from "../run/history/run-record.ts";
import type { Redactor } from "../run/redact/redactor.ts";
import type { Version } from "../store/version.ts";
import { CONFIG_FILE, type Config } from "./config.ts";

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
  if (unusable.length > 0)
    throw new HexError("HEX_SECRET_MISSING", describeUnusable(unusable, values));
  return Object.freeze(Object.fromEntries(values));
}

/**
 * A digest by which changed secrets are noticed; "" for none. It is slow to compute, and salted with
 * the project, so that nobody finds a secret by trying.
 */
export async function secretsDigest(
  secrets: Secrets,
  { projectId, name }: Pick<Config, "projectId" | "name">,
): Promise<string> {
  const entries = Object.entries(secrets).sort(([left], [right]) => (left < right ? -1 : 1));
  if (entries.length === 0) return "";
  const derived = await derive(JSON.stringify(entries), projectId ?? name, DIGEST_BYTES, {
    N: DIGEST_COST,
  });
  return derived.toString("hex");
}

const DIGEST_BYTES = 16;
/** some 10 ms and 4 MiB */
const DIGEST_COST = 4096;

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

function describeUnusable(names: readonly string[], values: ReadonlyMap<string, string>): string {
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

interface NamedCell {
  readonly name: string;
  readonly frame?: string | null;
  readonly widget?: InputWidget | null;
}

/** Names of a project and values that its inputs allow, which are no leaks by themselves. */
export function namesOf({
  cells,
  config,
}: {
  readonly cells: { readonly cells: readonly NamedCell[] };
  readonly config: Config;
}): readonly string[] {
  return [...cellNames(cells.cells), ...configNames(config)];
}

/** The part of `namesOf` that cells have. */
export function cellNames(cells: readonly NamedCell[]): readonly string[] {
  return cells.flatMap(({ name, frame, widget }) => [
    name,
    ...(frame ? [frame] : []),
    ...textsIn(widget),
  ]);
}

/** The part of `namesOf` that the config has. */
export function configNames({ name, inputs, schedules, page }: Config): readonly string[] {
  return [
    ...[name, ...RUN_CONTEXTS, ...RUN_STATES],
    ...textsIn(Object.fromEntries(inputs)),
    ...schedules.flatMap((schedule) => [schedule.name, ...textsIn(schedule.inputs)]),
    ...textsIn(page.layout),
  ];
}

/** The names of the frames that a version holds, and of their columns. */
export function frameNames(version: Version): readonly string[] {
  return [...version.frames()].flatMap(([name, { columns }]) => [
    name,
    ...columns.map((column) => column.name),
  ]);
}

/** All texts in plain data, its keys among them. */
function textsIn(data: unknown): string[] {
  if (typeof data === "string") return [data];
  if (typeof data !== "object" || data === null) return [];
  if (Array.isArray(data)) return data.flatMap(textsIn);
  return Object.entries(data).flatMap(([key, value]) => [key, ...textsIn(value)]);
}

/** A warning for each secret whose value is a common text; it never holds the value. */
export function warnOfCommonSecrets(redactor: Redactor): readonly string[] {
  return redactor.findCommon().map(({ secret, why }) => {
    const got =
      why === "ordinary"
        ? "a common word or number"
        : "a text that stands in names or values of the project";
    return `Expected secret ${secret}, listed in ${CONFIG_FILE}, to have a value that stands nowhere else, got ${got} (it is taken out of texts, and stays in names, options, times and numbers; choose a longer one)`;
  });
}
