import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Schema } from "../frame/schema.ts";
import type { RunResult } from "../run/run-event.ts";
import { renderClientDeclarations } from "./client-declarations.ts";
import { VALUE_TYPES } from "./column-value-types.ts";
import type { Project } from "./project.ts";

/** Below the project's folder; an author's tsconfig includes it, nobody imports it. */
const DECLARATIONS_FILE = ".hex/frames.d.ts";
/** Beside it, for programs that start runs: they import it by hand. */
const CLIENT_FILE = ".hex/client.d.ts";

/** Tells `tsc` the columns of the frames that the run computed, as the last published schema has them. */
export async function writeFrameDeclarations(project: Project, result: RunResult): Promise<void> {
  const published = toPublished(project, result);
  if (published.size === 0) return;
  const { directory } = project;
  await writeDeclarations(join(directory, DECLARATIONS_FILE), renderDeclarations(published));
  await writeDeclarations(join(directory, CLIENT_FILE), renderClientDeclarations(result.cells));
}

async function writeDeclarations(path: string, text: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => "")) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}

function toPublished({ graph }: Project, { cells }: RunResult): ReadonlyMap<string, Schema> {
  const published = new Map<string, Schema>();
  for (const { name, status, output } of cells) {
    const frame = graph.byName.get(name)?.frame;
    const isFrame = status === "computed" && output?.kind === "frame";
    if (frame !== undefined && isFrame) published.set(frame, output.columns);
  }
  return published;
}

/** The declaration file's text: one interface member a frame. */
export function renderDeclarations(published: ReadonlyMap<string, Schema>): string {
  const members = [...published].map(([name, schema]) => {
    const columns = schema.map(
      (column) =>
        `      readonly ${JSON.stringify(column.name)}: ${VALUE_TYPES[column.type]} | null;`,
    );
    return [`    ${JSON.stringify(name)}: {`, ...columns, "    };"].join("\n");
  });
  return [
    "// Written by `hex run --context logic`: the columns of the published frames.",
    'import "hex-runtime";',
    'declare module "hex-runtime" {',
    "  interface PublishedFrames {",
    ...members,
    "  }",
    "}",
    "",
  ].join("\n");
}
