import type { ProjectPlace } from "../project/project.ts";
import {
  type RunProcess,
  type RunProcessSpec,
  startRunProcess,
} from "../run/process/run-process.ts";
import type { ProjectRuns } from "./project-runs.ts";

/**
 * What a run process sees of the environment, besides the project's secrets and what its config
 * names: where programs, files and certificates are, the language and the zone, and the clouds' own
 * variables.
 */
const HANDED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SystemRoot|HEX_STORE|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|AWS_\w+)$/;

/**
 * Starts a process for one run, or one part of a run, of a project.
 *
 * @param handedOn `whole` for a run that somebody starts in a terminal, which is theirs
 */
export function startProjectProcess(
  { directory, config, runtimeUrl }: ProjectPlace,
  environment: NodeJS.ProcessEnv,
  handedOn: "listed" | "whole" = "listed",
  { priority }: Pick<RunProcessSpec, "priority"> = {},
): RunProcess {
  const { memoryBytes, environment: named } = config.runs;
  return startRunProcess({
    program: new URL("./run-child.js", runtimeUrl),
    limits: { memoryBytes },
    environment: toRunEnvironment(
      environment,
      (name) =>
        handedOn === "whole" ||
        HANDED_ON.test(name) ||
        named.includes(name) ||
        config.secrets.includes(name),
    ),
    directory,
    ...(priority !== undefined && { priority }),
  });
}

function toRunEnvironment(
  environment: NodeJS.ProcessEnv,
  isHandedOn: (name: string) => boolean,
): Readonly<Record<string, string>> {
  const entries = Object.entries(environment).flatMap(([name, value]): [string, string][] =>
    value !== undefined && isHandedOn(name) ? [[name, value]] : [],
  );
  return Object.fromEntries(entries);
}

/** How long after one was taken the next one is started: the run that took it goes first. */
const PAUSE_MS = 500;

/** Processes that have loaded their code and wait for a task, so that a run begins at once. */
export class PreparedProcesses {
  readonly #runs: ProjectRuns;
  readonly #size: number;
  readonly #waiting: RunProcess[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(runs: ProjectRuns, size: number) {
    this.#runs = runs;
    this.#size = size;
    for (let count = 0; count < size; count++) this.#prepare();
  }

  /** A process that has not had a task: one that waits, or a new one. */
  take(): RunProcess {
    const process = this.#takeWaiting() ?? this.#start();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#prepare();
    }, PAUSE_MS);
    this.#timers.add(timer);
    return process;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#waiting.splice(0).map((process) => process.kill()));
  }

  /** The first of those that wait which has not died meanwhile. */
  #takeWaiting(): RunProcess | undefined {
    const process = this.#waiting.shift();
    return process?.isOver === true ? this.#takeWaiting() : process;
  }

  #prepare(): void {
    if (this.#isClosed || this.#waiting.length >= this.#size) return;
    const process = this.#start();
    this.#waiting.push(process);
    process.ready.catch(() => this.#forget(process));
  }

  /** One that died while it waited is no use to anybody. */
  #forget(process: RunProcess): void {
    const index = this.#waiting.indexOf(process);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #start(): RunProcess {
    return startProjectProcess(this.#runs, this.#runs.environment);
  }
}
