import { expectation, type HexError, toMessage } from "../../errors.ts";

interface Cause {
  readonly expected: string;
  readonly got: string;
  readonly hint: string;
}

const ELSEWHERE = "or point `store` in hex.config.json elsewhere";

const PERMISSION: Cause = {
  expected: "readable and writable by this user",
  got: "no permission",
  hint: `change its owner or mode, ${ELSEWHERE}`,
};
const FULL: Cause = {
  expected: "on a disk with room",
  got: "a full disk",
  hint: `free some space, ${ELSEWHERE}`,
};
const BUSY: Cause = {
  expected: "openable",
  got: "too many open files",
  hint: "raise the limit of open files (ulimit -n)",
};

const FILE_IN_PATH: Cause = {
  expected: "a folder",
  got: "a file in its path",
  hint: `move that file away, ${ELSEWHERE}`,
};

const CAUSES: Readonly<Record<string, Cause>> = {
  EACCES: PERMISSION,
  EPERM: PERMISSION,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EMFILE: BUSY,
  ENFILE: BUSY,
  EROFS: {
    expected: "writable",
    got: "a read-only file system",
    hint: `mount it for writing, ${ELSEWHERE}`,
  },
  ENOTDIR: FILE_IN_PATH,
  EEXIST: FILE_IN_PATH,
  EISDIR: {
    expected: "free of folders where objects go",
    got: "a folder in the place of an object",
    hint: "move that folder away",
  },
};

/** Tells a failure of the disk in a sentence; anything else comes back as it was. */
export function toDiskFailure(thrown: unknown, location: string): unknown {
  const code = diskErrorCode(thrown);
  if (code === undefined) return thrown;
  const { expected, got, hint } = CAUSES[code] ?? {
    expected: "a working folder",
    got: toMessage(thrown).replace(/, \w+ '.*$/s, ""),
    hint: `check the disk, ${ELSEWHERE}`,
  };
  const place = `the store ${location}`;
  return expectation(
    "HEX_STORE_UNAVAILABLE",
    { place, expected, got: got.startsWith(code) ? got : `${code}, ${got}`, hint },
    { cause: thrown },
  );
}

/** The refusal to follow, or replace, what is no plain file or folder of the store. */
export function strangeFileError(location: string, key: string, got: string): HexError {
  return expectation("HEX_STORE_DAMAGED", {
    place: `\`${key}\` in the store ${location}`,
    expected: "a plain file in plain folders",
    got,
    hint: "remove it: a store never follows what leads out of its folder",
  });
}

/** The failure to write below a folder that somebody removed at that very moment. */
export function removedFolder(location: string, key: string): HexError {
  return expectation("HEX_STORE_UNAVAILABLE", {
    place: `the folder of \`${key}\` in the store ${location}`,
    expected: "there while it is written to",
    got: "no folder any more",
    hint: "something removes empty folders: try again",
  });
}

/** The code of a failed system call, such as `ENOENT`. */
export function diskErrorCode(thrown: unknown): string | undefined {
  const isDiskError = thrown instanceof Error && "code" in thrown && "syscall" in thrown;
  return isDiskError && typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Waits for a system call, and takes the codes that are no surprise for `undefined`. */
export async function unless<T>(
  codes: readonly string[],
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codes.includes(diskErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}
