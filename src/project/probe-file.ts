import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { StoreLocation } from "../store/location.ts";
import type { ProbeNotes } from "../store/store.ts";
import { writeNote } from "./project-note.ts";
import { toPlace } from "./store-place.ts";

/** Where a project notes how its store was found when it was tried out. */
const FILE = ".hex/store-probe.json";

/** Versioning may be switched on, or another server stand behind the address: a store is good for so long. */
const GOOD_MS = 10 * 60_000;

const Note = v.object({
  store: v.string(),
  found: v.picklist(["good", "bad"]),
  at: v.number(),
});

/**
 * Remembers in the project's folder how its store was found, so that not every run has to try it out.
 * A folder that cannot be written to goes without.
 */
export class ProbeFile implements ProbeNotes {
  readonly #file: string;
  readonly #store: string;
  readonly #now: () => number;

  constructor(directory: string, location: StoreLocation, now: () => number = Date.now) {
    this.#file = join(directory, FILE);
    this.#store = toPlace(location);
    this.#now = now;
  }

  async read(): Promise<"good" | "bad" | undefined> {
    const note = await this.#readNote();
    if (note === undefined || note.store !== this.#store) return undefined;
    if (note.found === "bad") return "bad";
    const ageMs = this.#now() - note.at;
    return ageMs >= 0 && ageMs < GOOD_MS ? "good" : undefined;
  }

  async note(found: "good" | "bad"): Promise<void> {
    await writeNote(this.#file, { store: this.#store, found, at: this.#now() });
  }

  async #readNote(): Promise<v.InferOutput<typeof Note> | undefined> {
    try {
      const parsed = v.safeParse(Note, JSON.parse(await readFile(this.#file, "utf8")));
      return parsed.success ? parsed.output : undefined;
    } catch {
      return undefined;
    }
  }
}
