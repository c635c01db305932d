/** Further apart, two names are not one of them written wrongly. */
const MOST_EDITS = 3;
const MOST_NAMES = 3;

/** The names that are most like one that is unknown, the nearest first; none when none is near. */
export function nearestNames(unknown: string, names: readonly string[]): readonly string[] {
  const most = Math.min(MOST_EDITS, Math.max(1, Math.floor(unknown.length / 3)));
  return names
    .map((name) => ({ name, edits: countEdits(simplify(unknown), simplify(name)) }))
    .filter(({ edits }) => edits <= most)
    .sort((left, right) => left.edits - right.edits)
    .slice(0, MOST_NAMES)
    .map(({ name }) => name);
}

/** `sleepTime` and `sleep_time` are one name in two spellings. */
function simplify(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** How many characters are to be added, left out or replaced to get from one text to the other. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const kept = (row[column - 1] ?? 0) + (character === to[column - 1] ? 0 : 1);
      next.push(Math.min(kept, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
