/** Names of columns are data: what the language or a tool makes of some texts touches no value. */
import { describe, expect, test } from "vitest";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import { frameFromArrow } from "../../src/frame/arrow/read-arrow.ts";
import { buildColumn } from "../../src/frame/column/column-build.ts";
import { queryFrames } from "../../src/frame/duckdb/sql.ts";
import { type Frame, toFrameOf } from "../../src/frame/frame.ts";
import { frameToJson } from "../../src/frame/json.ts";
import { JsonRows } from "../../src/frame/json-rows.ts";
import { ownValue } from "../../src/frame/own-value.ts";
import { toTableRows } from "../../src/frame/rows/table-rows.ts";
import { frame } from "../../src/frame/rows.ts";
import { renderTable } from "../../src/frame/terminal-table.ts";
import { toFrame } from "../../src/frame/to-frame.ts";
import { count, max } from "../../src/frame/verb/aggregate.ts";
import { chartRows } from "../../src/page/browser/output/chart/chart-rows.ts";
import { passingRows } from "../../src/page/browser/output/table/row-rules.ts";
import { tsvText } from "../../src/page/browser/output/table/rows-text.ts";

const NAMES: readonly (readonly string[])[] = [
  ["country", "2020", "2019", "v"],
  ["__proto__", "constructor", "toString"],
  ["valueOf", "hasOwnProperty", "then", "toJSON"],
  ["a", " a", "a.b", "a[0]", 'q"'],
  ["x".repeat(5_000), "-1", "1e3", "4294967295"],
];

/** Two rows of texts that tell the place of their column. */
function named(names: readonly string[]): Frame {
  return toFrameOf(
    names.map((name, place) => ({
      name,
      type: "string" as const,
      data: buildColumn(name, "string", [`${place}`, `${place}b`]),
    })),
  );
}

function placesOf(made: Frame, names: readonly string[]): unknown[] {
  return names.map((name) => made.at(name, 0));
}

describe.each(NAMES.map((names) => ({ names, title: names.map((name) => name.slice(0, 14)) })))(
  "columns called $title",
  ({ names }) => {
    const whole = named(names);
    const places = names.map((_, place) => `${place}`);
    const [first = ""] = names;

    test("keep their order and values through verbs", () => {
      const made = whole
        .filter((row) => names.every((name, place) => row[name]?.toString()[0] === `${place}`))
        .derive(Object.fromEntries(names.map((name) => [name, (row) => row[name]])))
        .orderby(first)
        .select(...names);
      expect(made.columnNames).toEqual(names);
      expect(placesOf(made, names)).toEqual(places);
      const grouped = whole.groupby(...names).rollup({ n: count(), most: max(first) });
      expect(grouped.columnNames).toEqual([...names, "n", "most"]);
      expect(whole.join(whole.select(first), first).columnNames).toEqual(names);
    });

    test("keep their values in rows, JSON, tables and charts", async () => {
      for (const row of [whole.rows()[0], frameToJson(whole).rows[0]]) {
        expect(names.map((name) => ownValue(row as never, name))).toEqual(places);
      }
      const rows = JSON.parse(`[${new JsonRows(whole).text(0, 2)}]`);
      expect(rows).toEqual(frameToJson(whole).rows);
      const [drawn] = chartRows(rows, whole.schema, new Set());
      expect(names.map((name) => ownValue(drawn, name))).toEqual(places);
      expect(tsvText(whole.schema, rows, false).split("\n")[0]).toBe(places.join("\t"));
      expect(tsvText(whole.schema, [{}], false)).toBe(names.map(() => "").join("\t"));
      const filters = [{ column: names.at(-1) ?? "", test: "equals" as const, value: "0" }];
      expect(passingRows(rows, whole.schema, { filters })).toEqual([]);
      const sort = { column: first, descending: true };
      expect(toTableRows(whole, { sort }).slice(0, 1).at(first, 0)).toBe("0b");
      expect(await renderTable(whole)).toContain(" 0 ");
    });

    test("keep their order and values in rows that become a frame again", () => {
      const again = toFrame(whole.rows(), whole.schema);
      expect(again?.columnNames).toEqual(names);
      expect(again?.rows()).toEqual(whole.rows());
    });

    test("keep their order and values in Arrow and SQL", async () => {
      for (const made of [
        await frameFromArrow(await frameToArrow(whole)),
        await queryFrames("SELECT * FROM t", { t: whole }, {}),
      ]) {
        expect(made.columnNames).toEqual(names);
        expect(placesOf(made, names)).toEqual(places);
      }
    });

    test("keep their order and values in a danfo DataFrame", async () => {
      const danfo = await whole.toDanfo();
      expect(danfo.columns).toEqual(names);
      expect(danfo.values[0]).toEqual(places);
      expect(danfo["column"](names.at(-1) ?? "").values[0]).toBe(places.at(-1));
      expect(
        toFrame(danfo)
          ?.rows()
          .map((row) => Object.entries(row).toSorted()),
      ).toEqual(
        frame([numbered(names, ""), numbered(names, "b")])
          .rows()
          .map((row) => Object.entries(row).toSorted()),
      );
    });
  },
);

function numbered(names: readonly string[], end: string): object {
  return Object.fromEntries(names.map((name, place) => [name, `${place}${end}`]));
}

test.each(["values", "shape", "columns", "index", "dtypes", "$data"])(
  "a column that danfo cannot have beside its own %s is refused",
  async (name) => {
    await expect(named([name, "b"]).toDanfo()).rejects.toThrow(
      expect.objectContaining({
        code: "HEX_FRAME_INVALID",
        message: expect.stringContaining(`rename({ "${name}"`),
      }),
    );
  },
);

test("names that differ by case alone are two columns, and refused where SQL has one", async () => {
  const both = named(["a", "A"]);
  expect(both.rows()[0]).toEqual({ a: "0", A: "1" });
  expect((await both.toDanfo()).values[0]).toEqual(["0", "1"]);
  const query = queryFrames("SELECT 1 AS one FROM t", { t: both }, {});
  await expect(query).rejects.toThrow(/table t.*"a" and "A".*rename or select/);
});
