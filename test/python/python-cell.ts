import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CellContext } from "../../src/cell/cell.ts";
import { type PythonTask, runPython } from "../../src/python/run-python.ts";

/** A Python cell to be carried out, and what a run would hand over with it. */
export interface PythonCell extends Partial<Omit<PythonTask, "file">> {
  /** of the cell's file, `cells/01-made.py` */
  readonly source: string;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
  readonly onProgress?: (fraction: number, message: string) => void;
}

export const FILE = "cells/01-made.py";

/** Carries out a cell in a folder; gives its value, and what it has told. */
export async function runCell(folder: string, { source, ...cell }: PythonCell) {
  const lines: string[] = [];
  const steps: [number, string][] = [];
  await mkdir(dirname(join(folder, FILE)), { recursive: true });
  await writeFile(join(folder, FILE), source);
  const context = {
    signal: cell.signal ?? new AbortController().signal,
    log: (line: string) => {
      lines.push(line);
      cell.onLine?.(line);
    },
    progress: (fraction: number, message = "") => {
      steps.push([fraction, message]);
      cell.onProgress?.(fraction, message);
    },
  } as unknown as CellContext;
  const task: PythonTask = {
    ...{ file: FILE, projectDirectory: folder, cellsDirectory: join(folder, "cells") },
    ...{ interpreter: undefined, form: "cached", name: "made", values: {}, context: "logic" },
    secrets: {},
    ...cell,
  };
  const value = await runPython(task, context).catch((thrown: unknown) => thrown);
  return { value, lines, steps };
}
