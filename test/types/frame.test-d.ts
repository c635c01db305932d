import { expectTypeOf, test } from "vitest";
import { readCsv } from "../../src/frame/csv/read/read-csv.ts";
import { type AnyFrame, desc, type Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import type { Schema, Value } from "../../src/frame/schema.ts";
import { count, max, mean, sum } from "../../src/frame/verb/aggregate.ts";
import { frameFromCsv, frameToCsv } from "../../src/index.ts";

const planets = frame([], { method: "string", mass: "number", year: "integer", found: "instant" });

test("a schema gives the types of a row", () => {
  expectTypeOf(planets.rows()).toEqualTypeOf<
    {
      readonly method: string | null;
      readonly mass: number | null;
      readonly year: number | null;
      readonly found: Date | null;
    }[]
  >();
});

test("rows give the types of a row, and what may be absent may be missing", () => {
  const rows: { a: number; b?: string }[] = [];
  expectTypeOf(frame(rows).rows()).toEqualTypeOf<
    { readonly a: number; readonly b: string | null }[]
  >();
});

test("select picks, rename renames and derive adds columns", () => {
  const shaped = planets
    .select("method", "mass")
    .rename({ mass: "weight" })
    .derive({ heavy: (row) => (row.weight ?? 0) > 5, half: (row) => row.weight && row.weight / 2 });
  expectTypeOf(shaped.rows()).toEqualTypeOf<
    {
      readonly method: string | null;
      readonly weight: number | null;
      readonly heavy: boolean;
      readonly half: number | null;
    }[]
  >();
});

test("functions of rows see undefined for what may be missing", () => {
  planets.filter((row) => {
    expectTypeOf(row).toEqualTypeOf<{
      readonly method: string | undefined;
      readonly mass: number | undefined;
      readonly year: number | undefined;
      readonly found: Date | undefined;
    }>();
    return row.mass === undefined;
  });
  frame([{ a: 1 }]).filter((row) => {
    expectTypeOf(row).toEqualTypeOf<{ readonly a: number }>();
    return row.a > 0;
  });
  const unknown: Frame = planets;
  unknown.filter((row) => {
    expectTypeOf(row["mass"]).toEqualTypeOf<Exclude<Value, null> | undefined>();
    return true;
  });
});

test("a number that functions make of a row with missing values may be missing", () => {
  const made = planets.derive({ mass: (row) => Number(row.mass), named: (row) => `${row.method}` });
  expectTypeOf(made.column("mass")).toEqualTypeOf<(number | null)[]>();
  expectTypeOf(made.column("named")).toEqualTypeOf<string[]>();
  const whole = frame([{ a: 1 }]).derive({ b: (row) => row.a * 2 });
  expectTypeOf(whole.column("b")).toEqualTypeOf<number[]>();
});

test("rollup gives the keys and the aggregates", () => {
  const rolled = planets
    .groupby("method")
    .rollup({ n: count(), mass: mean("mass"), years: sum("year"), last: max("found") });
  expectTypeOf(rolled.rows()).toEqualTypeOf<
    {
      readonly method: string | null;
      readonly n: number;
      readonly mass: number | null;
      readonly years: number | null;
      readonly last: Date | null;
    }[]
  >();
});

test("join gives the columns of both frames, which may be missing in a left join", () => {
  const years = frame([{ year: 2000, leap: true }]);
  expectTypeOf(planets.join(years, "year").column("leap")).toEqualTypeOf<boolean[]>();
  expectTypeOf(planets.joinLeft(years, "year").column("leap")).toEqualTypeOf<(boolean | null)[]>();
});

test("a column that is not there is an error", () => {
  // @ts-expect-error there is no column `colour`
  planets.select("colour");
  // @ts-expect-error there is no column `colour`
  planets.orderby(desc("colour"));
  // @ts-expect-error there is no column `colour`
  planets.rollup({ mean: mean("colour") });
  // @ts-expect-error there is no column `colour`
  planets.filter((row) => row.colour === "red");
});

test("distinct leaves out missing", () => {
  expectTypeOf(planets.distinct("method")).toEqualTypeOf<string[]>();
});

test("a frame of unknown columns takes any name", async () => {
  const unknown = await readCsv("planets.csv");
  expectTypeOf(unknown).toEqualTypeOf<Frame>();
  expectTypeOf(unknown.column("mass")).toEqualTypeOf<Value[]>();
  expectTypeOf(
    unknown
      .groupby("method")
      .rollup({ mass: mean("mass") })
      .column("mass"),
  ).toEqualTypeOf<(number | null)[]>();
});

test("every frame is a frame of any columns", () => {
  expectTypeOf(planets).toExtend<AnyFrame>();
  expectTypeOf<Frame>().toExtend<AnyFrame>();
});

test("a frame of known columns serves where a frame of unknown ones is asked for", () => {
  expectTypeOf(planets).toExtend<Frame>();
});

test("a frame of any columns is written as CSV, and read back by its schema", () => {
  expectTypeOf(frameToCsv(planets)).toEqualTypeOf<Uint8Array>();
  expectTypeOf(frameFromCsv(new Uint8Array(), planets.schema)).toEqualTypeOf<Promise<Frame>>();
  expectTypeOf(frameFromCsv).parameters.toEqualTypeOf<[bytes: Uint8Array, schema: Schema]>();
});
