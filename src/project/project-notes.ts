import { randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import * as v from "valibot";
import { toMessage } from "../errors.ts";
import { toSha256 } from "../sha256.ts";
import type { StoreLocation } from "../store/location.ts";
import type { ProbeNotes, StoreMarker, TokenMarker } from "../store/store.ts";
import { MINUTE } from "../text.ts";

/*
 * Notes of a project in its folder `.hex`: what was found in its store, and how. A folder that cannot
 * be written to goes without them.
 */

/** The stores outside the project's folder in which something was published. */
const PUBLISHED_FILE = ".hex/published-store.json";

/** The store that was noted last, and those before it, to which a project may return. */
const noteSchema = v.object({
  published: v.string(),
  before: v.optional(v.array(v.string())),
});
const MOST_BEFORE = 100;

/**
 * Marks in the project's folder that something was published in its store. A store in that very folder
 * is deleted with the project, to begin anew: it is marked only in this process.
 */
export class PublishedMarker implements StoreMarker {
  readonly tokens: ProjectTokenMarker;
  readonly #file: string | undefined;
  readonly #place: string;
  #hasSeen = false;

  constructor(directory: string, location: StoreLocation) {
    this.tokens = new ProjectTokenMarker(directory, location);
    this.#file = isInside(directory, location) ? undefined : join(directory, PUBLISHED_FILE);
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
    const anew = `to begin anew in an empty store, delete ${PUBLISHED_FILE}`;
    if (isNoted) return { hint: `${again}; ${anew}` };
    return this.#hasSeen ? { hint: again } : undefined;
  }
}

/** The places that are noted, the newest first; undefined where there is a note that cannot be read. */
async function readPlaces(file: string): Promise<readonly string[] | undefined> {
  const note = await readNote(file, noteSchema);
  if (note === "missing") return [];
  return note && [note.published, ...(note.before ?? [])];
}

/** A note; undefined where there is one that cannot be read. */
async function readNote<Note>(
  file: string,
  schema: v.GenericSchema<unknown, Note>,
): Promise<Note | "missing" | undefined> {
  try {
    return v.parse(schema, JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    return isMissing(error) ? "missing" : undefined;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Notes that the project has had a token, in any store. */
export const MADE_FILE = ".hex/tokens-made.json";

/** Notes, a file each, the stores outside its folder in which there was no token. */
export const LOOKED_FOLDER = ".hex/stores-looked-at";

/**
 * Marks in the project's folder, and in this process, whether its stores had tokens. A note is the
 * existence of a file: two processes can't undo each other's notes.
 *
 * That a token was made counts for every store of the project: one that is named by mistake, or
 * because a variable is not set, has no tokens either. That a store in the project's own folder was
 * looked at is not written down: it is deleted with that folder, to begin anew.
 */
class ProjectTokenMarker implements TokenMarker {
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
    return !isMissing(error);
  }
}

/** A store's location in one text, the key of its notes. */
function toPlace(location: StoreLocation): string {
  if (location.kind === "directory") return `file:${location.directory}`;
  const { endpoint = "", bucket, prefix } = location;
  return `${endpoint} s3://${bucket}/${prefix}`;
}

/** Whether a store lies in the project's own folder, with which it comes and goes. */
function isInside(directory: string, location: StoreLocation): boolean {
  if (location.kind !== "directory") return false;
  const way = relative(directory, location.directory);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Writes a note of this machine below the project's `.hex`, whole or not at all.
 * @returns false where the folder cannot be written to: the project then goes without the note
 */
async function writeNote(file: string, note: object): Promise<boolean> {
  return (await writeWhole(file, `${JSON.stringify(note)}\n`)) === undefined;
}

/** Writes a file whole or not at all; gives why it could not. */
export async function writeWhole(file: string, text: string): Promise<string | undefined> {
  const written = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(written, text);
    await rename(written, file);
    return undefined;
  } catch (error) {
    await rm(written, { force: true }).catch(() => undefined);
    return toMessage(error);
  }
}

/** How the store was found when it was probed. */
const PROBE_FILE = ".hex/store-probe.json";

/** How long a store counts as good: later another server may stand behind its address. */
const GOOD_MS = 10 * MINUTE;

const Note = v.object({
  store: v.string(),
  found: v.picklist(["good", "bad"]),
  at: v.number(),
});

/** Notes how the store was found, so that not every run has to probe it. */
export class ProbeFile implements ProbeNotes {
  readonly #file: string;
  readonly #store: string;
  readonly #now: () => number;

  constructor(directory: string, location: StoreLocation, now: () => number = Date.now) {
    this.#file = join(directory, PROBE_FILE);
    this.#store = toPlace(location);
    this.#now = now;
  }

  async read(): Promise<"good" | "bad" | undefined> {
    const note = await readNote(this.#file, Note);
    if (note === undefined || note === "missing" || note.store !== this.#store) return undefined;
    if (note.found === "bad") return "bad";
    const ageMs = this.#now() - note.at;
    return ageMs >= 0 && ageMs < GOOD_MS ? "good" : undefined;
  }

  async note(found: "good" | "bad"): Promise<void> {
    await writeNote(this.#file, { store: this.#store, found, at: this.#now() });
  }
}
