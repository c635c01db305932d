import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedCells } from "../../source/load-cells.ts";

/** A larger file is told apart by its size and time alone: reading it would take too long. */
const MOST_READ_BYTES = 64 * 2 ** 20;

interface DataFile {
  /** differs whenever the content does */
  readonly print: string;
  /** milliseconds since 1970; 0 where there is nothing */
  readonly changedMs: number;
}

/** What the files hold that cells name, as far as it tells whether a cell has to run again. */
export class DataPrints {
  readonly #known = new Map<string, { readonly state: string; readonly file: DataFile }>();

  /** By the name of each cell, those of the files that it names. */
  async read(
    { cells }: Pick<LoadedCells, "cells">,
    directory: string,
  ): Promise<ReadonlyMap<string, DataFile>> {
    const read = cells.map(async ({ name, dataFiles }): Promise<[string, DataFile]> => {
      const files = await Promise.all(dataFiles.map((file) => this.#read(join(directory, file))));
      const print = files.map((file) => file.print).join(" ");
      return [name, { print, changedMs: Math.max(0, ...files.map((file) => file.changedMs)) }];
    });
    return new Map(await Promise.all(read));
  }

  async #read(path: string): Promise<DataFile> {
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined) return { print: "absent", changedMs: 0 };
    const { mtimeMs: changedMs, size } = stats;
    if (stats.isDirectory()) return readFolder(path);
    const state = `${changedMs} ${size}`;
    const known = this.#known.get(path);
    if (known?.state === state) return known.file;
    const print = size > MOST_READ_BYTES ? state : await hashFile(path).catch(() => state);
    const file = { print, changedMs };
    this.#known.set(path, { state, file });
    return file;
  }
}

/** What lies in a folder, by name, size and time. */
async function readFolder(path: string): Promise<DataFile> {
  const names = (await readdir(path).catch(() => [])).sort();
  const told = await Promise.all(
    names.map(async (name) => ({
      name,
      stats: await stat(join(path, name)).catch(() => undefined),
    })),
  );
  const print = told
    .map(({ name, stats }) => `${name} ${stats?.mtimeMs} ${stats?.size}`)
    .join("\n");
  return { print, changedMs: Math.max(0, ...told.map(({ stats }) => stats?.mtimeMs ?? 0)) };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const block of createReadStream(path)) hash.update(block as Uint8Array);
  return hash.digest("hex");
}
