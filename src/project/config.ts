import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BaseIssue } from "valibot";
import * as v from "valibot";
import { parseDuration } from "../cell/duration.ts";
import type { RunContext } from "../cell/run-context.ts";
import { expectation, HexError } from "../errors.ts";
import { parseQueueLocation, type QueueLocation } from "../queue/location.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { AskedFormat } from "../store/key.ts";
import { parseStoreLocation, type StoreLocation } from "../store/location.ts";
import { configKeys, type RunLimits, toRunLimits } from "./config-keys.ts";
import { type PageSettings, toPageSettings } from "./page-settings.ts";
import { type ServerSettings, toServerSettings } from "./server-settings.ts";

export const CONFIG_FILE = "hex.config.json";

/** An array would pass for an object without keys. */
const configSchema = v.pipe(
  v.custom<object>((written) => !Array.isArray(written), "an object"),
  configKeys,
);

/** Which versions are kept: the rule that keeps more counts. */
interface Retention {
  readonly keepVersions: number;
  readonly keepMs: number;
}

/** The settings of hex.config.json, with every default filled in. */
export interface Config {
  readonly name: string;
  readonly projectId: string | undefined;
  readonly cells: string;
  /** the interpreter of Python cells, as written; undefined: it is looked for */
  readonly python: string | undefined;
  readonly store: StoreLocation;
  readonly computeIn: readonly RunContext[];
  /** undefined: frames never get stale unless their cell says so */
  readonly maxAgeMs: number | undefined;
  readonly machines: "one" | "several";
  readonly retention: Retention;
  /** formats beside CSV and Arrow in which frames are published as well */
  readonly alsoPublish: readonly AskedFormat[];
  readonly queue: QueueLocation;
  readonly runs: RunLimits;
  readonly server: ServerSettings;
  readonly page: PageSettings;
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
  return parseConfig(parseJson(text), projectDirectory, environment);
}

/** Checks a config and fills in the defaults; HEX_STORE and HEX_QUEUE replace its store and queue. @internal */
export function parseConfig(
  written: unknown,
  projectDirectory: string,
  { HEX_STORE, HEX_QUEUE }: NodeJS.ProcessEnv = {},
): Config {
  const checked = v.safeParse(configSchema, written);
  const faults = checked.success ? [] : toFaults(checked.issues, CONFIG_FILE);
  const loose = toLoose(written);
  const store = orFault(
    () =>
      HEX_STORE === undefined
        ? parseStoreLocation(loose.store ?? "file:.hex/store", projectDirectory)
        : parseStoreLocation(parseOverride("HEX_STORE", HEX_STORE), projectDirectory, "HEX_STORE"),
    faults,
  );
  const queue = orFault(
    () =>
      HEX_QUEUE === undefined
        ? parseQueueLocation(loose.queue ?? "embedded")
        : parseQueueLocation(parseOverride("HEX_QUEUE", HEX_QUEUE), "HEX_QUEUE"),
    faults,
  );
  faults.push(...unlistedSecrets(store, queue, loose), ...unnamedQueue(queue, loose));
  if (!checked.success || store === undefined || queue === undefined || faults.length > 0) {
    throw new HexError("HEX_CONFIG_INVALID", faults.join("\n"));
  }
  return toConfig(checked.output, store, queue);
}

function toConfig(
  written: v.InferOutput<typeof configKeys>,
  store: StoreLocation,
  queue: QueueLocation,
): Config {
  const { name, projectId, cells, python, computeIn, maxAge, machines, retention } = written;
  return {
    name,
    projectId,
    cells,
    python,
    store,
    computeIn,
    maxAgeMs: maxAge === undefined ? undefined : parseDuration(maxAge, "`maxAge`"),
    machines,
    retention: {
      keepVersions: retention.versions ?? 10,
      keepMs: parseDuration(retention.age ?? "24h", "`retention.age`"),
    },
    alsoPublish: written.alsoPublish,
    queue,
    runs: toRunLimits(written.runs),
    server: toServerSettings(written.server),
    page: toPageSettings(written.page),
    inputs: new Map(Object.entries(written.inputs)),
    schedules: written.schedules,
    secrets: written.secrets,
  };
}

/** The keys that are looked at even when others are wrong, so that all faults are told at once. */
interface LooseConfig {
  readonly store?: unknown;
  readonly queue?: unknown;
  readonly secrets?: unknown;
  readonly projectId?: unknown;
}

function toLoose(written: unknown): LooseConfig {
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

/** Credentials of the store and the queue are secrets of the project: they are listed with the others. */
function unlistedSecrets(
  store: StoreLocation | undefined,
  queue: QueueLocation | undefined,
  { secrets }: LooseConfig,
): string[] {
  const named = [
    ...(store?.kind === "s3" ? Object.values(store.credentials ?? {}) : []).map(
      (name) => ["store", name] as const,
    ),
    ...(queue?.kind === "redis" ? [queue.usernameSecret, queue.passwordSecret] : []).map(
      (name) => ["queue", name] as const,
    ),
  ];
  const listed: readonly unknown[] = Array.isArray(secrets) ? secrets : [];
  return named
    .filter(([, name]) => name !== undefined && !listed.includes(name))
    .map(
      ([key, name]) =>
        `Expected \`secrets\` in ${CONFIG_FILE} to list ${name}, which \`${key}\` names, got a list without it (add it)`,
    );
}

/** On a server that many projects share, each has queues of its own. */
function unnamedQueue(queue: QueueLocation | undefined, { projectId }: LooseConfig): string[] {
  if (queue?.kind !== "redis" || projectId !== undefined) return [];
  return [
    `Expected \`projectId\` in ${CONFIG_FILE} to be given, since projects may share a Redis server, got nothing (add a UUID, such as \`node -p "crypto.randomUUID()"\` prints)`,
  ];
}

/** HEX_STORE and HEX_QUEUE hold a URL, or the object that `store` or `queue` may be, as JSON. */
function parseOverride(name: string, text: string): unknown {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw expectation(
      "HEX_CONFIG_INVALID",
      { place: name, expected: "a URL or a JSON object", got: text },
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

/** Every fault in a config as a sentence of its own, in the order of the file. */
function toFaults(issues: readonly BaseIssue<unknown>[], file: string): string[] {
  return issues.map((issue) => toSentence(issue, file));
}

function toSentence(issue: BaseIssue<unknown>, file: string): string {
  const key = toKey(issue);
  const isObject = issue.type === "strict_object";
  if (isObject && issue.expected === "never") {
    return expectation("HEX_CONFIG_INVALID", {
      place: `${file}`,
      expected: "without unknown keys",
      got: `\`${key}\``,
      hint: "check the spelling; docs/config.md lists the keys",
    }).message;
  }
  const place = key === "" ? file : `\`${key}\` in ${file}`;
  const expected = isObject ? (key === "" ? "an object" : "given") : issue.message;
  return expectation("HEX_CONFIG_INVALID", { place, expected, got: show(issue.input) }).message;
}

/** The path of a fault as people write it: `schedules[0].cron`. */
function toKey({ path }: BaseIssue<unknown>): string {
  const steps = (path ?? []).map(({ key }) =>
    typeof key === "number" ? `[${key}]` : `.${String(key)}`,
  );
  return steps.join("").replace(/^\./, "");
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
