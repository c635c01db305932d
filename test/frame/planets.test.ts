import { expect, test } from "vitest";
import { frameToDanfo } from "../../src/frame/danfo.ts";
import { queryFrames } from "../../src/frame/duckdb/sql.ts";
import { toFrame } from "../../src/frame/to-frame.ts";
import { count, max, mean, median, min, stdev } from "../../src/frame/verb/aggregate.ts";
import { figures, ROUNDED_MEAN_MASS, readPlanets } from "./planets.ts";

test("reads the 1,035 planets, of which 513 have a mass", async () => {
  const planets = await readPlanets();
  expect(planets.numRows).toBe(1035);
  expect(planets.rollup({ masses: count("mass") }).at("masses", 0)).toBe(513);
});

test("gives the mean mass by method that pandas gives", async () => {
  const means = (await readPlanets()).groupby("method").rollup({ mean_mass: mean("mass") });
  expect(figures(means, "method", "mean_mass")).toEqual(ROUNDED_MEAN_MASS);
});

test("gives the same means by SQL", async () => {
  const planets = await readPlanets();
  const sql = "SELECT method, avg(mass) AS mean_mass FROM planets GROUP BY method";
  const means = await queryFrames(sql, { planets }, {});
  expect(figures(means, "method", "mean_mass")).toEqual(ROUNDED_MEAN_MASS);
});

test("gives the same means after a trip through danfo", async () => {
  const danfo = await frameToDanfo(await readPlanets());
  const means = toFrame(danfo)
    ?.groupby("method")
    .rollup({ mean_mass: mean("mass") });
  expect(means && figures(means, "method", "mean_mass")).toEqual(ROUNDED_MEAN_MASS);
});

test("gives the spread of the masses that pandas gives", async () => {
  const byRadialVelocity = (await readPlanets())
    .filter((row) => row.method === "Radial Velocity")
    .rollup({ sd: stdev("mass"), mid: median("mass"), low: min("mass"), high: max("mass") });
  const [spread] = byRadialVelocity.rows();
  // pandas 3.1.1: groupby("method").mass.agg(["std", "median", "min", "max"])
  expect(spread?.sd).toBeCloseTo(3.8258826877562733, 12);
  expect(spread).toMatchObject({ mid: 1.26, low: 0.0036, high: 25 });
});

test("lists the methods in the order they are first seen", async () => {
  const planets = await readPlanets();
  expect(planets.distinct("method")).toEqual(Object.keys(ROUNDED_MEAN_MASS));
});

test("counts the planets of a year, as pandas value_counts does", async () => {
  const years = (await readPlanets()).groupby("year").count();
  const counts = Object.fromEntries(years.rows().map((row) => [row.year, row.count]));
  expect(counts).toMatchObject({ 1989: 1, 2011: 185, 2014: 52 });
});
