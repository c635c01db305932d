import { isDeepStrictEqual } from "node:util";
import { expectation } from "../errors.ts";
import { CONFIG_FILE, type Config } from "./config.ts";

/** What tells which cells are on a page. */
export type PlacedPage = Pick<Config["page"], "hide" | "layout">;

/** @returns as plain JSON, which has no undefined */
export function toPlacedPage({ hide, layout }: PlacedPage): PlacedPage {
  return { hide, ...(layout && { layout }) } as PlacedPage;
}

/**
 * Refuses cells that come with other rules of what is on the page than a server goes by: one that is
 * new, or has another name, may be kept off it by a rule that the server does not know.
 *
 * @param held by which it goes, since it was started
 * @throws {HexError} HEX_CONFIG_INVALID
 */
export function refuseOtherPlaces(held: PlacedPage, now: PlacedPage): void {
  if (isDeepStrictEqual(toPlacedPage(held), toPlacedPage(now))) return;
  throw expectation("HEX_CONFIG_INVALID", {
    place: `what \`page\` in ${CONFIG_FILE} shows and hides`,
    expected: "as it was when this process was started",
    got: "something else",
    hint: "start it again: until then the cells are shown as they were",
  });
}

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
