import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StoreLocation } from "../store/location.ts";
import type { StoreWitness } from "../store/store.ts";
import { isInside, toPlace } from "./store-place.ts";
import { ProjectTokenWitness } from "./token-witness.ts";

/** Where a project notes that its store, which lies elsewhere, has had something published in it. */
const FILE = ".hex/published-store.json";

/**
 * Remembers in the project's folder that its store is no new one. A store in that very folder comes
 * and goes with the project, and whoever deletes it begins anew: it is remembered only as long as
 * this process goes.
 */
export class PublishedWitness implements StoreWitness {
  readonly tokens: ProjectTokenWitness;
  readonly #file: string | undefined;
  readonly #note: string;
  #hasSeen = false;

  constructor(directory: string, location: StoreLocation) {
    this.tokens = new ProjectTokenWitness(directory, location);
    this.#file = isInside(directory, location) ? undefined : join(directory, FILE);
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

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
