import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { StoreLocation } from "../store/location.ts";
import type { StoreWitness } from "../store/store.ts";

/** Where a project notes that its store, which lies elsewhere, has had something published in it. */
const FILE = ".hex/published-store.json";

/**
 * Remembers in the project's folder that its store is no new one. A store in that very folder comes
 * and goes with the project, and whoever deletes it begins anew: it is remembered only as long as
 * this process goes.
 */
export class PublishedWitness implements StoreWitness {
  readonly #file: string | undefined;
  readonly #note: string;
  #hasSeen = false;

  constructor(directory: string, location: StoreLocation) {
    const isInside = location.kind === "directory" && isBelow(directory, location.directory);
    this.#file = isInside ? undefined : join(directory, FILE);
    this.#note = `${JSON.stringify({ published: toPlace(location) })}\n`;
  }

  async note(): Promise<void> {
    if (this.#hasSeen) return;
    this.#hasSeen = true;
    if (this.#file === undefined || (await readText(this.#file)) === this.#note) return;
    // A folder that cannot be written to goes without the note, as it did before there was one.
    await mkdir(dirname(this.#file), { recursive: true })
      .then(() => writeFile(this.#file ?? "", this.#note))
      .catch(() => undefined);
  }

  async readSeen(): Promise<{ readonly hint: string } | undefined> {
    const again = "mount it or bring it back, then try again";
    if (this.#file !== undefined && (await readText(this.#file)) === this.#note) {
      return { hint: `${again}; to begin anew in an empty store, delete ${FILE}` };
    }
    return this.#hasSeen ? { hint: again } : undefined;
  }
}

/** Names a store, whatever opens it. */
export function toPlace(location: StoreLocation): string {
  if (location.kind === "directory") return `file:${location.directory}`;
  const { endpoint = "", bucket, prefix } = location;
  return `${endpoint} s3://${bucket}/${prefix}`;
}

function isBelow(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== "" && !way.startsWith("..");
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
