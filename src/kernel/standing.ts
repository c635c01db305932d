import type { RunPlan } from "../cell/plan.ts";
import { isPressedButton } from "../cell/shown-input.ts";
import type { RunEvent } from "../run/run-event.ts";
import type { Version } from "../store/version.ts";
import type { InvalidInput } from "./evaluation.ts";
import type { ComputingCell, ReportProgress } from "./request.ts";

interface StandingOptions {
  readonly version: Version;
  /** of the cells that are asked for, and those above them */
  readonly plan: RunPlan;
  /** names of cells, in file order */
  readonly asked: readonly string[];
  readonly invalid: ReadonlyMap<string, InvalidInput>;
  readonly tell: ReportProgress;
}

/** Watches which cells' code runs in an evaluation, and tells it. */
export class EvaluationStanding {
  readonly #options: StandingOptions;
  readonly #computing = new Map<string, ComputingCell>();
  /** the cell whose code has not paused since it was called */
  #unpaused: string | undefined;
  #isPress = false;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /** A cell's code is called next. */
  begin(name: string): void {
    const { asked, plan } = this.#options;
    const all = toBelow(name, plan);
    const below = asked.filter((each) => all.has(each));
    this.#computing.set(name, { name, startedAt: new Date().toISOString(), below });
    this.#unpaused = name;
    this.#tell();
    setImmediate(() => {
      if (this.#unpaused !== name) return;
      this.#unpaused = undefined;
      if (this.#computing.has(name)) this.#tell();
    });
  }

  take(event: RunEvent): void {
    if (event.type !== "cell-ended") return;
    const { name, output } = event.cell;
    if (isPressedButton(output)) this.#isPress = true;
    if (this.#unpaused === name) this.#unpaused = undefined;
    if (this.#computing.delete(name)) this.#tell();
  }

  #tell(): void {
    const { version, invalid, asked, tell } = this.#options;
    // While code does not pause, all others have paused.
    const isGoing = ({ name }: ComputingCell) => (this.#unpaused ?? name) === name;
    tell({
      version: version.number,
      commit: version.id,
      invalid: [...invalid.values()],
      asked,
      computing: [...this.#computing.values()].filter(isGoing),
      isPress: this.#isPress,
    });
  }
}

/** The cells of a plan that wait for one of them, however far. */
function toBelow(name: string, { cells }: RunPlan): ReadonlySet<string> {
  const below = new Set<string>();
  // Those that others wait for stand before them.
  for (const cell of cells) {
    if (cell.after.some((each) => each === name || below.has(each))) below.add(cell.name);
  }
  return below;
}
