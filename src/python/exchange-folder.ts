import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expectation, toMessage } from "../errors.ts";
import { toSha256 } from "../sha256.ts";

/** Machines that share a temporary folder tell their own processes apart by this. */
const machine = toSha256(hostname()).slice(0, 8);
const PREFIX = `hex-python-${machine}-`;

let swept: Promise<void> | undefined;

/**
 * Gives a folder that nobody else may look into, through which frames go to Python and back, and removes
 * it afterwards. What processes have left there that were killed is removed first.
 * @throws {HexError} HEX_CELL_FAILED when there can be none
 */
export async function withExchangeFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  swept ??= removeLeftovers();
  await swept;
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)).catch(refuse);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes the folders of this machine's processes that are gone. */
async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const leftovers = names.filter((name) => name.startsWith(PREFIX) && !isOwned(name));
  await Promise.all(
    leftovers.map((name) =>
      rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined),
    ),
  );
}

/** Whether the process that made a folder may still be there. */
function isOwned(name: string): boolean {
  const pid = Number(name.slice(PREFIX.length).split("-", 1)[0]);
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function refuse(cause: unknown): never {
  const told = {
    place: `the temporary folder ${tmpdir()}`,
    expected: "writable, with room for the frames of a Python cell",
    got: toMessage(cause),
    hint: "free some space, or set TMPDIR to another folder",
  };
  throw expectation("HEX_CELL_FAILED", told, { cause });
}
