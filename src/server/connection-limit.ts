import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Log } from "./request-log.ts";

/** Files, sockets and pipes that are open besides connections; where there are few, half of all. */
const ROOM = 256;
const MOST_OFTEN_MS = 60_000;

/**
 * Lets no more clients in at once than leave room for what answering them takes: a server whose
 * connections use up all descriptors can read no file and start no process for any of them. Those
 * above are closed at once, which is told at most once a minute.
 */
export function limitConnections(server: Server, log: Log): void {
  const most = mostConnections(readFileLimit());
  if (most === undefined) return;
  server.maxConnections = most;
  let toldMs = Number.NEGATIVE_INFINITY;
  server.on("drop", () => {
    if (performance.now() - toldMs < MOST_OFTEN_MS) return;
    toldMs = performance.now();
    const message = `Expected at most ${most} connections at once, got more, which are closed (raise the limit of open files (ulimit -n))`;
    log({ level: "warn", event: "connections-refused", message });
  });
}

/** @param files that may be open; undefined where the system does not say */
function mostConnections(files: number | undefined): number | undefined {
  return files === undefined ? undefined : Math.max(Math.floor(files / 2), files - ROOM);
}

function readFileLimit(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const [, most] = /^Max open files +(\d+)/m.exec(limits) ?? [];
    return most === undefined ? undefined : Number(most);
  } catch {
    // Not Linux: whoever runs a server there has seen to it otherwise.
    return undefined;
  }
}
