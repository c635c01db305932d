/** A node of DuckDB's syntax tree, as JSON. */
export type SqlNode = Readonly<Record<string, unknown>>;

export function isSqlNode(value: unknown): value is SqlNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The node there, or one without anything. */
export function toSqlNode(value: unknown): SqlNode {
  return isSqlNode(value) ? value : {};
}

/** The nodes of a list. */
export function toSqlNodes(value: unknown): readonly SqlNode[] {
  return Array.isArray(value) ? value.map(toSqlNode) : [];
}

/** The value of a literal, or of a list of literals; undefined for what must be computed. */
export function toSqlValue(node: SqlNode): unknown {
  if (node["type"] === "VALUE_CONSTANT") return toConstant(toSqlNode(node["value"]));
  // `true` is the text 't' cast to BOOLEAN.
  if (node["type"] === "OPERATOR_CAST" && toSqlNode(node["cast_type"])["id"] === "BOOLEAN") {
    return toSqlValue(toSqlNode(node["child"])) === "t";
  }
  if (node["function_name"] !== "list_value") return undefined;
  return toSqlNodes(node["children"]).map(toSqlValue);
}

/** The tree is asked for without what is empty, so that an empty text is not in it. */
function toConstant({ value, type, is_null: isNull }: SqlNode): unknown {
  if (isNull !== false) return null;
  return value ?? (toSqlNode(type)["id"] === "VARCHAR" ? "" : undefined);
}

/**
 * The options of a call by name; the value is undefined where it must be computed. `name = value` is a
 * comparison in the syntax tree, `name := value` a value with an alias.
 */
export function toSqlOptions(nodes: readonly SqlNode[]): ReadonlyMap<string, unknown> {
  return new Map(nodes.map(toOption));
}

function toOption(node: SqlNode): [name: string, value: unknown] {
  const without = "a value without a name";
  if (node["type"] !== "COMPARE_EQUAL") {
    return [String(node["alias"] ?? without).toLowerCase(), toSqlValue(node)];
  }
  const names = toSqlNode(node["left"])["column_names"];
  const name = Array.isArray(names) ? names.join(".") : without;
  return [name.toLowerCase(), toSqlValue(toSqlNode(node["right"]))];
}
