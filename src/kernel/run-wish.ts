import type { NotebookCause, NotebookRunBody } from "./notebook-state.ts";

/** A run that is wanted, and why. */
export interface RunWish extends NotebookRunBody {
  readonly cause: NotebookCause;
  /** values of buttons that were pressed, by input name */
  readonly pressed?: Readonly<Record<string, unknown>>;
}

/** One run that does what two were to do. */
export function joinWishes(before: RunWish | undefined, wish: RunWish): RunWish {
  if (before === undefined) return wish;
  const pressed = { ...before.pressed, ...wish.pressed };
  return { cause: wish.cause, fresh: joinFresh(before.fresh, wish.fresh), pressed };
}

function joinFresh(one: RunWish["fresh"], other: RunWish["fresh"]): RunWish["fresh"] {
  if (one === "all" || other === "all") return "all";
  if (one === "none") return other;
  return other === "none" ? one : [...new Set([...one, ...other])];
}
