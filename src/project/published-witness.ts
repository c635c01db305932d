import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { StoreLocation } from "../store/location.ts";
import type { StoreWitness } from "../store/store.ts";
import { writeNote } from "./project-note.ts";
import { isInside, toPlace } from "./store-place.ts";
import { ProjectTokenWitness } from "./token-witness.ts";

/** Where a project notes that its store, which lies elsewhere, has had something published in it. */
const FILE = ".hex/published-store.json";

/** The store that was noted last, and those before it, which a project may be pointed at again. */
const noteSchema = v.object({
  published: v.string(),
  before: v.optional(v.array(v.string())),
});
const MOST_BEFORE = 100;

/**
 * Remembers in the project's folder that its store is no new one. A store in that very folder comes
 * and goes with the project, and whoever deletes it begins anew: it is remembered only as long as
 * this process goes.
 */
export class PublishedWitness implements StoreWitness {
  readonly tokens: ProjectTokenWitness;
  readonly #file: string | undefined;
  readonly #place: string;
  #hasSeen = false;

  constructor(directory: string, location: StoreLocation) {
    this.tokens = new ProjectTokenWitness(directory, location);
    this.#file = isInside(directory, location) ? undefined : join(directory, FILE);
    this.#place = toPlace(location);
  }

  async note(): Promise<void> {
    if (this.#hasSeen) return;
    this.#hasSeen = true;
    if (this.#file === undefined) return;
    const noted = (await readPlaces(this.#file)) ?? [];
    const [newest, ...before] = new Set([this.#place, ...noted]);
    if (newest === noted[0]) return;
    const note = { published: newest, before: before.slice(0, MOST_BEFORE) };
    await writeNote(this.#file, note);
  }

  async readSeen(): Promise<{ readonly hint: string } | undefined> {
    const again = "mount it or bring it back, then try again";
    // A note that is there and cannot be read may be of this store.
    const isNoted =
      this.#file !== undefined && ((await readPlaces(this.#file))?.includes(this.#place) ?? true);
    if (isNoted) return { hint: `${again}; to begin anew in an empty store, delete ${FILE}` };
    return this.#hasSeen ? { hint: again } : undefined;
  }
}

/** The places that are noted, the newest first; undefined where there is a note that cannot be read. */
async function readPlaces(file: string): Promise<readonly string[] | undefined> {
  try {
    const { published, before = [] } = v.parse(
      noteSchema,
      JSON.parse(await readFile(file, "utf8")),
    );
    return [published, ...before];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? [] : undefined;
  }
}
