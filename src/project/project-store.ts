import { hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import {
  openRunHistory,
  type RunHistory,
  type RunHistoryOptions,
} from "../run/history/run-history.ts";
import type { StoreCredentials, StoreLocation } from "../store/location.ts";
import { openStore } from "../store/open-store.ts";
import { probeStore } from "../store/probe.ts";
import type { Store } from "../store/store.ts";
import { type Config, readConfig } from "./config.ts";
import { ProbeFile, PublishedMarker } from "./project-notes.ts";
import { readSecrets, type Secrets } from "./secrets.ts";

/** Where a project publishes, opened; close it after use. */
export interface OpenedStore {
  readonly store: Store;
  readonly secrets: Secrets;
}

/**
 * Opens the store that a project's config names, with the project's secrets.
 * @throws {HexError} HEX_SECRET_MISSING
 */
export async function openProjectStore(
  { directory, config }: { readonly directory: string; readonly config: Config },
  environment: NodeJS.ProcessEnv,
): Promise<OpenedStore> {
  const secrets = await readSecrets(config.secrets, directory, environment);
  const marker = new PublishedMarker(directory, config.store);
  const probeNotes = new ProbeFile(directory, config.store);
  const credentials = toCredentials(config.store, secrets);
  const store = await openStore(config.store, credentials, { marker, probeNotes });
  return { store, secrets };
}

/**
 * Does something with a project's store, for which its cells are not looked at.
 * @throws {HexError} HEX_CONFIG_INVALID, HEX_SECRET_MISSING, HEX_STORE_UNAVAILABLE
 */
export async function withProjectStore<Result>(
  folder: string,
  use: (store: Store, config: Config) => Promise<Result>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Result> {
  const directory = resolve(folder);
  const config = await readConfig(directory, environment);
  const { store } = await openProjectStore({ directory, config }, environment);
  try {
    return await use(store, config);
  } finally {
    await store.close();
  }
}

/** The history of a project's runs, in its store. */
export function openProjectHistory(
  store: Store,
  { machines, runs, store: { kind } }: Config,
  options: RunHistoryOptions = {},
): RunHistory {
  // One machine alone may publish to a store that ignores conditions; a directory keeps them.
  const conditions = machines === "one" && kind === "s3" ? "unavailable" : "required";
  // What became of a run is told also on a store that is refused: nobody publishes to it.
  const findConditions = async () =>
    (await probeStore(store)).conditionalWrites ? "required" : "unavailable";
  return openRunHistory(store, { keepMs: runs.keepMs, conditions, findConditions, ...options });
}

/** Who runs, for others to read: user, machine and process. */
export function toHolder(): string {
  return `${toRequester()}:${process.pid}`;
}

/** Who asks, for others to read: user and machine. */
export function toRequester(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** The values of the secrets that the store's location names. */
function toCredentials(location: StoreLocation, secrets: Secrets): StoreCredentials | undefined {
  if (location.kind === "directory" || location.credentials === undefined) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = location.credentials;
  return {
    accessKeyId: secrets[accessKeyId] ?? "",
    secretAccessKey: secrets[secretAccessKey] ?? "",
    sessionToken: sessionToken === undefined ? undefined : secrets[sessionToken],
  };
}
