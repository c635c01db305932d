import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a note of this machine below the project's `.hex`, whole or not at all.
 * @returns false where the folder cannot be written to: the project then goes without the note
 */
export async function writeNote(file: string, note: object): Promise<boolean> {
  const written = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(written, `${JSON.stringify(note)}\n`);
    await rename(written, file);
    return true;
  } catch {
    await rm(written, { force: true }).catch(() => undefined);
    return false;
  }
}
