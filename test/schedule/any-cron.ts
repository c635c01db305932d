import fc from "fast-check";
import type { OracleFields } from "./oracle.ts";

/** A field as it is written, and what it means. */
interface Field {
  readonly text: string;
  readonly values: ReadonlySet<number>;
}

/** Schedules as people write them, with a liking for the hours in which clocks change. */
export const anyCron: fc.Arbitrary<{ readonly cron: string; readonly fields: OracleFields }> = fc
  .record({
    minute: fc.oneof(
      anyField(0, 59),
      fc.constantFrom(0, 15, 30, 45).map((value) => valueField(value)),
    ),
    hour: fc.oneof(anyField(0, 23), fc.integer({ min: 0, max: 3 }).map(valueField)),
    day: fc.oneof({ weight: 3, arbitrary: fc.constant(star(1, 31)) }, anyField(1, 31)),
    month: fc.oneof({ weight: 4, arbitrary: fc.constant(star(1, 12)) }, anyField(1, 12)),
    weekday: fc.oneof({ weight: 3, arbitrary: fc.constant(star(0, 6)) }, anyField(0, 7)),
  })
  .map(({ minute, hour, day, month, weekday }) => ({
    cron: [minute, hour, day, month, weekday].map(({ text }) => text).join(" "),
    fields: {
      minute: minute.values,
      hour: hour.values,
      day: day.text === "*" ? "any" : day.values,
      month: month.values,
      // 7 is Sunday as well.
      weekday: weekday.text === "*" ? "any" : new Set([...weekday.values].map((day) => day % 7)),
      isEveryHour: hour.text === "*",
    },
  }));

function anyField(min: number, max: number): fc.Arbitrary<Field> {
  const bounds = fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);
  const steps = fc.integer({ min: 2, max: Math.min(12, max - min) });
  return fc.oneof(
    fc.constant(star(min, max)),
    fc.integer({ min, max }).map(valueField),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 2, maxLength: 4 }).map((values) => ({
      text: values.join(","),
      values: new Set(values),
    })),
    bounds.map(([low, high]) => ({ text: `${low}-${high}`, values: range(low, high, 1) })),
    steps.map((step) => ({ text: `*/${step}`, values: range(min, max, step) })),
    fc.tuple(bounds, steps).map(([[low, high], step]) => ({
      text: `${low}-${high}/${step}`,
      values: range(low, high, step),
    })),
  );
}

function star(min: number, max: number): Field {
  return { text: "*", values: range(min, max, 1) };
}

function valueField(value: number): Field {
  return { text: String(value), values: new Set([value]) };
}

function range(low: number, high: number, step: number): Set<number> {
  const values = new Set<number>();
  for (let value = low; value <= high; value += step) values.add(value);
  return values;
}
