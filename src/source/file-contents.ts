import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { toSha256 } from "../sha256.ts";
import { isMissing } from "./cell-files.ts";

/** Contents of files as digests. */
export interface FileContents {
  /**
   * A digest over names and contents of files below a folder; "" for no files. A file that is not
   * there counts as that. The times of files do not count.
   */
  read(files: readonly string[], directory: string): Promise<string>;
}

/** So long after its last change a file may change again without its times telling. */
const SETTLED_MS = 2_000;

interface KnownFile {
  /** which file it is, and its last change */
  readonly state: string;
  readonly digest: Promise<string>;
}

export interface FileContentsOptions {
  /** milliseconds since 1970 */
  readonly now?: () => number;
  /** reads a file's content */
  readonly digest?: (path: string) => Promise<string>;
}

/** Knows the digest of a file for as long as the system does not tell of a change to it. */
export function openFileContents({
  now = Date.now,
  digest: read = hashFile,
}: FileContentsOptions = {}): FileContents {
  const known = new Map<string, KnownFile>();
  const digestOf = async (path: string): Promise<string> => {
    const before = await readState(path, now);
    if (before === undefined) return "absent";
    const found = known.get(path);
    if (found !== undefined && found.state === before.state) return found.digest;
    const digest = read(path);
    if (before.isSettled) {
      known.set(path, { state: before.state, digest });
      digest.catch(() => known.delete(path));
    }
    return digest;
  };
  return {
    async read(files, directory) {
      if (files.length === 0) return "";
      const sorted = [...new Set(files)].sort();
      const told = sorted.map(async (file) => [file, await digestOf(join(directory, file))]);
      return toSha256(JSON.stringify(await Promise.all(told)));
    },
  };
}

interface FileState {
  readonly state: string;
  /** whether a change from now on is sure to change the state */
  readonly isSettled: boolean;
}

async function readState(path: string, now: () => number): Promise<FileState | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    const changedMs = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
    const isSettled = Math.abs(now() - changedMs) > SETTLED_MS;
    return { state: [dev, ino, size, mtimeNs, ctimeNs].join(" "), isSettled };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const block of createReadStream(path)) hash.update(block as Uint8Array);
  } catch (error) {
    if (isMissing(error)) return "absent";
    throw error;
  }
  return hash.digest("hex");
}
