import { expectation } from "../errors.ts";
import { CONFIG_FILE, type Config } from "./config.ts";

/**
 * Refuses a page that shows or hides cells which the project does not have.
 * @throws {HexError} HEX_CONFIG_INVALID that lists the cells there are
 */
export function checkPage(
  { page: { layout = [], hide } }: Pick<Config, "page">,
  cells: readonly { readonly name: string }[],
): void {
  const known = cells.map(({ name }) => name);
  const placed = layout.flatMap(({ rows }) => rows.flat());
  const unknown = [...placed, ...hide].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw expectation("HEX_CONFIG_INVALID", {
    place: `the cells that \`page\` in ${CONFIG_FILE} names`,
    expected: `cells of this project (${known.join(", ")})`,
    got: unknown.map((name) => JSON.stringify(name)).join(", "),
    hint: "a cell is named as its file is, without number and ending",
  });
}
