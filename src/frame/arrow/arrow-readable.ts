/** Which types of Arrow are refused, and what to do about it. */
import { type ColumnPlace, typeError, UNIT_NAMES } from "./arrow-column.ts";
import type { ArrowOptions } from "./arrow-options.ts";
import { type ArrowField, EXTENSION_KEY } from "./arrow-type.ts";

/**
 * Checks that the columns of a field can be read with the options.
 * @throws {HexError} HEX_DATA_INVALID naming the column, its type and what to do
 */
export function checkReadable(
  field: ArrowField,
  at: Pick<ColumnPlace, "name" | "place">,
  options: ArrowOptions,
  isPart = false,
): void {
  const { type, children, dictionary } = field;
  const isShared = dictionary !== undefined || type.kind === "run-ends";
  const [cure = isPart && isShared && hasParts(field) ? CAST : undefined] = [
    cureOf(field, options),
  ];
  if (cure !== undefined) throw typeError(at, field, cure);
  const isRuns = type.kind === "run-ends";
  for (const child of isRuns ? children.slice(1) : children) {
    const name = isRuns ? at.name : `${at.name}.${child.name}`;
    checkReadable(child, { ...at, name }, options, isPart || !isRuns);
  }
}

/** Whether the values of a field become JSON themselves. */
function hasParts({ type, children }: ArrowField): boolean {
  if (type.kind === "run-ends") return children[1] !== undefined && hasParts(children[1]);
  return type.kind === "list" || type.kind === "struct" || type.kind === "map";
}

const CAST = "cast it before writing the file, or leave it out with columns";

/** What helps against a type that is refused; undefined when it is read. */
function cureOf(field: ArrowField, options: ArrowOptions): string | undefined {
  const { type, metadata } = field;
  const extension = metadata.get(EXTENSION_KEY) ?? "";
  const refused = REFUSED_EXTENSIONS.get(extension);
  if (refused !== undefined) return refused;
  switch (type.kind) {
    case "union":
    case "interval":
      return CAST;
    case "decimal":
      return type.scale <= 0 || options.decimals !== undefined ? undefined : DECIMAL_CURE;
    case "duration":
      if (options.durations === "count") return undefined;
      return `durations: "count" reads its whole ${UNIT_NAMES[type.unit]}`;
    case "binary":
      if (extension === "arrow.uuid" || options.binary !== undefined) return undefined;
      return 'binary: "base64" or binary: "hex" reads it as text';
    default:
      return nestedCure(field, options);
  }
}

function nestedCure(field: ArrowField, { nested }: ArrowOptions): string | undefined {
  if (!hasParts(field) || field.type.kind === "run-ends") return undefined;
  if (nested !== "json") return 'nested: "json" reads it as JSON text';
  const names = field.children.map(({ name }) => name);
  return new Set(names).size === names.length ? undefined : `it has two parts of one name; ${CAST}`;
}

/** What helps against decimals that are no whole numbers of 64 bits. */
export const DECIMAL_CURE =
  'decimals: "text" reads their digits, decimals: "number" the nearest 64-bit floats';

/** Types that an extension gives another meaning than that of what is stored. */
const REFUSED_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["pandas.period", "a period of pandas; write it with .dt.to_timestamp() or .astype(str)"],
  ["arrow.opaque", `a type of another system; ${CAST}`],
]);
