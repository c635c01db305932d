import { link, lstat, rename } from "node:fs/promises";
import type { ConflictReason, WriteOptions } from "../store.ts";
import { diskErrorCode, unless } from "./directory-failure.ts";
import { type Entry, readPlainFile, toEtag, toTemporaryPath } from "./directory-file.ts";
import { changeFile, type LockOptions, passedWriter } from "./directory-lock.ts";

/** Puts a finished file under its name; or tells why the condition does not hold. */
export async function install(
  entry: Entry,
  temporary: string,
  { condition, ...options }: WriteOptions & LockOptions,
): Promise<ConflictReason | undefined> {
  if (condition !== undefined && "ifNoneMatch" in condition) {
    const linking = link(temporary, entry.path).then(() => true);
    return (await unless(["EEXIST"], linking)) === undefined ? "changed" : undefined;
  }
  const carryOut = async (content: string) => {
    const reason = condition && (await judge(entry, condition.ifMatch, options));
    if (reason === undefined) await rename(content, entry.path);
    return reason;
  };
  const turn = await changeFile(entry, { purpose: "write", temporary, carryOut }, options);
  if (turn.isDone) return turn.result;
  if (condition !== undefined) return "undecided";
  throw passedWriter(entry, options.silenceMs);
}

/** Removes a file; false where there is none, or a folder. */
export async function remove(entry: Entry, options: LockOptions): Promise<boolean> {
  if (!(await isFile(entry.path))) return false;
  const temporary = toTemporaryPath(entry.folder);
  const carryOut = (content: string) => moveAway(entry, content);
  const turn = await changeFile(entry, { purpose: "removal", temporary, carryOut }, options);
  if (!turn.isDone) throw passedWriter(entry, options.silenceMs);
  return true;
}

/** Why the file is not the one that was told. */
async function judge(
  entry: Entry,
  etag: string,
  { signal }: LockOptions,
): Promise<ConflictReason | undefined> {
  const current = await readPlainFile(entry, { signal });
  if (current === undefined) return "missing";
  return toEtag(current) === etag ? undefined : "changed";
}

async function moveAway({ path }: Entry, content: string): Promise<void> {
  try {
    // Over a file no folder is moved, whoever has put one there meanwhile.
    await rename(path, content);
  } catch (error) {
    const isMissing = diskErrorCode(error) === "ENOENT" || diskErrorCode(error) === "ENOTDIR";
    if (!isMissing || (await isFile(path))) throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  const found = await unless(["ENOENT"], lstat(path));
  return found !== undefined && !found.isDirectory();
}
