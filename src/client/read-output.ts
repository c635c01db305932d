import { type Asking, askServer, type Server } from "./ask-server.ts";

interface Page {
  readonly kind: "frame" | "chart";
  readonly spec?: unknown;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly nextOffset: number | null;
}

type Whole =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "markdown"; readonly markdown: string }
  | { readonly kind: "json"; readonly json: unknown };

const PAGE_ROWS = 10_000;

/** The output of a cell: rows of a frame, `{spec, rows}` of a chart, a value, a text or JSON. */
export async function readOutput(
  server: Server,
  path: string,
  { signal }: Pick<Asking, "signal">,
): Promise<unknown> {
  const rows: unknown[] = [];
  for (let offset = 0; ; ) {
    const asking = { method: "GET", signal, isSafe: true } as const;
    const query = `?format=json&limit=${PAGE_ROWS}&offset=${offset}`;
    const answer = await askServer(server, { ...asking, path: `${path}${query}` });
    const page = (await answer.json()) as Page | Whole;
    if (!isPage(page)) return toWhole(page);
    const types = new Map(page.columns.map(({ name, type }) => [name, type]));
    for (const row of page.rows) rows.push(toRow(row, types));
    if (page.nextOffset === null) return page.kind === "chart" ? { spec: page.spec, rows } : rows;
    offset = page.nextOffset;
  }
}

function isPage(answer: Page | Whole): answer is Page {
  return answer.kind === "frame" || answer.kind === "chart";
}

function toWhole(answer: Whole): unknown {
  switch (answer.kind) {
    case "value":
      return answer.value;
    case "markdown":
      return answer.markdown;
    case "json":
      return answer.json;
  }
}

/** The values as the columns' types have them in JavaScript. */
function toRow(row: Readonly<Record<string, unknown>>, types: ReadonlyMap<string, string>) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, toValue(value, types.get(name))]),
  );
}

const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  INF: Number.POSITIVE_INFINITY,
  "-INF": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

function toValue(value: unknown, type: string | undefined): unknown {
  if (typeof value !== "string") return value;
  if (type === "number") return NUMBERS[value];
  if (type === "bigint") return BigInt(value);
  return type === "instant" ? new Date(value) : value;
}
