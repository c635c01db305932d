import { readFile, stat } from "node:fs/promises";
import { toSha256 } from "../../sha256.ts";
import { isMissing, toProjectPath } from "../cell-files.ts";

/** Reads files and notes what was found: as long as all of it is the same, so is what follows from it. */
export class SeenFiles {
  readonly #projectDirectory: string;
  readonly #files: Record<string, string | null> = {};
  readonly #texts = new Map<string, Promise<Buffer | undefined>>();

  constructor(projectDirectory: string) {
    this.#projectDirectory = projectDirectory;
  }

  /** project path -> hash of the content, null where a file must stay absent */
  get files(): Readonly<Record<string, string | null>> {
    return this.#files;
  }

  hashOf(path: string): string | undefined {
    return this.#files[toProjectPath(this.#projectDirectory, path)] ?? undefined;
  }

  /** The content as text; undefined when there is no file. */
  async readText(path: string): Promise<string | undefined> {
    return (await this.#read(path))?.toString("utf8");
  }

  /** Whether there is a file, which may be large: its content is not looked at. */
  async isFile(path: string): Promise<boolean> {
    const stats = await stat(path).catch(unlessMissing);
    if (stats?.isFile() === true) return true;
    this.noteAbsent(path);
    return false;
  }

  /** From now on a file there would change what was found. */
  noteAbsent(path: string): void {
    this.#files[toProjectPath(this.#projectDirectory, path)] ??= null;
  }

  async #read(path: string): Promise<Buffer | undefined> {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const reading = readFile(path).catch(unlessMissing);
    this.#texts.set(path, reading);
    const bytes = await reading;
    const file = toProjectPath(this.#projectDirectory, path);
    this.#files[file] = bytes === undefined ? null : toSha256(bytes);
    return bytes;
  }
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}
