import type { MultiBar, SingleBar } from "cli-progress";
import type { RunEvent } from "../run/run-event.ts";
import { toShownWord } from "./terminal.ts";

/** Shows a run's events while it goes. */
export interface Progress {
  readonly show: (event: RunEvent) => void;
  close(): void;
}

export interface ProgressOptions {
  readonly quiet: boolean;
  /** milliseconds; only the distance between two calls counts */
  readonly clock?: () => number;
}

/** Bars on a terminal, plain lines elsewhere, nothing when quiet. */
export async function openProgress(
  stream: NodeJS.WriteStream,
  { quiet, clock = () => performance.now() }: ProgressOptions,
): Promise<Progress> {
  if (quiet) return { show: () => undefined, close: () => undefined };
  if (!stream.isTTY) return new LineProgress(stream, clock);
  const { MultiBar } = (await import("cli-progress")).default;
  return new BarProgress(
    new MultiBar({
      stream,
      format: "{name} {bar} {percentage} %  {message}",
      barsize: 24,
      barCompleteChar: "━",
      barIncompleteChar: "─",
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    }),
  );
}

/** One bar a running cell, with what the cell says it is doing. */
class BarProgress implements Progress {
  readonly #multiBar: MultiBar;
  readonly #bars = new Map<string, SingleBar>();

  constructor(multiBar: MultiBar) {
    this.#multiBar = multiBar;
  }

  readonly show = (event: RunEvent): void => {
    switch (event.type) {
      case "cell-started":
        this.#bars.set(event.name, this.#create(event.name));
        break;
      case "cell-progressed":
        this.#bars
          .get(event.name)
          ?.update(event.fraction * 100, { message: toShownWord(event.message) });
        break;
      case "cell-ended":
        this.#remove(event.cell.name);
        break;
      case "line-logged":
        this.#multiBar.log(`${event.name ?? "run"}: ${toShownWord(event.line.trimEnd())}\n`);
        break;
      case "run-started":
      case "run-ended":
        break;
    }
  };

  close(): void {
    this.#multiBar.stop();
  }

  #create(name: string): SingleBar {
    return this.#multiBar.create(100, 0, { name, message: "" });
  }

  #remove(name: string): void {
    const bar = this.#bars.get(name);
    if (bar !== undefined) this.#multiBar.remove(bar);
    this.#bars.delete(name);
  }
}

/** How long a cell's next progress line waits for, so that a busy cell does not flood a log. */
const LINE_PAUSE_MS = 1_000;

/** A line when a cell says something new, for logs and pipes. */
class LineProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock: () => number;
  readonly #lastLineMs = new Map<string, number>();

  constructor(stream: NodeJS.WriteStream, clock: () => number) {
    this.#stream = stream;
    this.#clock = clock;
  }

  readonly show = (event: RunEvent): void => {
    if (event.type === "line-logged") this.#print(event.name, event.line);
    if (event.type === "cell-progressed" && this.#isDue(event.name)) {
      this.#print(event.name, `${Math.round(event.fraction * 100)} % ${event.message}`);
    }
  };

  close(): void {
    this.#lastLineMs.clear();
  }

  #isDue(name: string): boolean {
    const last = this.#lastLineMs.get(name) ?? Number.NEGATIVE_INFINITY;
    if (this.#clock() - last < LINE_PAUSE_MS) return false;
    this.#lastLineMs.set(name, this.#clock());
    return true;
  }

  #print(name: string | undefined, line: string): void {
    this.#stream.write(`${name === undefined ? "" : `${name}: `}${toShownWord(line.trimEnd())}\n`);
  }
}
