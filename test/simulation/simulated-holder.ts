import { currentProcess } from "./virtual-globals.ts";

/** In the place of `src/store/holder.ts`: who lives is known of the processes of one machine. */
export const SILENCE_MS = 10_000;
export const BEAT_MS = 2_000;

export function identifyProcess(): string {
  const here = currentProcess();
  if (here === undefined) throw new Error("a process is identified outside of a simulation");
  return `${here.self.machine.name}.simulated.${here.self.pid}.1`;
}

export function isProcessGone(identity: string): boolean {
  const here = currentProcess();
  const [machine, , pid] = identity.split(".");
  if (here === undefined || machine !== here.self.machine.name) return false;
  const process = here.world.processes.find((each) => String(each.pid) === pid);
  return process === undefined || process.isDead;
}
