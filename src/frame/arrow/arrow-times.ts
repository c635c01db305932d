/** Days in milliseconds, and times of day, of Arrow. */
import { buildColumn } from "../column/column-build.ts";
import { FIRST_DAY, LAST_DAY } from "../column/moment.ts";
import type { ArrowArray } from "./arrow-array.ts";
import {
  type ColumnPlace,
  joinItems,
  missingOf,
  presence,
  type ReadColumn,
  readDays,
  UNIT_NAMES,
  valueError,
} from "./arrow-column.ts";
import type { ArrowUnit } from "./arrow-type.ts";

const DAY_MS = 86_400_000;

/** Days that are told in milliseconds. */
export function readDates(arrays: readonly ArrowArray[], at: ColumnPlace): ReadColumn {
  const missing = missingOf(arrays);
  const isPresent = presence(missing);
  const items = joinItems(arrays, BigInt64Array);
  const days = new Int32Array(items.length);
  for (let row = 0; row < items.length; row++) {
    if (!isPresent(row)) continue;
    const day = Number(items[row]) / DAY_MS;
    if (!Number.isInteger(day)) {
      throw valueError(
        at,
        row,
        "a whole day",
        `${items[row]} milliseconds since 1970`,
        "write it as a timestamp",
      );
    }
    // Days outside of all years stay outside.
    days[row] = Math.min(Math.max(day, FIRST_DAY - 1), LAST_DAY + 1);
  }
  return readDays(days, missing, at);
}

const UNITS_A_SECOND = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;
const DAY_SECONDS = 86_400n;

/** Times of day as texts. */
export function readTimes(
  unit: ArrowUnit,
  bits: number,
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
): ReadColumn {
  at.why("a time of day is the text HH:MM:SS, with the digits of the second that it has");
  const isPresent = presence(missingOf(arrays));
  const items: Iterable<number | bigint> =
    bits === 32 ? joinItems(arrays, Int32Array) : joinItems(arrays, BigInt64Array);
  const texts = Array.from(items, (item, row) => {
    if (!isPresent(row)) return null;
    const time = BigInt(item);
    if (time >= 0n && time <= DAY_SECONDS * UNITS_A_SECOND[unit]) return timeText(time, unit);
    throw valueError(
      at,
      row,
      "a time from 00:00 to 24:00",
      `${item} ${UNIT_NAMES[unit]}`,
      "make it missing before writing the file",
    );
  });
  return { type: "string", data: buildColumn(at.name, "string", texts) };
}

function timeText(time: bigint, unit: ArrowUnit): string {
  const a = UNITS_A_SECOND[unit];
  const seconds = Number(time / a);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = clock.map((part) => String(part).padStart(2, "0")).join(":");
  const digits = String((time % a) * (1_000_000_000n / a))
    .padStart(9, "0")
    .replace(/(?:000)+$/, "");
  return digits === "" ? text : `${text}.${digits}`;
}
