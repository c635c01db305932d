/** The column that counts the flights of at least so many minutes of delay. */
export function toLate(minutes: number) {
  return `late_${minutes}` as "late_15" | "late_30" | "late_45" | "late_60";
}
