import * as v from "valibot";

/** How the published page looks, and who may look at it. */
export interface PageSettings {
  /** the project's name unless told */
  readonly title: string | undefined;
  /** Markdown */
  readonly description: string | undefined;
  /** where cells stand, by name; undefined: in file order */
  readonly layout: readonly TabSettings[] | undefined;
  /** names of the cells that are not shown */
  readonly hide: readonly string[];
  /** `anyone` who reaches the server may look */
  readonly access: "token" | "anyone";
  /** origins of the sites that may show the page inside their own */
  readonly embedIn: readonly string[];
}

/** The settings that decide which cells are on the page. */
export type PlacedPage = Pick<PageSettings, "hide" | "layout">;

export interface TabSettings {
  /** null for the only one of a page without tabs */
  readonly title: string | null;
  readonly rows: readonly (readonly string[])[];
}

const TITLE_RULE = "a text of 1 to 200 characters";
const DESCRIPTION_RULE = "Markdown of at most 20000 characters";
const CELL_RULE = "the name of a cell";
const ROW_RULE = "the name of a cell, or a list of those that stand side by side";
const ACCESS_RULE = "token or anyone";
const ORIGIN_RULE = "an origin such as https://example.com";
const ORIGIN = /^https?:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

const title = v.pipe(
  v.string(TITLE_RULE),
  v.minLength(1, TITLE_RULE),
  v.maxLength(200, TITLE_RULE),
);
const cellName = v.pipe(v.string(CELL_RULE), v.minLength(1, CELL_RULE));
const rows = v.array(
  v.union([cellName, v.pipe(v.array(cellName, ROW_RULE), v.minLength(1, ROW_RULE))], ROW_RULE),
  "a list of rows",
);
const tab = v.strictObject({ title, rows });

/** The rules of `page` in hex.config.json. */
export const pageKey = v.pipe(
  v.strictObject({
    title: v.optional(
      v.pipe(title, v.description("Stands above the page; the project's name unless told")),
    ),
    description: v.optional(
      v.pipe(
        v.string(DESCRIPTION_RULE),
        v.maxLength(20_000, DESCRIPTION_RULE),
        v.description("Stands below the title, as Markdown"),
      ),
    ),
    tabs: v.optional(
      v.pipe(
        v.array(tab, "a list of tabs"),
        v.minLength(1, "a list of at least one tab"),
        v.description("Cells by name, in rows, behind tabs"),
      ),
    ),
    rows: v.optional(
      v.pipe(rows, v.description("Cells by name, in rows, where there are no tabs")),
    ),
    hide: v.optional(
      v.pipe(v.array(cellName, "a list of cells"), v.description("Cells that are not shown")),
    ),
    access: v.optional(
      v.pipe(
        v.picklist(["token", "anyone"], ACCESS_RULE),
        v.description("Who may look: those with a token, or anyone who reaches the server"),
      ),
    ),
    embedIn: v.optional(
      v.pipe(
        v.array(v.pipe(v.string(ORIGIN_RULE), v.regex(ORIGIN, ORIGIN_RULE)), "a list of origins"),
        v.description("Sites that may show the page inside their own"),
      ),
    ),
  }),
  v.check(
    ({ tabs, rows }) => tabs === undefined || rows === undefined,
    "laid out by either `tabs` or `rows`",
  ),
  v.check(
    (page) => !hasRepeated(page),
    "such that every cell is named once in `tabs`, `rows` and `hide` together",
  ),
);

type WrittenPage = v.InferOutput<typeof pageKey>;

/** Fills in the defaults. */
export function toPageSettings(written: WrittenPage): PageSettings {
  const { title, description, tabs, rows, hide = [], access = "token", embedIn = [] } = written;
  const only = rows === undefined ? undefined : [{ title: null, rows: rows.map(toRow) }];
  const layout = tabs?.map((each) => ({ title: each.title, rows: each.rows.map(toRow) })) ?? only;
  return { title, description, layout, hide, access, embedIn };
}

function toRow(written: string | readonly string[]): readonly string[] {
  return typeof written === "string" ? [written] : written;
}

interface NamedCells {
  readonly tabs?: readonly { readonly rows: readonly (string | readonly string[])[] }[] | undefined;
  readonly rows?: readonly (string | readonly string[])[] | undefined;
  readonly hide?: readonly string[] | undefined;
}

function hasRepeated({ tabs = [], rows = [], hide = [] }: NamedCells): boolean {
  const names = [...tabs.flatMap((each) => each.rows), ...rows, hide].flat();
  return new Set(names).size < names.length;
}
