import { expectation, HexError } from "../../errors.ts";
import type { ProgramEnd } from "../../process/program.ts";
import { shorten } from "../../text.ts";

interface Told {
  /** as the author wrote it */
  readonly command: string;
  readonly program: string;
  /** where the table was to be: a path, or standard output */
  readonly output: string;
  readonly lastLine: () => string | undefined;
}

const LONGEST_COMMAND = 120;
const LONGEST_LINE = 300;

/** How programs come to a machine that has none of that name. */
const INSTALLED: Readonly<Record<string, string>> = {
  Rscript: "install R, such as by `apt-get install r-base-core`",
  R: "install R, such as by `apt-get install r-base-core`",
  julia: "install Julia, from julialang.org",
  dbt: "install dbt, such as by `python -m pip install dbt-core`",
  python: "install Python; many machines call it python3",
  python3: "install Python",
  duckdb: "install the command line of DuckDB, from duckdb.org",
  psql: "install PostgreSQL's client, such as by `apt-get install postgresql-client`",
};

/** The sentences about a program that gave no table. */
export class CommandFailures {
  readonly #told: Told;

  constructor(told: Told) {
    this.#told = told;
  }

  /** What the reader of the table calls it. */
  get outputName(): string {
    const { output } = this.#told;
    return `${output} of \`${this.#command}\``;
  }

  get #command(): string {
    return shorten(this.#told.command, LONGEST_COMMAND);
  }

  /** The last line that the program said, to be the hint of a sentence. */
  #hint(): { readonly hint?: string } {
    const line = this.#told.lastLine();
    if (line === undefined) return {};
    return { hint: `its last line: ${JSON.stringify(shorten(line, LONGEST_LINE))}` };
  }

  /** @throws {HexError} for any other end than exit code 0 */
  checkEnd({ exitCode, signal, refusal }: ProgramEnd): void {
    if (refusal !== undefined) throw this.#toRefusal(refusal);
    if (exitCode === 0) return;
    throw expectation("HEX_CELL_FAILED", {
      place: `the program \`${this.#command}\``,
      expected: "done with exit code 0",
      got: signal === null ? `exit code ${exitCode}` : `the signal ${signal}`,
      ...this.#hint(),
    });
  }

  #toRefusal(refusal: NodeJS.ErrnoException): HexError {
    const { program } = this.#told;
    const isPath = program.includes("/");
    if (refusal.code === "ENOENT") {
      return expectation("HEX_PACKAGE_MISSING", {
        place: `the program \`${program}\``,
        expected: isPath ? "a file that can be run" : "on the PATH of this machine",
        got: "none of that name",
        hint: INSTALLED[program] ?? (isPath ? "paths begin at the project's folder" : "install it"),
      });
    }
    return expectation("HEX_CELL_FAILED", {
      place: `the program \`${program}\``,
      expected: "one that can be started",
      got: refusal.code ?? refusal.message,
      ...(refusal.code === "EACCES" && { hint: `chmod +x ${program}` }),
    });
  }

  /** @param size of the file; undefined where there is none */
  toNothingWritten(size: number | undefined): HexError {
    return expectation("HEX_CELL_FAILED", {
      place: this.outputName,
      expected: "the table that the program writes",
      got: size === undefined ? "no file" : "nothing",
      ...this.#hint(),
    });
  }

  /** What the reader said, with what the program said last: its complaint may stand in the table's place. */
  toReadFailure(error: unknown): unknown {
    const line = this.#told.lastLine();
    if (!(error instanceof HexError) || line === undefined) return error;
    const said = JSON.stringify(shorten(line, LONGEST_LINE));
    return new HexError(error.code, `${error.message}; the program's last line: ${said}`, {
      cause: error,
    });
  }
}
