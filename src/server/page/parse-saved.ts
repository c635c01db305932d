import type { SavedCell } from "../../page/page-cells.ts";

/** Until outputs tell the code that showed them, all of them count as outdated. */
export function parseSaved(
  bytes: Uint8Array,
): { readonly cells: readonly SavedCell[] } | undefined {
  const { cells } = JSON.parse(new TextDecoder().decode(bytes));
  return { cells: cells.map((cell: SavedCell) => ({ ...cell, codeHash: cell.codeHash ?? "" })) };
}
