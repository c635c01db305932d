/** A piece of syntax, as the compiler gives it. */
export interface SyntaxNode {
  readonly type: string;
  readonly [part: string]: unknown;
}

export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value;
}

/** Notes around an expression that do not change its value. */
const NOTES = new Set([
  "ParenthesisExpression",
  "TsAsExpression",
  "TsSatisfiesExpression",
  "TsConstAssertion",
  "TsNonNullExpression",
  "TsTypeAssertion",
]);

/** The expression without the parentheses and type notes around it. */
export function withoutNotes(node: SyntaxNode): SyntaxNode {
  const { expression } = node;
  return NOTES.has(node.type) && isSyntaxNode(expression) ? withoutNotes(expression) : node;
}

/** The pieces directly below one, in the order written; types are left out, they are not run. */
export function* piecesOf(node: SyntaxNode): Iterable<SyntaxNode> {
  for (const [key, part] of Object.entries(node)) {
    if (key === "span" || TYPES.has(key)) continue;
    for (const each of Array.isArray(part) ? part : [part]) yield* pieceIn(each);
  }
}

/** Lists hold arguments and declarators in wrappers that are not pieces themselves. */
function* pieceIn(part: unknown): Iterable<SyntaxNode> {
  if (typeof part !== "object" || part === null) return;
  if (isSyntaxNode(part)) {
    if (!part.type.startsWith("Ts") || NOTES.has(part.type) || RUN.has(part.type)) yield part;
  } else if ("expression" in part && isSyntaxNode(part.expression)) {
    yield part.expression;
  }
}

const TYPES = new Set(["typeAnnotation", "typeParameters", "typeParams", "typeArguments"]);
const RUN = new Set(["TsEnumDeclaration", "TsExportAssignment", "TsParameterProperty"]);

/** The text of a literal, also of a template without expressions. */
export function textOf(node: SyntaxNode): string | undefined {
  if (node.type === "StringLiteral") return String(node["value"]);
  if (node.type !== "TemplateLiteral") return undefined;
  const quasis = node["quasis"] as readonly { readonly cooked?: unknown }[];
  const cooked = quasis.length === 1 ? quasis[0]?.cooked : undefined;
  return typeof cooked === "string" ? cooked : undefined;
}

/** The arguments of a call, up to the first that is spread. */
export function argumentsOf(node: SyntaxNode): SyntaxNode[] {
  const written = (node["arguments"] ?? []) as readonly {
    readonly spread: unknown;
    readonly expression: SyntaxNode;
  }[];
  const spread = written.findIndex((each) => each.spread);
  const plain = spread === -1 ? written : written.slice(0, spread);
  return plain.map(({ expression }) => withoutNotes(expression));
}

/** The last name of what is called: `readFile` in `fs.readFile(…)`; undefined where it has none. */
export function calleeName(callee: unknown): string | undefined {
  if (!isSyntaxNode(callee)) return undefined;
  const node = withoutNotes(callee);
  if (node.type === "Identifier") return String(node["value"]);
  if (node.type === "OptionalChainingExpression") return calleeName(node["base"]);
  return node.type === "MemberExpression" ? calleeName(node["property"]) : undefined;
}
