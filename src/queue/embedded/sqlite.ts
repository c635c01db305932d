import type { Database, Statement } from "libsql";

type SqliteValue = string | number | null;
type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** The database as the queue needs it; `node:sqlite` can stand behind it as well. */
export interface Sqlite {
  /** Runs statements without results. */
  execute(sql: string): void;
  /** Runs one statement and returns its rows. */
  rows(sql: string, values?: Readonly<Record<string, SqliteValue>>): readonly SqliteRow[];
  /** Does all of the work or nothing of it, while nobody else writes. */
  transaction<T>(work: () => T): T;
  /** Opens the file that is there now under the name of this one's, which may be another. */
  again(): Sqlite;
  /** A second close does nothing. */
  close(): void;
}

/** Opens the database in a file, which is made when it is missing. */
export async function openSqlite(file: string): Promise<Sqlite> {
  // Native code, which a run without a queue must not load.
  const { default: LibSql } = await import("libsql");
  return new LibSqlDatabase(() => new LibSql(file));
}

/** SQLite's name of a failure, such as `SQLITE_FULL`; `undefined` for other errors. */
export function sqliteCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  // A file that cannot be opened at all comes without a code.
  if (/^ConnectionFailed\(/.test(thrown.message)) return "SQLITE_CANTOPEN";
  const { code, rawCode } = thrown as { readonly code?: unknown; readonly rawCode?: unknown };
  if (typeof code !== "string" || typeof rawCode !== "number") return undefined;
  return PRIMARY_CODES[rawCode & 0xff] ?? code;
}

/** The upper bits of a code are details that the caller does not need. */
const PRIMARY_CODES: Readonly<Record<number, string>> = {
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  26: "SQLITE_NOTADB",
};

class LibSqlDatabase implements Sqlite {
  readonly #open: () => Database;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement<unknown[]>>();

  constructor(open: () => Database) {
    this.#open = open;
    this.#database = open();
  }

  execute(sql: string): void {
    this.#database.exec(sql);
  }

  rows(sql: string, values: Readonly<Record<string, SqliteValue>> = {}): readonly SqliteRow[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement.all(values) as SqliteRow[];
  }

  transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk has rolled back already.
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  again(): Sqlite {
    return new LibSqlDatabase(this.#open);
  }

  close(): void {
    if (!this.#database.open) return;
    this.#statements.clear();
    this.#database.close();
  }
}
