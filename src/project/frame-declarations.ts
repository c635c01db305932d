import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { toMessage } from "../errors.ts";
import type { Schema } from "../frame/schema.ts";
import type { RunResult } from "../run/run-event.ts";
import { frameOfVariant } from "../run/run-frames.ts";
import type { Version } from "../store/version.ts";
import { renderClientDeclarations } from "./client-declarations.ts";
import { VALUE_TYPES } from "./column-value-types.ts";
import type { Project } from "./project.ts";

/** Below the project's folder; an author's tsconfig includes it, nobody imports it. */
const DECLARATIONS_FILE = ".hex/frames.d.ts";
/** Beside it, for programs that start runs: they import it by hand. */
const CLIENT_FILE = ".hex/client.d.ts";

export interface DeclarationOptions {
  /** the version of which the run has kept what had not changed; undefined: it computed all */
  readonly before: Version | undefined;
  readonly onWarning: (line: string) => void;
}

/**
 * Tells `tsc` the columns of the frames that the run computed, as the last published schema has them.
 * Where the project's folder cannot be written to, it only warns: the run is over and stands.
 */
export async function writeFrameDeclarations(
  project: Project,
  result: RunResult,
  { before, onWarning }: DeclarationOptions,
): Promise<void> {
  const published = toPublished(project, result);
  if (published.size === 0) return;
  const known = new Map([...toKept(project, before), ...published]);
  const texts = [[DECLARATIONS_FILE, renderDeclarations(known)]];
  // Of cells that only feed what is kept it is not known what they show.
  const isWhole = before === undefined || result.cells.every(({ status }) => status !== "pruned");
  if (isWhole) texts.push([CLIENT_FILE, renderClientDeclarations(result.cells)]);
  for (const [file = "", text = ""] of texts) {
    const failure = await writeDeclarations(join(project.directory, file), text);
    if (failure === undefined) continue;
    onWarning(`${file}, which tells editors the columns, is not written: ${failure}`);
  }
}

/** Gives why the file could not be written; undefined when it is there. */
async function writeDeclarations(path: string, text: string): Promise<string | undefined> {
  if ((await readFile(path, "utf8").catch(() => "")) === text) return undefined;
  const written = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(written, text);
    await rename(written, path);
    return undefined;
  } catch (error) {
    await rm(written, { force: true }).catch(() => undefined);
    return toMessage(error);
  }
}

function toPublished({ graph }: Project, { cells }: RunResult): ReadonlyMap<string, Schema> {
  const published = new Map<string, Schema>();
  for (const { name, status, output } of cells) {
    const frame = graph.byName.get(name)?.frame;
    const isFrame = ["computed", "kept"].includes(status) && output?.kind === "frame";
    if (frame !== undefined && isFrame) published.set(frame, output.columns);
  }
  return published;
}

/** The columns of a project's frames in a version; of variants those of the newest. */
function toKept({ graph }: Project, before: Version | undefined): ReadonlyMap<string, Schema> {
  const frames = [...(before?.frames() ?? [])].sort(
    ([, one], [, other]) => Date.parse(one.computedAt) - Date.parse(other.computedAt),
  );
  const known = new Map<string, Schema>();
  for (const [name, { columns }] of frames) known.set(frameOfVariant(name) ?? name, columns);
  const own = graph.cells.flatMap(({ frame }) => frame ?? []);
  return new Map(
    own.flatMap((name): [string, Schema][] => {
      const columns = known.get(name);
      return columns === undefined ? [] : [[name, columns]];
    }),
  );
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
