import {
  type AnyCellFunction,
  type CellContext,
  type CellDefinition,
  type Dependencies,
  defineCell,
} from "../cell/cell.ts";
import { over } from "../cell/over.ts";
import type { PythonTask } from "../python/run-python.ts";
import type { CellFacts } from "./cell-facts.ts";
import type { PythonForm } from "./python/python-facts.ts";

/** A `.py` file, with what is known of it. */
export interface PythonFile extends Pick<PythonTask, "name" | "file" | "interpreter"> {
  readonly projectDirectory: string;
  readonly cellsDirectory: string;
  readonly facts: CellFacts;
  readonly python: PythonForm;
  /** handles of the cells that it names */
  readonly dependencies: Dependencies;
}

type Values = Readonly<Record<string, unknown>>;

/** The definition of a Python cell; its code runs in a process of its own, which only a run starts. */
export function toPythonCell(cell: PythonFile): CellDefinition {
  const { facts, python, dependencies } = cell;
  const { frame, options, schema } = facts;
  const checked = { ...options, ...(schema === undefined ? {} : { schema }) } as object;
  if (python.form === "script" || frame === undefined) {
    const compute = (values: Values, context: CellContext) =>
      run(cell, context, { form: "script", values: pick(values, python.takes) });
    return defineCell({ kind: "cell", dependencies, compute, options: checked });
  }
  return defineCell({
    kind: "cached",
    frame,
    dependencies,
    compute: python.itemsTake === undefined ? toWhole(cell) : toParts(cell, python.itemsTake),
    options: checked,
  });
}

function toWhole(cell: PythonFile): AnyCellFunction {
  return (values: Values, context) =>
    run(cell, context, { form: "cached", values: pick(values, cell.python.takes) });
}

/** The runtime refuses items that are no list. */
type Items = Promise<readonly unknown[]>;

/** Items and parts are computed by Python processes of their own, wherever the run has them computed. */
function toParts(cell: PythonFile, itemsTake: readonly string[]): AnyCellFunction {
  return over(
    (values: Values, context) =>
      run(cell, context, { form: "items", values: pick(values, itemsTake) }) as Items,
    (item, values: Values, context) =>
      run(cell, context, { form: "part", item, values: pick(values, cell.python.takes) }),
  );
}

type Work = Pick<PythonTask, "form" | "values" | "item">;

/** Who does not see the context is not told it, so that the result holds for all contexts. */
async function run(cell: PythonFile, context: CellContext, work: Work): Promise<unknown> {
  const { name, file, projectDirectory, cellsDirectory, interpreter, python } = cell;
  const { runPython } = await import("../python/run-python.ts");
  const place = { name, file, projectDirectory, cellsDirectory, interpreter };
  const seen = python.seesContext ? context.runContext : "";
  return runPython({ ...place, ...work, context: seen, secrets: context.secrets }, context);
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
