import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { HexError } from "../../src/errors.ts";
import { createToken } from "../../src/project/tokens.ts";
import { openServer } from "../../src/server/server.ts";
import type { Store } from "../../src/store/store.ts";
import { openProjectRuns, type ProjectRuns } from "../../src/work/project-runs.ts";
import type { S3Server } from "../servers/s3-server.ts";
import { createBucket } from "../store/server-store.ts";
import { PROJECT_ID, RUNS } from "./served-project.ts";

export const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;
/** The object by which a store tells whether a token was ever made. */
export const ACCESS = ".hex/access.json";

/** The secrets that a bucket needs have to be there for a directory, too. */
export const PLAIN = { ...process.env, DOUBT_KEY_ID: "no-key", DOUBT_SECRET: "no-secret" };

export interface Place {
  /** the project's folder */
  readonly directory: string;
  /** a folder beside it, which is not there yet */
  readonly outside: string;
}

export interface Opening {
  readonly environment?: NodeJS.ProcessEnv;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly allowedHosts?: readonly string[];
  /** stands before the store */
  readonly wrap?: (store: Store) => Store;
}

/** A server of the project, as one that is started again. */
export interface Opened {
  readonly runs: ProjectRuns;
  readonly lines: readonly string[];
  /** asks as somebody on this machine; as nobody without a token */
  ask(token?: string): Promise<{ readonly status: number; readonly reason: string }>;
  /** lets the time pass after which a server looks again */
  pass(ms: number): void;
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** A project of one note whose store lies where it is told, `outside` for beside its folder. */
export async function makePlace(store: (place: Place) => unknown = toOutside): Promise<Place> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "hex-doubt-")));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const place = { directory: join(base, "project"), outside: join(base, "disk/store") };
  await mkdir(join(place.directory, "cells"), { recursive: true });
  // The store of a bucket names them; elsewhere nothing uses them.
  const secrets = ["DOUBT_KEY_ID", "DOUBT_SECRET"];
  const config = { name: "Doubt", projectId: PROJECT_ID, store: store(place), secrets };
  await writeFile(join(place.directory, "hex.config.json"), JSON.stringify(config));
  await writeFile(join(place.directory, "cells/note.md"), "# Note\n");
  return place;
}

export function toOutside({ outside }: Place): string {
  return `file:${outside}`;
}

export async function open({ directory }: Place, opening: Opening = {}): Promise<Opened> {
  const { environment = PLAIN, wrap = (store) => store, ...settings } = opening;
  const opened = await openProjectRuns(directory, { runtimeUrl, environment });
  const runs = { ...opened, store: wrap(opened.store) };
  const lines: string[] = [];
  let now = Date.now();
  const server = await openServer({
    ...{ runs, writeLog: (line) => lines.push(line), now: () => now },
    settings: { ...runs.config.server, port: 0, ...settings },
  }).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await server.close();
    await opened.close();
  };
  onTestFinished(close);
  return {
    ...{ runs, lines, close, listen: server.listen },
    ask: async (token) => {
      const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const headers = { host: "127.0.0.1:8787", ...bearer };
      const { statusCode, body } = await server.app.inject({ url: RUNS, headers });
      return { status: statusCode, reason: JSON.parse(body).reason ?? "" };
    },
    pass: (ms) => {
      now += ms;
    },
  };
}

export async function makeToken(store: Store, expiresAtMs: number | null = null): Promise<string> {
  const made = await createToken(store, { name: "all", scopes: ["admin"], expiresAtMs });
  return made.token;
}

export async function readText(store: Store, key: string): Promise<string | undefined> {
  const object = await store.read(key);
  return object && new TextDecoder().decode(object.body);
}

export async function deleteAll(store: Store, prefix: "" | ".hex/tokens/"): Promise<void> {
  for await (const { key } of store.list(prefix)) await store.delete(key);
}

/** A store whose writes go another way. */
export function through(store: Store, write: Store["write"]): Store {
  return {
    ...{ location: store.location, marker: store.marker, write },
    read: (...read) => store.read(...read),
    find: (...found) => store.find(...found),
    readBlocks: (...read) => store.readBlocks(...read),
    writeFile: (...written) => store.writeFile(...written),
    copy: (...copied) => store.copy(...copied),
    delete: (...deleted) => store.delete(...deleted),
    list: (...listed) => store.list(...listed),
    listFolders: (...listed) => store.listFolders(...listed),
    close: () => store.close(),
  };
}

export function readOnly(store: Store): Store {
  return through(store, async () => {
    throw new HexError("HEX_STORE_UNAVAILABLE", "Expected the store to be writable, got 403");
  });
}

export async function makeBucket(server: S3Server) {
  const bucket = `doubt-${randomUUID()}`;
  await createBucket(server, bucket);
  const environment = {
    ...process.env,
    DOUBT_KEY_ID: server.accessKeyId,
    DOUBT_SECRET: server.secretAccessKey,
  };
  return { bucket, environment };
}

export function toS3({ endpoint, region }: S3Server, bucket: string) {
  return {
    ...{ url: `s3://${bucket}/data`, endpoint, region, forcePathStyle: true },
    ...{ accessKeyIdSecret: "DOUBT_KEY_ID", secretAccessKeySecret: "DOUBT_SECRET" },
  };
}
