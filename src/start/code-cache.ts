import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Compiled code that an earlier process kept. */
export interface KeptCode {
  /** for V8, which refuses what another version or other flags made */
  readonly data: Buffer;
  /** how many processes have added what they compiled */
  readonly additions: number;
}

export interface CodeCacheOptions {
  /** what must be equal for kept code to be used: the text of the source, versions, flags */
  readonly key: readonly (string | Buffer)[];
  /** the first part of the file's name */
  readonly name: string;
  /** the source; its owner may change what runs anyway */
  readonly source: Stats;
  /** folders in which the code may be kept, the best first */
  readonly folders: readonly string[];
}

const MAGIC = Buffer.from("hex-runtime code 1\n");
const HASH_BYTES = 32;
const HEADER_BYTES = MAGIC.length + 2 * HASH_BYTES + 1;

/**
 * The compiled code of one source, in a file beside the package or, where that is closed to us, in a
 * folder of the user's own. What is damaged, of another key, or could have been written by somebody
 * who may not change the source anyway is as good as absent, and so is a folder that takes no file:
 * the source is then compiled as if there were no cache.
 */
export class CodeCache {
  readonly #key: Buffer;
  readonly #file: string;
  readonly #source: Stats;
  readonly #folders: readonly string[];

  constructor({ key, name, source, folders }: CodeCacheOptions) {
    this.#key = toHash(...key);
    this.#file = `${name}-${this.#key.toString("hex").slice(0, 16)}.code`;
    this.#source = source;
    this.#folders = folders;
  }

  /** The first code that may be used; undefined when there is none. */
  read(): KeptCode | undefined {
    for (const folder of this.#folders) {
      const bytes = this.#readTrusted(join(folder, this.#file));
      const kept = bytes && this.#parse(bytes);
      if (kept !== undefined) return kept;
    }
    return undefined;
  }

  /** Keeps code in the first folder that takes it; whole or, when a process dies, not at all. */
  write({ data, additions }: KeptCode): void {
    const header = [MAGIC, this.#key, toHash(data), Buffer.of(additions)];
    const bytes = Buffer.concat([...header, data]);
    this.#folders.some((folder) => this.#writeWhole(folder, bytes));
  }

  #readTrusted(path: string): Buffer | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      const found = fstatSync(descriptor);
      if (!found.isFile() || !this.#isTrusted(found)) return undefined;
      return readFileSync(descriptor);
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  /** Gives whether the folder has taken the file. Others may read it, and nobody else may write it. */
  #writeWhole(folder: string, bytes: Buffer): boolean {
    const draft = join(folder, `.${this.#file}.${process.pid}-${process.hrtime.bigint()}`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const found = lstatSync(folder);
      // A link may lead anywhere.
      if (!found.isDirectory() || !this.#isTrusted(found)) return false;
      writeFileSync(draft, bytes, { flag: "wx", mode: 0o644 });
      renameSync(draft, join(folder, this.#file));
      removeOld(folder);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether only we, the system, or who may change the source anyway can have written it. */
  #isTrusted({ uid, mode }: Stats): boolean {
    const user = process.getuid?.();
    if (user === undefined) return true;
    return [user, 0, this.#source.uid].includes(uid) && (mode & 0o022) === 0;
  }

  #parse(bytes: Buffer): KeptCode | undefined {
    if (bytes.length < HEADER_BYTES) return undefined;
    const data = bytes.subarray(HEADER_BYTES);
    const expected = Buffer.concat([MAGIC, this.#key, toHash(data)]);
    if (!bytes.subarray(0, expected.length).equals(expected)) return undefined;
    return { data, additions: bytes[HEADER_BYTES - 1] ?? 0 };
  }
}

/** Where code may be kept: in the package, else in the user's folder of temporary files. */
export function toCodeFolders(packageDirectory: string): string[] {
  const own = join(packageDirectory, ".code-cache");
  const user = process.getuid?.();
  return user === undefined ? [own] : [own, join(tmpdir(), `hex-runtime-code-${user}`)];
}

/** Code of other builds and versions is of no use to anybody after a while. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const age = Date.now() - lstatSync(path).mtimeMs;
    if (name.includes(".code") && age > KEPT_MS) rmSync(path, { force: true });
  }
}

function toHash(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
