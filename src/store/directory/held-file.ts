import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { OpenedBytes } from "../store.ts";
import { diskErrorCode, strangeFileError, toDiskFailure } from "./directory-failure.ts";
import type { Entry } from "./directory-files.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Closes files that nobody holds any more. */
const closing = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/**
 * Holds a file open for reading without a wait; `undefined` when there is none.
 *
 * @throws {HexError} HEX_STORE_DAMAGED for a symbolic link, a pipe or a device
 */
export function openHeldFile({ path, key, location }: Entry): OpenedBytes | undefined {
  const descriptor = open(path);
  if (descriptor === undefined) return undefined;
  const held = new HeldFile(descriptor, location);
  const stat = fstatSync(descriptor);
  if (stat.isDirectory()) return undefined;
  if (!stat.isFile()) throw strangeFileError(location, key, "a pipe or device");
  held.sizeBytes = stat.size;
  return held;

  function open(file: string): number | undefined {
    try {
      return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      const code = diskErrorCode(error);
      if (code === "ENOENT") return undefined;
      if (code === "ELOOP") throw strangeFileError(location, key, "a symbolic link");
      throw error;
    }
  }
}

class HeldFile implements OpenedBytes {
  readonly #descriptor: number;
  readonly #location: string;
  sizeBytes = 0;

  constructor(descriptor: number, location: string) {
    this.#descriptor = descriptor;
    this.#location = location;
    closing.register(this, descriptor);
  }

  read(into: Uint8Array, start: number): number {
    let count = 0;
    try {
      while (count < into.length) {
        const length = into.length - count;
        const read = readSync(this.#descriptor, into, count, length, start + count);
        if (read === 0) break;
        count += read;
      }
    } catch (error) {
      throw toDiskFailure(error, this.#location);
    }
    return count;
  }
}
