import { readdirSync, readFileSync } from "node:fs";

/** A process, told apart from a later one that has its id. */
export interface Member {
  readonly pid: number;
  readonly start: string;
}

interface Entry extends Member {
  readonly parent: number;
}

/** A process with all that it has started, in containers too. */
export function familyOf(pid: number): readonly Member[] {
  const entries = readdirSync("/proc").flatMap((name) => readEntry(Number(name)) ?? []);
  const family = entries.filter((entry) => entry.pid === pid);
  for (const { pid: parent } of family) {
    family.push(...entries.filter((entry) => entry.parent === parent));
  }
  return family;
}

export function isAlive({ pid, start }: Member): boolean {
  return readEntry(pid)?.start === start;
}

/** Undefined when there is none, or it is dead and only not yet cleared away. */
function readEntry(pid: number): Entry | undefined {
  if (!(pid > 0)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return { pid, parent: Number(parent), start: fields[17] ?? "" };
  } catch {
    return undefined;
  }
}
