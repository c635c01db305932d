import { expectation } from "../../errors.ts";
import { shorten } from "../../text.ts";
import { ServerError } from "./wire-messages.ts";

const LONGEST = 500;

/** What the server said about a query, at the line and column of its SQL. */
export function toQueryFailure(error: unknown, sql: string): unknown {
  if (!(error instanceof ServerError)) return error;
  const { message, code, hint, detail, position } = error;
  const place = position === undefined ? undefined : toLineAndColumn(sql, position);
  const advice = [detail, hint ?? HINTS[code]].filter((each) => each !== undefined).join("; ");
  return expectation(
    UNAVAILABLE.test(code) ? "HEX_SOURCE_UNAVAILABLE" : "HEX_CELL_FAILED",
    {
      place: place === undefined ? "the SQL of readPostgres" : `${place} of the SQL`,
      expected: "a query that PostgreSQL carries out",
      got: `${shorten(message, LONGEST)} (SQLSTATE ${code})`,
      ...(advice !== "" && { hint: shorten(advice, LONGEST) }),
    },
    { cause: error },
  );
}

/** Connection failures, and the server's own end. */
const UNAVAILABLE = /^(08|57P|53)/;

const HINTS: Readonly<Record<string, string>> = {
  "25006": "the transaction of readPostgres only reads",
  "42501": "a role that may read it has to be in the URL, or GRANT SELECT",
  "57014": "the server's statement_timeout, or somebody else, has ended it",
};

/** @param position of a character, from 1, as PostgreSQL counts them */
function toLineAndColumn(sql: string, position: number): string {
  const before = Array.from(sql)
    .slice(0, position - 1)
    .join("");
  const lines = before.split("\n");
  return `line ${lines.length}, column ${Array.from(lines.at(-1) ?? "").length + 1}`;
}
