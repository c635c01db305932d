import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { toSha256 } from "../sha256.ts";
import type { StoreLocation } from "../store/location.ts";
import type { TokenWitness } from "../store/store.ts";
import { writeNote } from "./project-note.ts";
import { isInside, toPlace } from "./store-place.ts";

/** Where a project notes that it has had a token, in whichever store. */
export const MADE_FILE = ".hex/tokens-made.json";
/** Where it notes, a file each, which stores outside its folder have told that there was none. */
export const LOOKED_FOLDER = ".hex/stores-looked-at";

/**
 * Remembers in the project's folder, and as long as this process goes, what its stores have told of
 * tokens. That a file is there says it all: two processes can't undo each other's notes.
 *
 * That a token was made counts for every store of the project: one that is named by mistake, or
 * because a variable is not set, has no tokens either. That a store in the project's own folder was
 * looked at is not written down: it is deleted with that folder, to begin anew.
 */
export class ProjectTokenWitness implements TokenWitness {
  readonly #madeFile: string;
  readonly #lookedFile: string | undefined;
  readonly #place: string;
  #known: "made" | "looked" | undefined;

  constructor(directory: string, location: StoreLocation) {
    this.#place = toPlace(location);
    this.#madeFile = join(directory, MADE_FILE);
    const name = toSha256(this.#place).slice(0, 32);
    this.#lookedFile = isInside(directory, location)
      ? undefined
      : join(directory, LOOKED_FOLDER, `${name}.json`);
  }

  async read(): Promise<"made" | "looked" | undefined> {
    if (this.#known === "made" || (await isThere(this.#madeFile))) return "made";
    if (this.#known === "looked" || this.#lookedFile === undefined) return this.#known;
    return (await isThere(this.#lookedFile)) ? "looked" : undefined;
  }

  async noteMade(): Promise<void> {
    if (this.#known === "made") return;
    this.#known = "made";
    await writeNote(this.#madeFile, { tokens: "made", store: this.#place });
  }

  async noteLooked(): Promise<boolean> {
    this.#known ??= "looked";
    if (this.#lookedFile === undefined || (await isThere(this.#lookedFile))) return true;
    return writeNote(this.#lookedFile, { tokens: "never made", store: this.#place });
  }

  async forgetLooked(): Promise<void> {
    if (this.#known === "looked") this.#known = undefined;
    if (this.#lookedFile === undefined) return;
    // A note that cannot be removed stays, and forbids more than it has to.
    await rm(this.#lookedFile, { force: true }).catch(() => undefined);
  }
}

/** Whether a note is there; one that cannot be looked for is taken to be, since it can only forbid. */
async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}
