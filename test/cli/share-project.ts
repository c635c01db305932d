import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

/**
 * One project for those tests of a file that only look at it: made and run when the first of them
 * asks for it, and removed after the last.
 */
export function shareProject<Shared>(
  files: Readonly<Record<string, string>>,
  prepare: (directory: string) => Promise<Shared>,
): () => Promise<Shared> {
  const directories: string[] = [];
  let shared: Promise<Shared> | undefined;
  const make = async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "hex-shared-")));
    directories.push(directory);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    }
    return prepare(directory);
  };
  afterAll(async () => {
    await shared?.catch(() => undefined);
    for (const each of directories) await rm(each, { recursive: true, force: true });
  });
  return () => {
    // one that could not be made stands in nobody's way
    shared ??= make().catch((error) => {
      shared = undefined;
      throw error;
    });
    return shared;
  };
}
