/** The addresses of a printed tree of routes. */
export function toAddresses(tree: string): readonly string[] {
  const parents: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", part] = /^([│ ]*)[├└]── (\S+) \(/.exec(line) ?? [];
    if (part === undefined) return [];
    const depth = indent.length / 4;
    parents[depth] = `${depth === 0 ? "" : parents[depth - 1]}${part}`;
    return [parents[depth] ?? ""];
  });
}
