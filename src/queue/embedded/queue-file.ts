import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { expectation, type HexError, toMessage } from "../../errors.ts";
import { openSqlite, type Sqlite, sqliteCode } from "./sqlite.ts";

/** Marks a file as a queue of ours: "HEXQ" as a number. */
const APPLICATION_ID = 0x48455851;
const FORMAT = 1;

const SETTINGS = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
`;

/**
 * `sequence` is the order of submission; `claims` counts all claims, `attempts` those that count;
 * `process` is the number of a claim and the process that made it, a column that older files get added.
 */
const SCHEMA = `
  CREATE TABLE jobs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    priority INTEGER NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    claims INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    available_at INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    progress TEXT,
    cause TEXT,
    ended_at INTEGER,
    process TEXT
  ) STRICT;
  CREATE INDEX jobs_by_turn ON jobs (lane, state, priority, sequence);
  CREATE INDEX jobs_by_end ON jobs (ended_at) WHERE ended_at IS NOT NULL;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Opens the file of a queue, made with its folder when it is missing. Any number of processes may
 * do so at once.
 *
 * @throws {HexError} HEX_QUEUE_UNAVAILABLE
 */
export async function openQueueFile(file: string): Promise<Sqlite> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return prepared(await openSqlite(file), file);
  } catch (error) {
    throw toFileFailure(error, file);
  }
}

/** Opens the file of a queue anew, when the one that was open is gone: a new one, or another's. */
export function reopenQueueFile(database: Sqlite, file: string): Sqlite {
  mkdirSync(dirname(file), { recursive: true });
  const again = prepared(database.again(), file);
  database.close();
  return again;
}

/** Differs between files of the same name; undefined when there is none. */
export function identifyFile(file: string): string | undefined {
  const info = statSync(file, { throwIfNoEntry: false });
  return info && `${info.dev}:${info.ino}`;
}

function prepared(database: Sqlite, file: string): Sqlite {
  try {
    prepareFile(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareFile(database: Sqlite, file: string): void {
  database.execute(SETTINGS);
  // Only a process that may write gets past this, which a file that is there already does not show.
  database.transaction(() => {
    if (!isReady(database, file)) database.execute(SCHEMA);
    else if (!hasProcess(database)) database.execute("ALTER TABLE jobs ADD COLUMN process TEXT");
  });
}

function hasProcess(database: Sqlite): boolean {
  const columns = database.rows("SELECT name FROM pragma_table_info('jobs')");
  return columns.some(({ name }) => name === "process");
}

function isReady(database: Sqlite, file: string): boolean {
  const [id, format] = ["application_id", "user_version"].map(
    (name) => database.rows(`SELECT ${name} AS value FROM pragma_${name}`)[0]?.["value"],
  );
  if (id === APPLICATION_ID && format === FORMAT) return true;
  if (id === APPLICATION_ID) {
    throw fileError(file, `a queue of format ${FORMAT}`, `format ${format}`, {
      hint: "a newer version of hex-runtime wrote it: update this one, or let the queue be elsewhere",
    });
  }
  const tables = database.rows("SELECT name FROM sqlite_master LIMIT 1");
  if (id === 0 && tables.length === 0) return false;
  throw fileError(file, "a queue", "the database of another program", { hint: MOVE });
}

const MOVE = "move it away, and a new queue is made";

interface Cause {
  readonly expected: string;
  readonly got: string;
  readonly hint: string;
}

const CAUSES: Readonly<Record<string, Cause>> = {
  SQLITE_BUSY: {
    expected: "free within 5 seconds",
    got: "locked by another process",
    hint: "end what holds it open, such as a backup or a database browser",
  },
  SQLITE_READONLY: {
    expected: "writable",
    got: "read-only",
    hint: "change its owner or mode, and its folder's",
  },
  SQLITE_CANTOPEN: {
    expected: "a file that can be opened and made",
    got: "none",
    hint: "check that its folder is writable and that no folder has its name",
  },
  SQLITE_FULL: { expected: "on a disk with room", got: "a full disk", hint: "free some space" },
  SQLITE_IOERR: {
    expected: "on a working disk",
    got: "a failure to read or write",
    hint: "check the disk, its free space, and that it is no network drive",
  },
  SQLITE_NOTADB: { expected: "a queue", got: "a file of another kind", hint: MOVE },
  SQLITE_CORRUPT: { expected: "whole", got: "a damaged file", hint: MOVE },
  EACCES: {
    expected: "in a folder that can be made",
    got: "no permission",
    hint: "change the owner or mode of the folder above",
  },
  ENOTDIR: {
    expected: "in a folder",
    got: "a file in its path",
    hint: "move that file away",
  },
};

/** A failure of the file or its disk, in a sentence; anything else comes back as it was. */
export function toFileFailure(thrown: unknown, file: string): unknown {
  const code = sqliteCode(thrown) ?? diskCode(thrown);
  if (code === undefined) return thrown;
  const { expected, got, hint } = CAUSES[ALIASES[code] ?? code] ?? {
    expected: "usable",
    got: toMessage(thrown),
    hint: "check the file and its disk",
  };
  return fileError(file, expected, `${code}, ${got}`, { hint, cause: thrown });
}

const ALIASES: Readonly<Record<string, string>> = {
  EPERM: "EACCES",
  EROFS: "SQLITE_READONLY",
  ENOSPC: "SQLITE_FULL",
  EDQUOT: "SQLITE_FULL",
  EEXIST: "ENOTDIR",
  SQLITE_LOCKED: "SQLITE_BUSY",
};

function diskCode(thrown: unknown): string | undefined {
  const isDiskError = thrown instanceof Error && "code" in thrown && "syscall" in thrown;
  return isDiskError && typeof thrown.code === "string" ? thrown.code : undefined;
}

function fileError(
  file: string,
  expected: string,
  got: string,
  { hint, cause }: { readonly hint: string; readonly cause?: unknown },
): HexError {
  const place = `the queue ${file}`;
  return expectation("HEX_QUEUE_UNAVAILABLE", { place, expected, got, hint }, { cause });
}
