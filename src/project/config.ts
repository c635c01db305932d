import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { parseDuration } from "../cell/duration.ts";
import type { RunContext } from "../cell/run-context.ts";
import { expectation, HexError } from "../errors.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { parseStoreLocation, type StoreLocation } from "../store/location.ts";
import { toFaults } from "./config-faults.ts";
import { configKeys } from "./config-keys.ts";
import { type RunLimits, toRunLimits } from "./run-limits.ts";

export const CONFIG_FILE = "hex.config.json";

/** An array would pass for an object without keys. */
const configSchema = v.pipe(
  v.custom<object>((written) => !Array.isArray(written), "an object"),
  configKeys,
);

/** Which versions are kept: whichever of the two keeps more. */
interface Retention {
  readonly keepVersions: number;
  readonly keepMs: number;
}

/** What hex.config.json says, with every default filled in. */
export interface Config {
  readonly name: string;
  readonly projectId: string | undefined;
  readonly cells: string;
  readonly store: StoreLocation;
  readonly computeIn: readonly RunContext[];
  /** undefined: frames never get stale unless their cell says so */
  readonly maxAgeMs: number | undefined;
  readonly machines: "one" | "several";
  readonly retention: Retention;
  readonly runs: RunLimits;
  readonly inputs: ReadonlyMap<string, unknown>;
  readonly schedules: readonly Schedule[];
  readonly secrets: readonly string[];
}

/**
 * Reads hex.config.json of a project; the environment may name another store.
 * @throws {HexError} HEX_CONFIG_INVALID with all the faults there are
 */
export async function readConfig(
  projectDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<Config> {
  const text = await readConfigText(projectDirectory);
  return parseConfig(parseJson(text), projectDirectory, environment["HEX_STORE"]);
}

/** Checks a config and fills in the defaults; `storeOverride` replaces its store. */
export function parseConfig(
  written: unknown,
  projectDirectory: string,
  storeOverride?: string,
): Config {
  const checked = v.safeParse(configSchema, written);
  const faults = checked.success ? [] : toFaults(checked.issues, CONFIG_FILE);
  const { store: writtenStore = "file:.hex/store", secrets: listed = [] } = toLoose(written);
  const store = orFault(
    () =>
      storeOverride === undefined
        ? parseStoreLocation(writtenStore, projectDirectory)
        : parseStoreLocation(parseOverride(storeOverride), projectDirectory, "HEX_STORE"),
    faults,
  );
  if (store !== undefined) faults.push(...unlistedSecrets(store, listed));
  if (!checked.success || store === undefined || faults.length > 0) {
    throw new HexError("HEX_CONFIG_INVALID", faults.join("\n"));
  }
  return toConfig(checked.output, store);
}

function toConfig(written: v.InferOutput<typeof configKeys>, store: StoreLocation): Config {
  const { name, projectId, cells, computeIn, maxAge, machines, retention, schedules, secrets } =
    written;
  return {
    name,
    projectId,
    cells,
    store,
    computeIn,
    maxAgeMs: maxAge === undefined ? undefined : parseDuration(maxAge, "`maxAge`"),
    machines,
    retention: {
      keepVersions: retention.versions ?? 10,
      keepMs: parseDuration(retention.age ?? "24h", "`retention.age`"),
    },
    runs: toRunLimits(written.runs),
    inputs: new Map(Object.entries(written.inputs)),
    schedules,
    secrets,
  };
}

/** The keys that are looked at even when others are wrong, so that all faults are told at once. */
function toLoose(written: unknown): { readonly store?: unknown; readonly secrets?: unknown } {
  return typeof written === "object" && written !== null ? written : {};
}

function orFault<Result>(parse: () => Result, faults: string[]): Result | undefined {
  try {
    return parse();
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    faults.push(thrown.message);
    return undefined;
  }
}

/** A store's credentials are secrets of the project, so they have to be listed with the others. */
function unlistedSecrets(store: StoreLocation, listed: unknown): string[] {
  const named = store.kind === "s3" ? Object.values(store.credentials ?? {}) : [];
  const names: readonly unknown[] = Array.isArray(listed) ? listed : [];
  return named
    .filter((name) => !names.includes(name))
    .map(
      (name) =>
        `Expected \`secrets\` in ${CONFIG_FILE} to list ${name}, which \`store\` names, got a list without it (add it)`,
    );
}

/** HEX_STORE holds a URL, or the object that `store` may be, as JSON. */
function parseOverride(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw expectation(
      "HEX_CONFIG_INVALID",
      { place: "HEX_STORE", expected: "a store URL or a JSON object", got: text },
      { cause },
    );
  }
}

async function readConfigText(projectDirectory: string): Promise<string> {
  const path = join(projectDirectory, CONFIG_FILE);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw expectation(
      "HEX_CONFIG_INVALID",
      {
        place: `${path}`,
        expected: "a readable file",
        got: (cause as NodeJS.ErrnoException).code ?? "an error",
        hint: "a project is a folder with hex.config.json and cells; name it with --project DIR",
      },
      { cause },
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw expectation(
      "HEX_CONFIG_INVALID",
      {
        place: `${CONFIG_FILE}${linePlace(text, message)}`,
        expected: "JSON",
        got: message.replace(/ in JSON at position.*| is not valid JSON.*/s, ""),
        hint: "look for a missing comma, quote or bracket just before this place",
      },
      { cause },
    );
  }
}

/** Turns the parser's character position into the line and column people look for. */
function linePlace(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  const lines = before.split("\n");
  return `:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}
