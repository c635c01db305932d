import {
  type ByteSource,
  type Cell,
  cached,
  cell,
  dateRange,
  dropdown,
  type Frame,
  frame,
  multiselect,
  over,
  readCsv,
  slider,
  type Value,
} from "hex-runtime";
import { describe, expectTypeOf, it } from "vitest";

const limit = slider({ min: 0, max: 10 });
const region = dropdown({ options: ["EU", "US"] });

type ValueOf<Made> = Made extends Cell<infer CellValue> ? CellValue : never;

describe("what cells hand on", () => {
  it("is an input's value, narrowed to its options", () => {
    expectTypeOf<ValueOf<typeof limit>>().toEqualTypeOf<number>();
    expectTypeOf<ValueOf<typeof region>>().toEqualTypeOf<"EU" | "US">();
    const many = multiselect({ options: [1, 2] });
    expectTypeOf<ValueOf<typeof many>>().toEqualTypeOf<readonly (1 | 2)[]>();
    const days = dateRange({ default: { start: "2026-01-01", end: "2026-01-02" } });
    expectTypeOf<ValueOf<typeof days>["start"]>().toEqualTypeOf<string>();
  });

  it("is what a light cell returns, awaited", () => {
    const doubled = cell({ limit }, async ({ limit }) => limit * 2);
    expectTypeOf(doubled).toEqualTypeOf<Cell<number>>();
  });

  it("is a frame of the declared columns for a cached cell with a schema", () => {
    const planets = cached("planets", () => readCsv("planets.csv"), {
      schema: { method: "string", mass: "number", found: "date" },
    });
    type Row = ValueOf<typeof planets> extends Frame<infer Each> ? Each : never;
    expectTypeOf<Row["mass"]>().toEqualTypeOf<number | null>();
    expectTypeOf<Row["found"]>().toEqualTypeOf<string | null>();
    cell({ planets }, ({ planets }) => {
      // @ts-expect-error there is no such column
      planets.column("masses");
      return planets.filter((row) => row.method === "Transit");
    });
  });

  it("may be read of what another tool has written below the store", () => {
    cell((_, { store }) => {
      expectTypeOf(store.url("raw/x.csv")).toEqualTypeOf<ByteSource>();
      return readCsv(store.url("raw/x.csv"), { schema: { id: "string" } });
    });
  });

  it("is a frame of the returned rows' columns without one", () => {
    const rows = cached("rows", { limit }, ({ limit }) => [{ n: limit, name: "x" }]);
    expectTypeOf<ValueOf<typeof rows>>().toEqualTypeOf<Frame<{ n: number; name: string }>>();
    const framed = cached("framed", () => frame([{ n: 1 }]));
    expectTypeOf<ValueOf<typeof framed>["numRows"]>().toEqualTypeOf<number>();
  });

  it("is a frame of any columns when nothing tells which", () => {
    const unknown = cached("unknown", () => readCsv("some.csv"));
    type Row = ValueOf<typeof unknown> extends Frame<infer Each> ? Each : never;
    expectTypeOf<Row[string]>().toEqualTypeOf<Value>();
  });

  it("reaches a function under the names it gave", () => {
    cell({ most: limit, where: region }, ({ most, where }, { runContext }) => {
      expectTypeOf(most).toEqualTypeOf<number>();
      expectTypeOf(where).toEqualTypeOf<"EU" | "US">();
      expectTypeOf(runContext).toEqualTypeOf<"logic" | "app" | "scheduled" | "api-triggered">();
    });
  });
});

describe("a cell over parts", () => {
  it("has the columns of a part, and its functions get the values of the cells it names", () => {
    const joined = cached(
      "simulated",
      { limit },
      over(
        ({ limit }) => [limit, 2],
        (part, { limit }, { signal }) => frame([{ part: part + limit, off: signal.aborted }]),
      ),
    );
    const rows = {} as ReturnType<ValueOf<typeof joined>["rows"]>[number];
    expectTypeOf(rows.part).toEqualTypeOf<number>();
    expectTypeOf(rows.off).toEqualTypeOf<boolean>();
  });
});
