import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expectation } from "../errors.ts";
import { openViewers } from "../kernel/viewers.ts";
import { type CutTable, type ExportedState, exportPage } from "../page/export-page.ts";
import { type ExportedCode, renderExportedPage } from "../page/shell.ts";
import { cacheDrawPage } from "../page/still-page.ts";
import { framesShown } from "../project/project-description.ts";
import { openVersion } from "../store/version.ts";
import { DescribedProject } from "../work/described-project.ts";
import { openProjectRuns, type ProjectRuns } from "../work/project-runs.ts";
import { type CommandFlags, EXIT_COMPLETED, type MainOptions, parseInputFlag } from "./command.ts";
import { sayResult, warn } from "./terminal.ts";

/** The flags of `hex export`. */
export interface ExportFlags extends CommandFlags {
  readonly input: readonly string[];
  readonly out?: string;
  readonly at?: string;
}

/** `hex export`: the published page as one HTML file that needs no server. */
export async function exportToFile(
  flags: ExportFlags,
  { runtimeUrl }: MainOptions,
): Promise<number> {
  const texts = Object.fromEntries(
    flags.input.map(parseInputFlag).map(([name, { value }]) => [name, String(value)]),
  );
  const runs = await openProjectRuns(flags.project, { runtimeUrl });
  const viewers = openViewers(runs, { deadlineMs: DEADLINE_MS });
  const project = new DescribedProject(runs, { onFailure: () => undefined });
  try {
    const { cells } = await project.read();
    const generation = parseVersion(flags.at);
    const version = await openVersion(runs.store, { generation, frames: framesShown(cells) });
    const exported = await exportPage({ runs, viewers, cells, version, texts, now: Date.now });
    const html = renderExportedPage(exported, await readCode(runtimeUrl, exported));
    const file = resolve(flags.out ?? toFileName(runs));
    await writeHtml(file, html);
    report(
      { file, version: version.number, sizeBytes: Buffer.byteLength(html), cut: exported.cut },
      flags,
    );
    return EXIT_COMPLETED;
  } finally {
    project.close();
    await viewers.close();
    await runs.close();
  }
}

/** Nobody looks at a page meanwhile: a cell may take its time. */
const DEADLINE_MS = 300_000;

function parseVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw expectation("HEX_USAGE", {
    place: "--at",
    expected: "a version that `hex versions` lists",
    got: JSON.stringify(text),
  });
}

function toFileName({ config: { name } }: ProjectRuns): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return `${plain.replace(/^-|-$/g, "") || "page"}.html`;
}

/** The page's code as it was built for files, and what it looks like until that runs. */
async function readCode(runtimeUrl: string, { state, cut }: ExportedState): Promise<ExportedCode> {
  const draw = await cacheDrawPage(runtimeUrl)();

  const [script, style] = await Promise.all(
    ["exported.js", "exported.css"].map((name) =>
      readFile(new URL(`./exported/${name}`, runtimeUrl), "utf8"),
    ),
  );
  const drawn = draw?.(state, { cut }) ?? { html: "", style: "" };
  return { script: script ?? "", style: style ?? "", drawn };
}

async function writeHtml(file: string, html: string): Promise<void> {
  try {
    await writeFile(file, html);
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? "a failure";
    const hint = "name another file with --out";
    const parts = { place: file, expected: "a file that can be written", got, hint };
    throw expectation("HEX_USAGE", parts, { cause });
  }
}

interface Written {
  readonly file: string;
  readonly version: number | null;
  readonly sizeBytes: number;
  readonly cut: readonly CutTable[];
}

function report(written: Written, flags: ExportFlags): void {
  const { file, version, sizeBytes, cut } = written;
  sayResult(flags, written, () => {
    const size = `${(sizeBytes / 2 ** 20).toFixed(1)} MB`;
    const what = version === null ? "What other tools left in the store" : `Version ${version}`;
    return `${what} is in ${file} (${size})`;
  });
  if (flags.json === true) return;
  for (const { cell, rows, kept } of cut) {
    warn(
      `Of ${cell}, the file has the first ${kept.toLocaleString("en")} of ${rows.toLocaleString("en")} rows`,
    );
  }
}
