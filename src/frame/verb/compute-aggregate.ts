import { expectation } from "../../errors.ts";
import { codeRows } from "../column/code-rows.ts";
import { buildColumn, numberColumn } from "../column/column-build.ts";
import { batchOf, type FrameColumn, halvesOf } from "../column/column-data.ts";
import { takeRows } from "../column/column-take.ts";
import type { Aggregate } from "./aggregate.ts";
import { type RowGroups, toMembers } from "./group-rows.ts";
import { extremeRows } from "./grouped-extremes.ts";
import {
  countGroups,
  type GroupedNumbers,
  type GroupResults,
  meanGroups,
  medianGroups,
  stdevGroups,
  sumGroups,
  wholeSumGroups,
} from "./grouped-numbers.ts";
import { type PresentRows, presentNumbers, presentRows } from "./present-rows.ts";

/** Computes one aggregate as a column of one value a group. */
export function computeAggregate(
  name: string,
  aggregate: Aggregate,
  source: FrameColumn,
  groups: RowGroups,
): FrameColumn {
  checkSource(aggregate, source);
  switch (aggregate.function) {
    case "count":
      return countColumn(name, countGroups(groups.of, groups.count));
    case "valid": {
      const { of, count } = presentRows(source, groups);
      return countColumn(name, countGroups(of, count));
    }
    case "distinct":
      return countColumn(name, countDifferent(source, presentRows(source, groups)));
    case "min":
    case "max": {
      const rows = extremeRows(source, presentRows(source, groups), aggregate.function);
      return { name, type: source.type, data: takeRows(source.type, source.data, rows) };
    }
    case "sum":
      return sumColumn(name, source, groups);
    case "mean":
      return resultColumn(name, meanGroups(toPlaced(source, groups)));
    case "median":
      return resultColumn(name, medianGroups(toNumbers(source, groups)));
    case "stdev":
      return resultColumn(name, stdevGroups(toNumbers(source, groups)));
  }
}

function toNumbers(source: FrameColumn, groups: RowGroups): GroupedNumbers {
  const present = presentRows(source, groups);
  return { numbers: presentNumbers(source, present), of: present.of, count: present.count };
}

/** The numbers where they lie, if they lie there as floats. */
function toPlaced(source: FrameColumn, groups: RowGroups): GroupedNumbers {
  const { values } = batchOf(source.data);
  if (!(values instanceof Float64Array)) return toNumbers(source, groups);
  const { rows, of, count } = presentRows(source, groups);
  return { numbers: values, rows, of, count, isFull: source.data.nullCount === 0 && of.length > 0 };
}

function countColumn(name: string, counts: Float64Array): FrameColumn {
  return { name, type: "integer", data: numberColumn("integer", counts, () => true) };
}

function resultColumn(name: string, { results, has }: GroupResults): FrameColumn {
  return { name, type: "number", data: numberColumn("number", results, has) };
}

function sumColumn(name: string, source: FrameColumn, groups: RowGroups): FrameColumn {
  if (source.type === "bigint") {
    const sums = exactSums(source, presentRows(source, groups));
    return { name, type: "bigint", data: buildColumn(name, "bigint", sums) };
  }
  if (source.type === "number") return resultColumn(name, sumGroups(toPlaced(source, groups)));
  const numbers = toNumbers(source, groups);
  const { results, has } = wholeSumGroups(numbers, () => refuseSum(source.name));
  return { name, type: "integer", data: numberColumn("integer", results, has) };
}

/** A sum of whole numbers is refused where a number cannot hold it exactly. */
function refuseSum(name: string): never {
  throw expectation("HEX_FRAME_INVALID", {
    place: `the sum of column ${JSON.stringify(name)}`,
    expected: "within ±(2^53 − 1) on its way",
    got: "more, which numbers round",
    hint: "derive a column of bigints first: (row) => row.v === undefined ? undefined : BigInt(row.v)",
  });
}

/** Sums of halves up to this are exact as numbers, also with one more half. */
const MOST = 2 ** 52;
const HALF = 2 ** 32;

/** The exact sums of bigints; of their halves, so that no bigint is made a row. */
function exactSums({ data }: FrameColumn, { rows, of, count }: PresentRows): (bigint | null)[] {
  const halves = halvesOf(batchOf(data).values);
  const sums = new Array<bigint | null>(count).fill(null);
  const lows = new Float64Array(count);
  const highs = new Float64Array(count);
  const settle = (group: number) => {
    const sum = BigInt(highs[group] as number) * BigInt(HALF) + BigInt(lows[group] as number);
    sums[group] = (sums[group] ?? 0n) + sum;
    lows[group] = 0;
    highs[group] = 0;
  };
  for (let at = 0; at < of.length; at++) {
    const row = rows === undefined ? at : (rows[at] as number);
    const group = of[at] as number;
    const low = (lows[group] as number) + ((halves[2 * row] as number) >>> 0);
    const high = (highs[group] as number) + (halves[2 * row + 1] as number);
    lows[group] = low;
    highs[group] = high;
    if (low > MOST || high > MOST || high < -MOST) settle(group);
  }
  const counts = countGroups(of, count);
  for (let group = 0; group < count; group++) if ((counts[group] as number) > 0) settle(group);
  return sums;
}

/** How many different values the rows of each group have. */
function countDifferent(source: FrameColumn, { rows, of, count }: PresentRows): Float64Array {
  const { codes, size } = codeRows({ columns: [source], rows });
  const { places, starts } = toMembers(of, count);
  /** by code, the number of the group in which it was last seen */
  const seen = new Uint32Array(size);
  const counts = new Float64Array(count);
  for (let group = 0; group < count; group++) {
    const end = starts[group + 1] as number;
    let different = 0;
    for (let at = starts[group] as number; at < end; at++) {
      const code = codes[places[at] as number] as number;
      if (seen[code] === group + 1) continue;
      seen[code] = group + 1;
      different++;
    }
    counts[group] = different;
  }
  return counts;
}

function checkSource(aggregate: Aggregate, { name, type }: FrameColumn): void {
  if (aggregate.result !== "number" && aggregate.result !== "sum") return;
  if (type === "number" || type === "integer" || type === "bigint" || type === "boolean") return;
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)} of ${aggregate.function}`,
    expected: "numeric or boolean",
    got: `type ${type}`,
  });
}
