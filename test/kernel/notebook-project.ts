import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Notebook, type NotebookOptions, openNotebook } from "../../src/kernel/notebook.ts";
import type { NotebookCellProgress, NotebookRun } from "../../src/kernel/notebook-state.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { until } from "../work/project-processes.ts";
import { runtimeUrl } from "../work/worker-project.ts";

/** A line for the body of a cell that notes that it ran. */
export const note = (name: string) => `appendFileSync("ran", "${name}\\n");`;

export const imports = `import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached, cell, slider, text } from "hex-runtime";`;

/** A heavy cell over a data file, a light one over it and an input, and one below that. */
export const CELLS = {
  "cells/1-factor.ts": `import { slider } from "hex-runtime";
export default slider({ min: 1, max: 9, default: 1 });`,
  "cells/2-heavy.ts": `${imports}
const source = new URL("../data/numbers.json", import.meta.url);
export default cached("heavy", () => {
  ${note("heavy")}
  return JSON.parse(readFileSync(source, "utf8")).map((n) => ({ n }));
});`,
  "cells/3-sum.ts": `${imports}
import factor from "./1-factor.ts";
import heavy from "./2-heavy.ts";
export default cell({ factor, heavy }, ({ factor, heavy }) => {
  ${note("sum")}
  return factor * heavy.column("n").reduce((sum, n) => sum + n, 0);
});`,
  "cells/4-told.ts": `${imports}
import sum from "./3-sum.ts";
export default cell({ sum }, ({ sum }, { log }) => {
  ${note("told")}
  log("the sum is " + sum);
  return "sum " + sum;
});`,
  "data/numbers.json": "[1, 2, 3]",
};

/** A project that is open as a notebook until the test ends. */
export interface OpenNotebook {
  readonly notebook: Notebook;
  readonly directory: string;
  write(file: string, text: string): Promise<void>;
  /** names of the cells whose functions ran since it was asked last, in any order */
  ran(): Promise<readonly string[]>;
  /** Waits until a run has ended that comes after the last one that this has told. */
  ended(): Promise<NotebookRun>;
  standing(name: string): NotebookCellProgress | undefined;
  /** what a cell shows, when that is a single value */
  value(name: string): unknown;
}

export async function notebookOf(
  files: Readonly<Record<string, string>>,
  options: Partial<NotebookOptions> = {},
): Promise<OpenNotebook> {
  const { directory, write } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Numbers" }),
    ...files,
  });
  return openAgain(directory, write, options);
}

/** Opens a project that another notebook had open. */
export async function openAgain(
  directory: string,
  write: OpenNotebook["write"],
  options: Partial<NotebookOptions> = {},
): Promise<OpenNotebook> {
  const endings: NotebookRun[] = [];
  const onEnded = (run: NotebookRun) => endings.push(run);
  const notebook = await openNotebook(directory, { runtimeUrl, onEnded, ...options });
  onTestFinished(() => notebook.close());
  let read = 0;
  const ran = async () => {
    const text = await readFile(join(directory, "ran"), "utf8").catch(() => "");
    const names = text.split("\n").slice(0, -1);
    const fresh = names.slice(read);
    read = names.length;
    return fresh.sort();
  };
  await ran();
  const ended = async () => {
    await until("a run to end", () => endings.length > 0);
    const [run] = endings.splice(0, 1);
    if (run === undefined) throw new Error("no run has ended");
    return run;
  };
  const { book } = notebook;
  const find = <Named extends { readonly name: string }>(all: readonly Named[], name: string) =>
    all.find((each) => each.name === name);
  const value = (name: string) => {
    const output = find(book.state.shown, name)?.output;
    return output?.kind === "value" ? output.value : undefined;
  };
  const standing = (name: string) => find(book.state.standings, name);
  return { notebook, directory, write, ran, ended, standing, value };
}
