import { expectation } from "../errors.ts";

/** How durations are written: a whole number and a unit, `90s`, `15m`, `24h`, `7d`. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

export const DURATION = /^(\d{1,6})([smhd])$/;

/** The milliseconds of a written duration. @throws {HexError} HEX_CELL_INVALID when it is none */
export function parseDuration(written: unknown, place: string): number {
  const parts = typeof written === "string" ? DURATION.exec(written) : null;
  const unitMs = UNIT_MS[parts?.[2] ?? ""];
  if (unitMs !== undefined) return Number(parts?.[1]) * unitMs;
  throw expectation("HEX_CELL_INVALID", {
    place,
    expected: "a whole number with a unit: 90s, 15m, 24h or 7d",
    got: JSON.stringify(written) ?? typeof written,
  });
}
