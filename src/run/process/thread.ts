import { inspect } from "node:util";
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";
import { toMessage } from "../../errors.ts";

/** How a thread came to its end, where it has not told of it itself. */
export type ThreadEnd =
  /** it was ended, or code in it called process.exit */
  | { readonly status: "exited"; readonly exitCode: number }
  /** nobody caught what was thrown */
  | { readonly status: "threw"; readonly message: string }
  /** its heap was full */
  | { readonly status: "filled" };

interface ThreadSpec<Said> {
  /** the module that it runs; it calls `takeThread` */
  readonly program: URL;
  /** a copy of it is what the thread is to do */
  readonly task: unknown;
  readonly environment: NodeJS.ProcessEnv;
  /** how large its heap may grow; in all, and for objects that are new */
  readonly heapMebibytes: { readonly old: number; readonly young: number };
  readonly onSaid: (said: Said) => void;
  /** called once all that it said has been heard */
  readonly onOver: (end: ThreadEnd) => void;
}

/** A thread of this process, from its start to its end; it is told and says plain data. */
export class StartedThread<Told, Said> {
  readonly #spec: ThreadSpec<Said>;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  #end: ThreadEnd | undefined;

  constructor(spec: ThreadSpec<Said>) {
    this.#spec = spec;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", spec.onSaid);
    this.#worker = new Worker(spec.program, {
      workerData: { port: port2, task: spec.task } satisfies GivenData,
      transferList: [port2],
      env: spec.environment,
      resourceLimits: {
        maxOldGenerationSizeMb: spec.heapMebibytes.old,
        maxYoungGenerationSizeMb: spec.heapMebibytes.young,
      },
    });
    this.#worker.on("error", (thrown: unknown) => this.#onThrown(thrown));
    this.#worker.on("exit", (exitCode) => this.#onExit(exitCode));
  }

  tell(told: Told): void {
    this.#port.postMessage(told);
  }

  /** Ends it, also where its code never pauses, unless that is native code. */
  end(): void {
    void this.#worker.terminate();
  }

  #onThrown(thrown: unknown): void {
    const isFull = (thrown as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    // The stack is for the log, the message for whoever is told.
    process.stderr.write(`${inspect(thrown)}\n`);
    const name = thrown instanceof Error ? `${thrown.name}: ` : "";
    const message = `${name}${toMessage(thrown)}`.slice(0, LONGEST_MESSAGE);
    this.#end = isFull ? { status: "filled" } : { status: "threw", message };
  }

  #onExit(exitCode: number): void {
    for (let last = receive(this.#port); last !== undefined; last = receive(this.#port)) {
      this.#spec.onSaid(last.message as Said);
    }
    this.#port.close();
    this.#spec.onOver(this.#end ?? { status: "exited", exitCode });
  }
}

/** How much of what was thrown is told. */
const LONGEST_MESSAGE = 2_000;

function receive(port: MessagePort): { readonly message: unknown } | undefined {
  return receiveMessageOnPort(port);
}

interface GivenData {
  /** taken by the first who asks: cells are not to speak in the thread's name */
  port?: MessagePort;
  readonly task: unknown;
}

/** What a thread has of the one that started it. */
export interface OwnThread<Told, Said> {
  readonly task: unknown;
  say(said: Said): void;
  listen(onTold: (told: Told) => void): void;
}

/** The thread that runs this, as it was started; undefined in the main thread of a process. */
export function takeThread<Told, Said>(): OwnThread<Told, Said> | undefined {
  if (isMainThread) return undefined;
  const data = workerData as GivenData;
  const { port, task } = data;
  if (port === undefined) throw new Error("A thread's program must be started as one");
  delete data.port;
  return {
    task,
    say: (said) => port.postMessage(said),
    listen: (onTold) => void port.on("message", onTold),
  };
}
