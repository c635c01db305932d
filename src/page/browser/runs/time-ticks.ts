import { HOUR, MINUTE, SECOND } from "../../../text.ts";
/** A mark on a time axis. */
export interface TimeTick {
  /** milliseconds from the axis's start */
  readonly ms: number;
  readonly label: string;
}

/** Distances between marks that people read well; milliseconds. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR),
];

/** Marks from 0 on, so many at most, at even distances. */
export function toTimeTicks(lengthMs: number, atMost: number): readonly TimeTick[] {
  const least = lengthMs / Math.max(1, atMost);
  const stepMs = STEPS.find((step) => step >= least) ?? Math.ceil(least / (24 * HOUR)) * 24 * HOUR;
  const count = Math.floor(lengthMs / stepMs);
  return Array.from({ length: count + 1 }, (_, index) => {
    const ms = index * stepMs;
    return { ms, label: toLabel(ms, { stepMs, lengthMs }) };
  });
}

interface Axis {
  readonly stepMs: number;
  readonly lengthMs: number;
}

/** All marks of one axis have one unit, or two where the smaller one is needed. */
function toLabel(ms: number, { stepMs, lengthMs }: Axis): string {
  if (lengthMs < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${ms / SECOND} s`;
  if (stepMs < MINUTE) return `${Math.floor(ms / MINUTE)}:${toTwo((ms % MINUTE) / SECOND)} min`;
  if (ms < HOUR) return `${ms / MINUTE} min`;
  if (stepMs < HOUR) return `${Math.floor(ms / HOUR)}:${toTwo((ms % HOUR) / MINUTE)} h`;
  return `${ms / HOUR} h`;
}

function toTwo(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
