import type { SyntaxNode } from "@lezer/common";
import { nearestNames } from "./nearest-names.ts";
import { itemsOf, type PythonSource, pythonFault, textOf } from "./python-syntax.ts";

/** What the runtime hands to a function of a cell by name. */
const HANDED = ["progress", "log", "secrets", "run_context", "cancelled"] as const;

type Handed = (typeof HANDED)[number];

/** What a function of a cell asks for. */
export interface PythonParameters {
  /** before `*`: names of cells, and first the item where there are parts */
  readonly positional: readonly SyntaxNode[];
  readonly handed: readonly Handed[];
}

export interface FunctionRules {
  /** the name of the function, for messages */
  readonly name: string;
  /** names of the cells, without its own */
  readonly cells: readonly string[];
  /** whether its first parameter is one of the items that another function gives */
  readonly hasItem: boolean;
}

/**
 * Reads the parameters of a cell's function.
 * @throws {HexError} HEX_CELL_INVALID at a parameter that nothing is handed over for
 */
export function readParameters(
  source: PythonSource,
  list: SyntaxNode,
  rules: FunctionRules,
): PythonParameters {
  const slash = findSlash(source, list);
  if (slash !== undefined) throw slashFault(source, slash);
  const items = itemsOf(list).filter((item) => item.length > 0);
  const star = items.findIndex(([first, second]) => first?.name === "*" && second === undefined);
  const [before, after] = star === -1 ? [items, []] : [items.slice(0, star), items.slice(star + 1)];
  const positional = before.map((item) => readName(source, item));
  const handed = after.map((item) => readHanded(source, readName(source, item), rules));
  const [item, ...others] = positional;
  if (rules.hasItem && item === undefined) throw noItemFault(source, list, rules);
  for (const each of rules.hasItem ? others : positional) checkCell(source, each, rules);
  return { positional, handed };
}

function readName(source: PythonSource, [first, second]: readonly SyntaxNode[]): SyntaxNode {
  if (first?.name === "VariableName") return first;
  throw variableFault(source, first ?? source.top, second);
}

/** The parser leaves the slash out: it is what stands alone between two commas. */
function findSlash({ text }: PythonSource, list: SyntaxNode): number | undefined {
  let from = list.from;
  for (let each = list.firstChild; each !== null; each = each.nextSibling) {
    const slash = text.slice(from, each.from).indexOf("/");
    if (slash !== -1) return from + slash;
    from = each.to;
  }
  return undefined;
}

function slashFault(source: PythonSource, from: number) {
  return pythonFault(
    source,
    { from },
    {
      what: "the parameters",
      expected: "cells by name, then `*` and what the runtime hands over",
      got: "`/`",
      hint: "leave it out",
    },
  );
}

function variableFault(source: PythonSource, star: SyntaxNode, name: SyntaxNode | undefined) {
  const written = `${textOf(source, star)}${name === undefined ? "" : textOf(source, name)}`;
  return pythonFault(source, star, {
    what: "the parameters",
    expected: "cells by name, then `*` and what the runtime hands over",
    got: written,
    hint: "name each cell that the function gets",
  });
}

function readHanded(source: PythonSource, node: SyntaxNode, { cells }: FunctionRules): Handed {
  const name = textOf(source, node);
  const handed = HANDED.find((each) => each === name);
  if (handed !== undefined) return handed;
  const [near] = nearestNames(name, HANDED);
  const all = `${HANDED.slice(0, -1).join(", ")} or ${HANDED.at(-1)}`;
  throw pythonFault(source, node, {
    what: `parameter ${name}`,
    expected: `one of what the runtime hands over after \`*\` (${all})`,
    got: cells.includes(name) ? "a cell's name" : "another name",
    ...toHint(
      cells.includes(name)
        ? "write it before `*` to get the cell's value"
        : near && `did you mean ${near}?`,
    ),
  });
}

function toHint(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined || hint === "" ? {} : { hint };
}

/** A default does not stand in for a cell: with its name misspelt, nobody would see that. */
function checkCell(source: PythonSource, node: SyntaxNode, { cells }: FunctionRules): void {
  const name = textOf(source, node);
  if (cells.includes(name)) return;
  const isHanded = HANDED.some((each) => each === name);
  const near = nearestNames(name, cells);
  const others = near.length > 0 ? near : cells;
  throw pythonFault(source, node, {
    what: `parameter ${name}`,
    expected: "the name of another cell",
    got: "a name that no other cell has",
    ...toHint(
      isHanded
        ? "write it after `*` to get what the runtime hands over"
        : near.length > 0
          ? `did you mean ${near.join(" or ")}?`
          : others.length > 0
            ? `the cells are ${others.join(", ")}`
            : "there is no other cell",
    ),
  });
}

function noItemFault(source: PythonSource, list: SyntaxNode, { name }: FunctionRules) {
  return pythonFault(source, list, {
    what: `the parameters of ${name}`,
    expected: "first the item, since it has `over=`",
    got: "none before `*`",
    hint: `write def ${name}(item, …)`,
  });
}
