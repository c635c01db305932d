import { HexError, toMessage } from "../errors.ts";
import { formatPlace, type SourcePlace } from "../source/module/source-place.ts";
import type { RunError } from "./run-event.ts";

const LONGEST_MESSAGE = 2_000;

/** What a cell threw, as one sentence that names the cell and the line of its source. */
export function toCellError(
  thrown: unknown,
  cell: { readonly name: string; readonly file: string },
  place: SourcePlace | undefined,
): RunError {
  const where = place === undefined ? cell.file : formatPlace(place);
  if (thrown instanceof HexError) {
    // What the author's code did not ask for, says itself where it was.
    const isTold = place === undefined || thrown.message.includes(cell.file);
    const told = isTold ? "" : `In cell ${cell.name} (${where}): `;
    return { code: thrown.code, message: shorten(`${told}${thrown.message}`) };
  }
  const kind = thrown instanceof Error ? thrown.name : `thrown ${typeof thrown}`;
  return {
    code: "HEX_CELL_FAILED",
    message: shorten(
      `Expected cell ${cell.name} (${where}) to be computed, got ${kind}: ${describe(thrown)}`,
    ),
  };
}

function describe(thrown: unknown): string {
  try {
    return toMessage(thrown);
  } catch {
    return "a value that cannot be printed";
  }
}

function shorten(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}
