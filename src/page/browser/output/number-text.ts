const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });
const SMALL = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** A single number as a figure: thousands grouped, up to six digits beyond the point. */
export function figureText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e15)) return String(value);
  return size < 1 ? SMALL.format(value) : GROUPED.format(value);
}
