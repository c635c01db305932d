import type { AnyFrame, Frame } from "../../frame/frame.ts";
import type { RowOf, SchemaSpec } from "../../frame/schema.ts";
import type { FromCommandOptions } from "./command-options.ts";

/**
 * The table that another program writes, such as a script of R, Julia or dbt. It runs in the
 * project's folder, without a shell; its standard error is the cell's log. When the run is stopped
 * it is asked to end, and killed a second later with all that it has started.
 *
 * @param command the program and its arguments, one text each; `{output}` within one stands for the
 * path of a file that it is to write. Files that are named here count as the cell's code and data.
 * @throws {HexError} HEX_PACKAGE_MISSING when there is no such program; HEX_CELL_FAILED when it ends
 * with another exit code than 0 or writes nothing; HEX_DATA_INVALID when what it writes is no table
 * of the format
 * @example
 * const heavy = cached("survey/fit", (_values, context) =>
 *   fromCommand(["Rscript", "heavy.R", "{output}"], { format: "csv", context }),
 * );
 * heavy.kind; // → "cached"
 */
export function fromCommand<const Spec extends SchemaSpec>(
  command: readonly string[],
  options: FromCommandOptions & { readonly schema: Spec },
): Promise<Frame<RowOf<Spec>>>;
export function fromCommand(
  command: readonly string[],
  options: FromCommandOptions,
): Promise<Frame>;
export async function fromCommand(
  command: readonly string[],
  options: FromCommandOptions,
): Promise<AnyFrame> {
  // A run whose cells start no program does not load it.
  const { runCommand } = await import("./run-command.ts");
  return runCommand(command, options);
}
