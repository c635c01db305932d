/** A process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** 0 for what belongs to the system's core */
  readonly group: number;
  /** tells two processes apart that had the same id one after the other; empty where unknown */
  readonly start: string;
}

/** Whether a process with this state is dead and only not yet cleared away. */
export function isDead(state: string): boolean {
  return state.startsWith("Z") || state.startsWith("X");
}
