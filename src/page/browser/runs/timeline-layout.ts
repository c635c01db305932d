import { formatDuration, HOUR, MINUTE, SECOND } from "../../../text.ts";

import type { Timeline, TimelineSpan, TimelineStatus } from "./timeline.ts";

/** A timeline in the pixels of a picture. */
export interface TimelineLayout {
  readonly width: number;
  readonly height: number;
  /** where the axis begins and ends, from the left */
  readonly left: number;
  readonly right: number;
  readonly ticks: readonly LaidTick[];
  readonly rows: readonly LaidRow[];
}

interface LaidTick {
  readonly x: number;
  readonly label: string;
}

/** One line of the picture: its name, its bars, and what stands beside them. */
export interface LaidRow {
  readonly key: string;
  readonly name: string;
  /** the row's own top; names and bars are placed from it */
  readonly top: number;
  readonly nameX: number;
  readonly nameY: number;
  readonly barTop: number;
  readonly bars: readonly LaidBar[];
  readonly label: LaidLabel;
  /** all of it in words, for those who point at it */
  readonly title: string;
}

interface LaidBar {
  readonly x: number;
  readonly width: number;
  readonly status: TimelineStatus | "attempt" | "lost";
}

interface LaidLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "end";
  /** whether it stands on the bar itself */
  readonly isOnBar: boolean;
}

export const BAR_HEIGHT = 16;
const ROW_HEIGHT = 28;
/** Where there is no room for names at the side they stand above their bars. */
const TALL_ROW_HEIGHT = 44;
const AXIS_HEIGHT = 28;
const NARROW = 620;
const NAMES_WIDTH = 168;
const EDGE = 4;
const GAP = 8;
const LEAST_BAR = 3;
const TICK_DISTANCE = 90;
/** About as wide as a character is in the picture's small text. */
const CHARACTER = 7;

/** Lays a timeline out for a width in pixels. */
export function layOutTimeline(timeline: Timeline, width: number): TimelineLayout {
  const isNarrow = width < NARROW;
  const left = isNarrow ? EDGE : NAMES_WIDTH;
  const right = Math.max(left + 1, width - EDGE * 4);
  const toX = (ms: number) => left + (ms / timeline.lengthMs) * (right - left);
  const axis: Axis = { isNarrow, left, right, toX };
  const rowHeight = isNarrow ? TALL_ROW_HEIGHT : ROW_HEIGHT;
  const specs = [...toAttemptRows(timeline), ...toCellRows(timeline)];
  const ticks = toTimeTicks(timeline.lengthMs, Math.floor((right - left) / TICK_DISTANCE));
  return {
    ...{ width, left, right },
    height: AXIS_HEIGHT + specs.length * rowHeight,
    ticks: ticks.map(({ ms, label }) => ({ x: toX(ms), label })),
    rows: specs.map((spec, index) => toRow(spec, AXIS_HEIGHT + index * rowHeight, axis)),
  };
}

interface Axis {
  readonly isNarrow: boolean;
  readonly left: number;
  readonly right: number;
  readonly toX: (ms: number) => number;
}

/** A row before it has a place. */
interface RowSpec {
  readonly key: string;
  readonly name: string;
  readonly spans: readonly (TimelineSpan & { readonly status: LaidBar["status"] })[];
  readonly label: string;
  readonly title: string;
}

/** One attempt needs no line of its own: it is the whole axis. */
function toAttemptRows({ attempts }: Timeline): readonly RowSpec[] {
  if (attempts.length < 2) return [];
  return attempts.map(({ attempt, fromMs, toMs, cause, isOpen }) => {
    const label =
      cause === "" ? `${isOpen ? "going, " : ""}${formatDuration(toMs - fromMs)}` : cause;
    const name = `Attempt ${attempt}`;
    const status = cause === "" ? "attempt" : "lost";
    const spans = [{ fromMs, toMs, status } as const];
    return { key: `attempt ${attempt}`, name, spans, label, title: `${name}: ${label}` };
  });
}

function toCellRows({ cells }: Timeline): readonly RowSpec[] {
  return cells.map(({ name, status, span, label, message }) => ({
    ...{ key: `cell ${name}`, name, label },
    spans: span === null ? [] : [{ ...span, status }],
    title: `${name}: ${label}${message === "" || label.includes(message) ? "" : `. ${message}`}`,
  }));
}

function toRow({ key, name, spans, label, title }: RowSpec, top: number, axis: Axis): LaidRow {
  const { isNarrow, left, toX } = axis;
  const barTop = isNarrow ? top + 20 : top + (ROW_HEIGHT - BAR_HEIGHT) / 2;
  const bars = spans.map(({ fromMs, toMs, status }) => {
    const x = toX(fromMs);
    return { x, width: Math.max(LEAST_BAR, toX(toMs) - x), status };
  });
  return {
    ...{ key, name: cut(name, NAMES_WIDTH - 2 * GAP), top, bars, barTop, title },
    nameX: isNarrow ? left : EDGE,
    nameY: isNarrow ? top + 14 : top + ROW_HEIGHT / 2 + 4,
    label: toLabel(label, { bar: bars.at(-1), barTop }, axis),
  };
}

interface LabelPlace {
  readonly bar: LaidBar | undefined;
  readonly barTop: number;
}

/** Right of the bar, else left of it, else on it: wherever it fits first. */
function toLabel(text: string, { bar, barTop }: LabelPlace, { left, right }: Axis): LaidLabel {
  const y = barTop + BAR_HEIGHT - 4;
  if (bar === undefined) return { text, x: left + GAP, y, anchor: "start", isOnBar: false };
  const end = bar.x + bar.width;
  const needed = text.length * CHARACTER + GAP;
  const roomRight = right - end;
  const roomLeft = bar.x - left;
  if (roomRight >= needed) return { text, x: end + GAP, y, anchor: "start", isOnBar: false };
  if (roomLeft >= needed) return { text, x: bar.x - GAP, y, anchor: "end", isOnBar: false };
  const best = Math.max(bar.width, roomLeft, roomRight) - GAP;
  const short = cut(text, best);
  if (bar.width - GAP === best) {
    return { text: short, x: bar.x + GAP, y, anchor: "start", isOnBar: true };
  }
  return roomRight >= roomLeft
    ? { text: short, x: end + GAP, y, anchor: "start", isOnBar: false }
    : { text: short, x: bar.x - GAP, y, anchor: "end", isOnBar: false };
}

/** A text that is not wider than there is room. */
function cut(text: string, room: number): string {
  const most = Math.max(1, Math.floor(room / CHARACTER));
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

/** A mark on a time axis. */
interface TimeTick {
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

/** Marks from 0 on, so many at most, at even distances. @internal */
export function toTimeTicks(lengthMs: number, atMost: number): readonly TimeTick[] {
  const least = lengthMs / Math.max(1, atMost);
  const stepMs = STEPS.find((step) => step >= least) ?? Math.ceil(least / (24 * HOUR)) * 24 * HOUR;
  const count = Math.floor(lengthMs / stepMs);
  return Array.from({ length: count + 1 }, (_, index) => {
    const ms = index * stepMs;
    return { ms, label: toTickLabel(ms, { stepMs, lengthMs }) };
  });
}

interface TickAxis {
  readonly stepMs: number;
  readonly lengthMs: number;
}

/** All marks of one axis have one unit, or two where the smaller one is needed. */
function toTickLabel(ms: number, { stepMs, lengthMs }: TickAxis): string {
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
