/** Times of Parquet as a frame's columns have them. */
import { halvesOf } from "../column/column-data.ts";
import { FIRST_DAY, FIRST_MS, LAST_DAY, LAST_MS, msOf, putMicroseconds } from "../column/moment.ts";
import type { Refuse } from "./parquet-column.ts";
import { type ByteItems, countOf } from "./parquet-items.ts";

export type ParquetUnit = "MILLIS" | "MICROS" | "NANOS";

/** What reading times is to do, and has seen. */
export interface MomentReading {
  /** whether nanoseconds beyond microseconds are cut */
  readonly isCut: boolean;
  /** whether nanoseconds of any were */
  hasCut: boolean;
}

const MS_NANOS = 1_000_000;
const HALF_MS = 4_294;
const HALF_REST = 967_296;

/** Checks that days are within the years of a frame. */
export function checkDays(days: Int32Array, refuse: Refuse): Int32Array {
  for (let at = 0; at < days.length; at++) {
    const day = days[at] as number;
    if (day < FIRST_DAY || day > LAST_DAY) refuse(at, `${day} days since 1970`);
  }
  return days;
}

/** Times of 64 bits as a column counts them: in milliseconds or microseconds. */
export function toMoments(
  items: BigInt64Array,
  unit: ParquetUnit,
  reading: MomentReading,
  refuse: Refuse,
): BigInt64Array {
  const halves = halvesOf(items);
  if (unit !== "NANOS") {
    checkRange(halves, unit, refuse);
    return items;
  }
  const micros = new BigInt64Array(items.length);
  const to = halvesOf(micros);
  for (let at = 0; at < items.length; at++) {
    const [low, high] = [(halves[2 * at] as number) >>> 0, halves[2 * at + 1] as number];
    const rest = high * HALF_REST + low;
    const restMs = Math.floor(rest / MS_NANOS);
    const moment = { ms: high * HALF_MS + restMs, nanos: rest - restMs * MS_NANOS };
    putMoment(to, at, moment, reading, refuse);
  }
  return micros;
}

function checkRange(halves: Int32Array, unit: "MILLIS" | "MICROS", refuse: Refuse): void {
  for (let at = 0; at < halves.length; at += 2) {
    const [low, high] = [halves[at] as number, halves[at + 1] as number];
    const ms = unit === "MICROS" ? msOf(low, high) : high * 2 ** 32 + (low >>> 0);
    if (ms < FIRST_MS || ms > LAST_MS) refuse(at / 2, `${ms} milliseconds since 1970`);
  }
}

/** A time as whole milliseconds and the nanoseconds beyond them. */
interface Moment {
  readonly ms: number;
  readonly nanos: number;
}

function putMoment(
  halves: Int32Array,
  at: number,
  { ms, nanos }: Moment,
  reading: MomentReading,
  refuse: Refuse,
): void {
  const isInside = ms >= FIRST_MS && ms <= LAST_MS;
  const isFine = nanos % 1000 !== 0;
  if (!isInside) refuse(at, `${ms} milliseconds since 1970`);
  else if (isFine && !reading.isCut) {
    const text = `${new Date(ms).toISOString().slice(0, -1)}${String(nanos).padStart(6, "0")}`;
    refuse(at, `${text}, finer than microseconds`);
  } else {
    reading.hasCut ||= isFine;
    putMicroseconds(halves, at, ms, Math.floor(nanos / 1000));
  }
}

const UNIX_JULIAN_DAY = 2_440_588;
const DAY_MS = 86_400_000;

/** Times of INT96, as old writers have them: nanoseconds of a Julian day. */
export function fromInt96(items: ByteItems, reading: MomentReading, refuse: Refuse): BigInt64Array {
  const count = countOf(items);
  const { buffer, byteOffset, byteLength } = items.bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  const micros = new BigInt64Array(count);
  const to = halvesOf(micros);
  for (let at = 0; at < count; at++) {
    const nanos = view.getUint32(12 * at, true) + view.getInt32(12 * at + 4, true) * 2 ** 32;
    const days = view.getInt32(12 * at + 8, true) - UNIX_JULIAN_DAY;
    const clockMs = Math.floor(nanos / MS_NANOS);
    const moment = { ms: days * DAY_MS + clockMs, nanos: nanos - clockMs * MS_NANOS };
    putMoment(to, at, moment, reading, refuse);
  }
  return micros;
}

const PER_SECOND = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const;
const DAY_SECONDS = 86_400n;

/**
 * The text HH:MM:SS of a time of day, with as many digits of the second as it needs: none, three, six
 * or nine; undefined for a time beyond 24:00.
 */
export function clockText(time: bigint, unit: ParquetUnit): string | undefined {
  const perSecond = PER_SECOND[unit];
  if (time < 0n || time > DAY_SECONDS * perSecond) return undefined;
  const seconds = Number(time / perSecond);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = clock.map((part) => String(part).padStart(2, "0")).join(":");
  const nanos = String((time % perSecond) * (PER_SECOND.NANOS / perSecond)).padStart(9, "0");
  const digits = nanos.replace(/(?:000)+$/, "");
  return digits === "" ? text : `${text}.${digits}`;
}
