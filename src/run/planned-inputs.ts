import type { CellDefinition } from "../cell/cell.ts";
import { type InputValue, readInputValue } from "../cell/input-value.ts";
import type { InputWidget } from "../cell/input-widget.ts";
import type { RequestedInputs } from "../cell/requested-input.ts";
import { HexError } from "../errors.ts";
import type { CellSource } from "../source/cell-sources.ts";
import type { LoadedCells } from "../source/load-cells.ts";

/** An input whose value is known before a run. */
export interface PlannedInput {
  readonly value: InputValue;
  /** its default */
  readonly initial: unknown;
}

/**
 * The values that inputs will have in a run, by name: of those that hang on nothing but other inputs.
 * The others are known only once cells have run.
 */
export async function planInputs(
  cells: LoadedCells,
  requested: RequestedInputs,
): Promise<ReadonlyMap<string, PlannedInput>> {
  const known = new Map<string, PlannedInput>();
  let waiting = cells.cells.filter(({ kind }) => kind === "input");
  for (let size = -1; size < known.size; ) {
    size = known.size;
    const ready = waiting.filter(({ dependencies }) =>
      dependencies.every((each) => known.has(each)),
    );
    waiting = waiting.filter((each) => !ready.includes(each));
    for (const source of ready) {
      const widget = await findWidget(source, cells, known);
      const input = widget && planInput(source.name, widget, requested);
      if (input !== undefined) known.set(source.name, input);
    }
  }
  return known;
}

/** The run itself tells why it cannot be had, and fails. */
async function findWidget(
  { name, named, widget }: CellSource,
  cells: LoadedCells,
  known: ReadonlyMap<string, PlannedInput>,
): Promise<InputWidget | undefined> {
  if (widget !== undefined) return widget;
  const values = Object.entries(named).map(([key, each]) => [key, known.get(each)?.value]);
  const definition: CellDefinition | undefined = await cells.load(name).catch(() => undefined);
  if (definition?.kind !== "input") return undefined;
  try {
    return definition.widget(Object.fromEntries(values));
  } catch {
    return undefined;
  }
}

/** A value that the widget refuses is told by the run as well. */
function planInput(
  name: string,
  widget: InputWidget,
  requested: RequestedInputs,
): PlannedInput | undefined {
  try {
    return { value: readInputValue(name, widget, requested.get(name)), initial: widget.default };
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    return undefined;
  }
}
