import type { Expression, Module, PropertyName } from "@swc/core";

/** A value that stands wholly written in the source. */
export type Literal = string | number | boolean | null | readonly Literal[] | LiteralObject;

interface LiteralObject {
  readonly [key: string]: Literal;
}

/** The expression without the parentheses and type notes around it. */
export function stripTypes(expression: Expression): Expression {
  switch (expression.type) {
    case "ParenthesisExpression":
    case "TsAsExpression":
    case "TsSatisfiesExpression":
    case "TsConstAssertion":
    case "TsNonNullExpression":
    case "TsTypeAssertion":
      return stripTypes(expression.expression);
    default:
      return expression;
  }
}

/** Values of the module's top-level constants, by name. */
export function readConstants(module: Module): ReadonlyMap<string, Expression> {
  const constants = new Map<string, Expression>();
  for (const item of module.body) {
    const statement = item.type === "ExportDeclaration" ? item.declaration : item;
    if (statement.type !== "VariableDeclaration" || statement.kind !== "const") continue;
    for (const { id, init } of statement.declarations) {
      if (id.type === "Identifier" && init) constants.set(id.value, stripTypes(init));
    }
  }
  return constants;
}

/** Thrown inside this file's reader only: the value cannot be known without evaluating. */
class NotLiteral extends Error {}

/** The value of an expression that is wholly written out; undefined when any part must be evaluated. */
export function readLiteral(
  expression: Expression,
  constants: ReadonlyMap<string, Expression>,
): Literal | undefined {
  try {
    return toLiteral(expression, constants);
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

function toLiteral(written: Expression, constants: ReadonlyMap<string, Expression>): Literal {
  const expression = stripTypes(written);
  switch (expression.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return expression.value;
    case "NullLiteral":
      return null;
    case "TemplateLiteral":
      return toText(expression.quasis, expression.expressions.length);
    case "UnaryExpression":
      return toSigned(expression.operator, toLiteral(expression.argument, constants));
    case "Identifier":
      return toConstant(constants.get(expression.value));
    case "ArrayExpression":
      return expression.elements.map((element) => {
        if (!element || element.spread) throw new NotLiteral();
        return toLiteral(element.expression, constants);
      });
    case "ObjectExpression":
      return toObject(expression.properties, constants);
    default:
      throw new NotLiteral();
  }
}

type Properties = Extract<Expression, { type: "ObjectExpression" }>["properties"];

function toObject(
  properties: Properties,
  constants: ReadonlyMap<string, Expression>,
): LiteralObject {
  const entries = properties.map((property): [string, Literal] => {
    if (property.type === "Identifier") {
      return [property.value, toLiteral(property, constants)];
    }
    const key = property.type === "KeyValueProperty" ? readKey(property.key) : undefined;
    if (key === undefined || property.type !== "KeyValueProperty") throw new NotLiteral();
    return [key, toLiteral(property.value, constants)];
  });
  return Object.fromEntries(entries);
}

/** The key of a property that is written out; `__proto__` would not be a key. */
export function readKey(key: PropertyName): string | undefined {
  if (key.type !== "Identifier" && key.type !== "StringLiteral" && key.type !== "NumericLiteral") {
    return undefined;
  }
  return key.value === "__proto__" ? undefined : String(key.value);
}

/** Only what cannot change after it was written is taken from a constant. */
function toConstant(initial: Expression | undefined): Literal {
  const value = initial && readLiteral(initial, NO_CONSTANTS);
  if (value === undefined || (typeof value === "object" && value !== null)) throw new NotLiteral();
  return value;
}

const NO_CONSTANTS: ReadonlyMap<string, Expression> = new Map();

function toText(quasis: readonly { cooked?: string }[], expressions: number): string {
  const cooked = quasis[0]?.cooked;
  if (expressions > 0 || typeof cooked !== "string") throw new NotLiteral();
  return cooked;
}

function toSigned(operator: string, value: Literal): number {
  if (typeof value !== "number") throw new NotLiteral();
  if (operator === "-") return -value;
  if (operator === "+") return value;
  throw new NotLiteral();
}
