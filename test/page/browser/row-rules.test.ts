import { expect, test } from "vitest";
import { parseMicros, toDate } from "../../../src/frame/column/moment.ts";
import { headRows } from "../../../src/frame/json.ts";
import type { RowFilter } from "../../../src/frame/rows/row-filter.ts";
import { toTableRows } from "../../../src/frame/rows/table-rows.ts";
import type { FilterTest } from "../../../src/frame/rows/typed-range.ts";
import { frame } from "../../../src/frame/rows.ts";
import type { RowsOrder } from "../../../src/page/browser/output/rows-source.ts";
import { fromRows } from "../../../src/page/browser/output/table/row-rules.ts";

// Every kind of column, with what is awkward in each.
const table = frame(
  [
    [1, "Transit", -0, 3, 9_007_199_254_740_993n, true, "2014-05-13", "2014-05-13T08:00:00"],
    [2, "transit", Number.NaN, -3, -5n, false, "1999-12-31", "2014-05-13T08:00:30"],
    [3, null, null, null, null, null, null, null],
    [4, "İmaging", Number.POSITIVE_INFINITY, 0, 0n, true, "2014-05-14", "1999-12-31T23:59:59.999"],
    [5, "", 0.1, 2 ** 40, 7n, false, "2024-02-29", "2024-02-29T00:00:00"],
    [6, "radial", Number.NEGATIVE_INFINITY, 3, 7n, false, "2014-05-13", "2014-05-14T00:00:00"],
    [7, "radial", 7, -7, 7n, true, "2014-05-13", "2014-05-13T08:00:30.000002"],
    [8, "radial", 7, -7, 7n, true, "2014-05-13", "2014-05-13T08:00:30.000001"],
  ].map(([id, text, number, integer, bigint, boolean, date, datetime]) => ({
    ...{ id, text, number, integer, bigint, boolean, date, datetime },
    instant: typeof datetime === "string" ? instantOf(datetime) : null,
  })),
  {
    ...{ id: "integer", text: "string", number: "number", integer: "integer", bigint: "bigint" },
    ...{ boolean: "boolean", date: "date", datetime: "datetime", instant: "instant" },
  },
);
function instantOf(local: string): Date {
  return toDate(new Date(`${local}Z`).getTime(), parseMicros(local));
}

const names = table.schema.map(({ name }) => name);
const here = fromRows(headRows(table, table.numRows), table.schema);

async function told(order: RowsOrder): Promise<unknown> {
  const span = { ...order, offset: 0, limit: 100 };
  try {
    return (await here.read(span, new AbortController().signal)).head.map(({ id }) => id);
  } catch {
    return "refused";
  }
}

function toldByServer(order: RowsOrder): unknown {
  try {
    const { numRows, slice } = toTableRows(table, order);
    return headRows(slice(0, numRows), numRows).map(({ id }) => id);
  } catch {
    return "refused";
  }
}

test("sorts as the server does, every type in both directions", async () => {
  for (const column of names) {
    for (const descending of [false, true]) {
      const order = { sort: { column, descending } };
      expect([column, descending, await told(order)]).toEqual([
        column,
        descending,
        toldByServer(order),
      ]);
    }
  }
});

const TESTS: FilterTest[] = ["contains", "equals", "at-least", "at-most", "missing", "present"];
const VALUES = [
  ...["", "tran", "TRANSIT", "i", "3", "-0", "0.1", "nan", "INF", "7", "true", "9007199254740993"],
  ...["2014-05-13", "2014-05-13T08:00", "2014-05-13T08:00:30Z", "2014-05-13T10:00+02:00", "1e3"],
  ...["2014-05-13T08:00:30.000001", "2014-05-13 08:00:30.0000Z", "2014-05-13T08:00:30.0000001"],
];

test("filters as the server does, and refuses what it refuses", async () => {
  for (const column of names) {
    for (const test of TESTS) {
      for (const value of VALUES) {
        const filter: RowFilter = { column, test, value };
        const order = { filters: [filter] };
        expect({ ...filter, ids: await told(order) }).toEqual({
          ...filter,
          ids: toldByServer(order),
        });
      }
    }
  }
});

test("gives a part of the rows, and how many pass", async () => {
  const filters: RowFilter[] = [{ column: "integer", test: "at-least", value: "0" }];
  const span = { filters, sort: { column: "id", descending: true }, offset: 1, limit: 2 };
  const answer = await here.read(span, new AbortController().signal);
  expect({ ...answer, head: answer.head.map(({ id }) => id) }).toEqual({
    rows: 4,
    offset: 1,
    head: [5, 4],
  });
});
