/** What a number of a workbook is by the format in which its cell shows it. */

/** A day, a day with a time, a time of day or a span of hours; undefined for a plain number. */
export type DateKind = "date" | "datetime" | "time" | "span" | undefined;

/** Formats that workbooks name by number alone, those of East Asia included: from, to, and their kind. */
const BUILT_IN: readonly (readonly [number, number, DateKind])[] = [
  [14, 17, "date"],
  [18, 21, "time"],
  [22, 22, "datetime"],
  [27, 31, "date"],
  [32, 35, "time"],
  [36, 36, "date"],
  [45, 45, "time"],
  [46, 46, "span"],
  [47, 47, "time"],
  [50, 54, "date"],
  [55, 56, "time"],
  [57, 58, "date"],
];

/** The kind of a format by its number. */
export function builtInKind(id: number): DateKind {
  return BUILT_IN.find(([first, last]) => id >= first && id <= last)?.[2];
}

/** Texts, escapes, colours and locales of a format; spans such as [h] stay. */
const PASSED_OVER = /"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]/gi;

/** The kind of a format by its code, such as `d/m/yyyy hh:mm`. */
export function formatKind(code: string): DateKind {
  const [first = ""] = code.replace(PASSED_OVER, "").split(";");
  const plain = first.toLowerCase().replace(/general|am\/pm|a\/p/g, "");
  if (/[0#?]/.test(plain.replace(/s(\]?)\.0+/g, "s$1"))) return undefined;
  const isSpan = /\[[hms]+\]/.test(plain);
  const hasClock = isSpan || /[hs]/.test(plain);
  const hasDay = /[yd]/.test(plain) || (/m/.test(plain) && !hasClock);
  if (hasDay) return hasClock ? "datetime" : "date";
  if (isSpan) return "span";
  return hasClock ? "time" : undefined;
}
