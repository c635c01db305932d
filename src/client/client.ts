import { type Asking, askServer, pause, type Server } from "./ask-server.ts";
import { readEvents } from "./read-events.ts";
import { readOutput } from "./read-output.ts";

export { HexClientError } from "./client-error.ts";

/** The inputs and outputs of a project, as `.hex/client.d.ts` declares them. */
export interface ProjectTypes {
  /** values by input name */
  readonly inputs: object;
  /** what cells show, by cell name */
  readonly outputs: object;
}

/** A project of which nothing is declared. */
export interface AnyProject {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface ClientOptions extends Server {
  readonly projectId: string;
}

export interface WaitOptions {
  /** ends the wait: the call then throws the signal's reason */
  readonly signal?: AbortSignal | undefined;
}

export interface RunOptions extends WaitOptions {
  /** the same key is the same run, however often it is asked for; default: a new one */
  readonly idempotencyKey?: string | undefined;
  /** computes and publishes anew, instead of reading what was published */
  readonly updatePublishedResults?: boolean | undefined;
}

/** How far a cell is. */
export interface CellProgress {
  readonly name: string;
  readonly status: "running" | "computed" | "read" | "kept" | "pruned" | "skipped" | "failed";
  /** 0 to 1 */
  readonly fraction: number;
  readonly message: string;
}

export interface FollowOptions extends WaitOptions {
  readonly onProgress?: ((cell: CellProgress) => void) | undefined;
}

/** A run that has ended, well or not. */
export interface EndedRun {
  readonly runId: string;
  readonly status: "COMPLETED" | "ERRORED" | "KILLED";
  /** ISO 8601, UTC, as is the next */
  readonly startTime: string;
  readonly endTime: string;
  /** milliseconds */
  readonly elapsedTime: number;
  readonly projectVersion: number;
  readonly error?: { readonly code: string; readonly message: string; readonly cell?: string };
}

/** A run that was accepted. Every call throws HexClientError for what the server refuses. */
export interface RunHandle<Project extends ProjectTypes> {
  readonly runId: string;
  /** Waits for the end, completed or not, and reports the progress of the cells. */
  wait(options?: FollowOptions): Promise<EndedRun>;
  cancel(options?: WaitOptions): Promise<void>;
  /** The whole output of a cell: the rows of a frame, or a value. */
  output<Cell extends keyof Project["outputs"] & string>(
    cell: Cell,
    options?: WaitOptions,
  ): Promise<Project["outputs"][Cell]>;
}

export interface Client<Project extends ProjectTypes> {
  /** Starts a run; inputs that are left out have their defaults. */
  run(inputs?: Partial<Project["inputs"]>, options?: RunOptions): Promise<RunHandle<Project>>;
  /** A run that was started before. */
  find(runId: string): RunHandle<Project>;
}

/**
 * A client of one project on one server.
 *
 * @example
 * import { createClient } from "hex-runtime/client";
 * import type { Project } from "./.hex/client.d.ts";
 * const client = createClient<Project>({ baseUrl: "http://127.0.0.1:8787", projectId, token });
 * const run = await client.run({ method: "Transit" });
 * const { status } = await run.wait();
 */
export function createClient<Project extends ProjectTypes = AnyProject>(
  options: ClientOptions,
): Client<Project> {
  const path = `/projects/${encodeURIComponent(options.projectId)}/runs`;
  const find = (runId: string) => toHandle<Project>(options, path, runId);
  return {
    find,
    async run(inputParams = {}, { signal, idempotencyKey, updatePublishedResults = false } = {}) {
      const answer = await askServer(options, {
        method: "POST",
        path,
        body: JSON.stringify({ inputParams, updatePublishedResults }),
        // By it the server knows a run again that was asked for twice.
        headers: { "idempotency-key": idempotencyKey ?? newKey() },
        signal,
        isSafe: true,
      });
      const { runId } = (await answer.json()) as { readonly runId: string };
      return find(runId);
    },
  };
}

function toHandle<Project extends ProjectTypes>(
  server: Server,
  runs: string,
  runId: string,
): RunHandle<Project> {
  const path = `${runs}/${encodeURIComponent(runId)}`;
  return {
    runId,
    wait: (options = {}) => follow(server, `${path}/events`, options),
    async cancel({ signal } = {}) {
      const answer = await askServer(server, { method: "DELETE", path, signal, isSafe: false });
      await answer.body?.cancel();
    },
    output: (cell, { signal } = {}) => {
      const output = readOutput(server, `${path}/cells/${encodeURIComponent(cell)}/output`, {
        signal,
      });
      return output as Promise<Project["outputs"][typeof cell]>;
    },
  };
}

const RECONNECT_MS = 1_000;

/** Listens until the end of the run, and reconnects when needed. */
async function follow(
  server: Server,
  path: string,
  { signal, onProgress = () => undefined }: FollowOptions,
): Promise<EndedRun> {
  let lastId = "";
  for (;;) {
    const headers = { accept: "text/event-stream", "last-event-id": lastId };
    const asking: Asking = { method: "GET", path, headers, signal, isSafe: true };
    const answer = await askServer(server, asking);
    for await (const { name, data, id } of readEvents(answer)) {
      lastId = id;
      if (name === "cell-changed") onProgress(data as CellProgress);
      if (name === "run-ended") return data as EndedRun;
    }
    await pause(RECONNECT_MS, signal);
  }
}

/** In a browser, `randomUUID` is there on secure pages only. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
