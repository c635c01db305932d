import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunError } from "../run/run-event.ts";
import type { ErrorPlace, NotebookError } from "./notebook-state.ts";

/** `cells/05-x.ts:3:7`, as messages write a place. */
const PLACE =
  /(?<file>[^\s()"'`:]+\.(?:ts|mts|tsx|js|mjs|sql|md|json)):(?<line>\d+):(?<column>\d+)/;
const LONGEST_TEXT = 400;
/** So far a message is looked through: it may hold data, and its place stands at its beginning. */
const LOOKED_THROUGH = 4_000;

/** A failure, with the line of the author's code that its message points to. */
export async function toNotebookError(
  { code, message }: RunError,
  directory: string,
): Promise<NotebookError> {
  return { code, message, place: await findPlace(message, directory) };
}

async function findPlace(message: string, directory: string): Promise<ErrorPlace | null> {
  const { file, line, column } = PLACE.exec(message.slice(0, LOOKED_THROUGH))?.groups ?? {};
  if (file === undefined) return null;
  const place = { file, line: Number(line), column: Number(column) };
  const source = await readFile(join(directory, file), "utf8").catch(() => undefined);
  const text = source?.split("\n")[place.line - 1]?.replace(/\r$/, "");
  return { ...place, text: text?.slice(0, LONGEST_TEXT) ?? null };
}
