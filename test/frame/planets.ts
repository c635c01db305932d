import { readCsv } from "../../src/frame/csv/read/read-csv.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";

export const PLANETS_FILE = new URL("../../data/planets.csv", import.meta.url);

/** The schema of data/planets.csv. */
const PLANETS = {
  method: "string",
  number: "integer",
  orbital_period: "number",
  mass: "number",
  distance: "number",
  year: "integer",
} as const;

export function readPlanets() {
  return readCsv(PLANETS_FILE, { schema: PLANETS });
}

/**
 * Mean mass by method, as pandas 3.1.1 gives it:
 * `pd.read_csv("data/planets.csv").groupby("method", sort=False).mass.mean()`; NaN there is null
 * here. Only these three of the ten methods have a mass at all: 510, 2 and 1 of 513.
 */
const MEAN_MASS: Readonly<Record<string, number | null>> = {
  "Radial Velocity": 2.6306987843137253,
  Imaging: null,
  "Eclipse Timing Variations": 5.125,
  Transit: 1.47,
  Astrometry: null,
  "Transit Timing Variations": null,
  "Orbital Brightness Modulation": null,
  Microlensing: null,
  "Pulsar Timing": null,
  "Pulsation Timing Variations": null,
};

/** The figures of two columns of a frame as an object, rounded where floats may differ. */
export function figures(frame: AnyFrame, key: string, value: string) {
  const [keys, values] = [key, value].map((name) =>
    frame.columns().find((column) => column.name === name),
  );
  const entries = Array.from(keys?.data ?? [], (name, row) => [name, round(values?.data.at(row))]);
  return Object.fromEntries(entries);
}

/** A number to twelve digits: sums of floats depend on their order in the thirteenth. */
function round(value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(12)) : (value ?? null);
}

export const ROUNDED_MEAN_MASS = Object.fromEntries(
  Object.entries(MEAN_MASS).map(([method, mean]) => [method, round(mean)]),
);
