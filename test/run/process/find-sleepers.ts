import { readdirSync, readFileSync } from "node:fs";
import { readProcess } from "../../../src/process/process-table.ts";

/** Ids of the processes that sleep for a thousand seconds and this fraction of one. */
export function findSleepers(fraction: string): readonly number[] {
  const wanted = `sleep\x001000.${fraction}\0`;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => readProcess(pid) !== undefined && readCommand(pid) === wanted);
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
