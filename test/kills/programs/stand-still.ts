import fs, { constants, linkSync, readlinkSync, writeFileSync } from "node:fs";
import files, { type FileHandle } from "node:fs/promises";
import http, { type ClientRequest } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname } from "node:path";
import { Duplex } from "node:stream";

/*
 * Loaded before the built command and its run processes: lets one of them go on until it has come to
 * the place that it is told of, tells so by a file, and lets nothing happen after that. Whoever comes
 * there later goes on.
 *
 *   begun      a run process is about to ask for the lease
 *   waiting    the lease of somebody else was looked at twice (nothing is held up)
 *   computing  the cell calls `standAt`
 *   staged     a run process is about to write the manifest
 *   swapping   it has the manifest's lock; or a server has the new manifest, and its answer is lost
 *   published  a run process is about to tell that it is done, and to give up the lease
 */

const { HEX_TEST_STAND_AT: place, HEX_TEST_STAND_FOLDER: folder = "" } = process.env;
const isRunProcess = basename(process.argv[1] ?? "") === "run-child.js";

let isStanding = false;

/** Whether this process has come to its place, and is the first one to do so. */
function isThere(here: string): boolean {
  if (here !== place) return false;
  isStanding ||= isFirst("stands");
  return isStanding;
}

function isFirst(name: string): boolean {
  const own = `${folder}/${name}-${process.pid}`;
  writeFileSync(own, `${process.pid}`);
  try {
    // With what it says, at once.
    linkSync(own, `${folder}/${name}`);
    return true;
  } catch {
    return false;
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}

let looks = 0;

function noteLook(path: string): void {
  if (isRunProcess || basename(path) !== "lease.json") return;
  looks += 1;
  if (looks === 2) isThere("waiting");
}

function holdCalls(): void {
  const send = process.send?.bind(process);
  if (send === undefined) return;
  process.send = (message: unknown, ...rest: never[]) => {
    const { type, name }: { readonly type?: unknown; readonly name?: unknown } = Object(message);
    const isCall = (called: string) => type === "call-made" && name === called;
    if (isCall("take-lease")) {
      isFirst("runs");
      if (isThere("begun")) return true;
    }
    return (isCall("release-lease") && isThere("published")) || send(message, ...rest);
  };
}

/** Whether a new file is the next manifest, which lies beside the one that it replaces. */
function isManifestFile(path: string, flags: unknown): boolean {
  if (!isRunProcess || typeof flags !== "number" || (flags & constants.O_CREAT) === 0) return false;
  if (!basename(path).startsWith(".hex-tmp-")) return false;
  return basename(readlinkSync(dirname(path))) === ".hex";
}

function holdFiles(): void {
  const { open, rename } = files;
  const { openSync } = fs;
  // Small files are read at once.
  fs.openSync = (path, flags, mode) => {
    noteLook(String(path));
    return openSync(path, flags, mode);
  };
  files.open = async (path, flags, mode): Promise<FileHandle> => {
    noteLook(String(path));
    if (isManifestFile(String(path), flags) && isThere("staged")) return forever();
    return open(path, flags, mode);
  };
  files.rename = async (from, to) => {
    const isSwap = isRunProcess && basename(String(to)) === "manifest.json";
    if (isSwap && isThere("swapping")) return forever();
    return rename(from, to);
  };
}

function holdRequests(): void {
  const ask = http.request;
  const request = (...args: Parameters<typeof ask>): ClientRequest => {
    const options: http.RequestOptions = Object(args[0]);
    const path = options.path?.split("?")[0] ?? "";
    if (options.method === "GET") noteLook(path);
    const isSwap = isRunProcess && options.method === "PUT" && basename(path) === "manifest.json";
    if (!isSwap) return ask(...args);
    if (isThere("staged")) {
      return ask({ ...options, agent: undefined, createConnection: () => silent() });
    }
    return place === "swapping" ? withoutAnswer(ask(...args)) : ask(...args);
  };
  Object.assign(http, { request });
}

/** A connection over which nothing goes. */
function silent(): Duplex {
  const none = () => undefined;
  const like = { setTimeout: none, setKeepAlive: none, setNoDelay: none, ref: none, unref: none };
  return Object.assign(new Duplex({ read: none, write: none }), like);
}

function withoutAnswer(request: ClientRequest): ClientRequest {
  const emit = request.emit.bind(request);
  request.emit = (event: string | symbol, ...args: unknown[]) =>
    (event === "response" && isThere("swapping")) || emit(event, ...args);
  return request;
}

if (place !== undefined) {
  holdCalls();
  holdFiles();
  holdRequests();
  syncBuiltinESMExports();
  const standAt = async (here: string) => (isThere(here) ? forever() : undefined);
  Object.assign(globalThis, { standAt });
}
