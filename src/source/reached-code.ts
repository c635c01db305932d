import type { CodeFile, CodeLoad } from "./code/follow-names.ts";
import type { SourceModules } from "./module/cell-modules.ts";

/** All that a cell's own code loads, directly or not. */
export interface ReachedCode {
  /** absolute paths of files, without its own */
  readonly files: ReadonlySet<string>;
  /** those that Node loads from where they are and keeps as long as the process lives */
  readonly kept: ReadonlySet<string>;
  /** what is installed under the names of packages */
  readonly packages: ReadonlySet<string>;
  /** absolute paths of files and folders that it may read */
  readonly named: ReadonlySet<string>;
  /** absolute paths of files that it writes */
  readonly written: ReadonlySet<string>;
}

/** Goes through all that the cell at `path` loads; loops end by themselves. */
export function reachCode(path: string, { modules, natives }: SourceModules): ReachedCode {
  const found = { files: new Set<string>(), kept: new Set<string>(), packages: new Set<string>() };
  const named = new Set<string>();
  const written = new Set<string>();
  const seen = new Set<string>();
  const take = ({ loads, packages, ...files }: CodeFile, from: CodeLoad["as"]): void => {
    for (const each of packages) found.packages.add(each);
    for (const each of files.named) named.add(each);
    for (const each of files.written) written.add(each);
    for (const each of loads) follow(from === "script" ? { ...each, as: "script" } : each);
  };
  const follow = (load: CodeLoad): void => {
    const key = JSON.stringify(load);
    if (seen.has(key)) return;
    seen.add(key);
    found.files.add(load.path);
    if (load.as === "native") found.kept.add(load.path);
    const file = load.as === "source" ? modules.get(load.path)?.hangsOn : natives.get(load.path);
    if (file !== undefined) take(file, load.as);
  };
  const own = modules.get(path)?.hangsOn;
  if (own !== undefined) take(own, "source");
  // The content of code is known already.
  for (const each of found.files) named.delete(each);
  return { ...found, named, written };
}
