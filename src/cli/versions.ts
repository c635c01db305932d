import { expectation } from "../errors.ts";
import { formatBytes } from "../text.ts";
import {
  collectProjectGarbage,
  listProjectVersions,
  type ProjectVersions,
  rollbackProject,
  type StoreHooks,
} from "../work/versions.ts";
import { EXIT_COMPLETED } from "./exit-code.ts";
import { formatInstant } from "./format-time.ts";
import type { MainOptions } from "./main.ts";
import { renderColumns } from "./render-columns.ts";
import { say, sayJson, warn } from "./terminal.ts";

/** The flags that the commands on versions share. */
export interface VersionFlags {
  readonly project: string;
  readonly json?: true;
  readonly dryRun?: true;
}

/** `hex versions`: who published what, when, and how large it is. */
export async function versions(
  { project, json }: VersionFlags,
  { runtimeUrl }: MainOptions,
): Promise<number> {
  const onWarning = (line: string) => warn(line);
  const { versions: all, foreign } = await listProjectVersions(project, { runtimeUrl, onWarning });
  if (json === true) {
    sayJson({ versions: all, foreign });
    return EXIT_COMPLETED;
  }
  if (all.length > 0) say(renderColumns([HEADINGS, ...all.map(toRow)]));
  else if (foreign.length === 0) say("Nothing is published yet.");
  if (foreign.length > 0) {
    say("Written by another tool, and published by no run:");
    say(renderColumns([FOREIGN_HEADINGS, ...foreign.map(toForeignRow)]));
  }
  return EXIT_COMPLETED;
}

const FOREIGN_HEADINGS = ["frame", "written", "age", "size", "file"];

function toForeignRow({ frame, key, writtenAt, sizeBytes }: ForeignSummary): readonly string[] {
  const age = formatAge(Date.now() - Date.parse(writtenAt));
  return [frame, formatInstant(writtenAt), age, formatBytes(sizeBytes), key];
}

type Summary = ProjectVersions["versions"][number];
type ForeignSummary = ProjectVersions["foreign"][number];

const HEADINGS = [
  "version",
  "published",
  "age",
  "by",
  "context",
  "code",
  "frames",
  "rows",
  "size",
  "inputs",
];

function toRow(version: Summary): readonly string[] {
  const { generation, isNewest, publishedAt, publishedBy, context, codeHash, note } = version;
  // The others had their defaults; `--json` tells all.
  const inputs = Object.entries(version.asked ?? version.inputs).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return [
    `${generation}${isNewest ? " *" : ""}`,
    formatInstant(publishedAt),
    formatAge(Date.now() - Date.parse(publishedAt)),
    publishedBy ?? "",
    context,
    codeHash.slice(0, 8),
    String(version.frames),
    version.rows.toLocaleString("en"),
    formatBytes(version.sizeBytes),
    [note ?? "", ...inputs].filter((text) => text !== "").join(" "),
  ];
}

/** `hex rollback VERSION`: publishes an earlier version anew. */
export async function rollback(version: string, { project, json }: VersionFlags): Promise<number> {
  if (!/^[1-9]\d{0,14}$/.test(version)) {
    throw expectation("HEX_USAGE", {
      place: "VERSION",
      expected: "a number that `hex versions` lists",
      got: JSON.stringify(version),
    });
  }
  const published = await rollbackProject(project, Number(version), hooks());
  if (json === true) sayJson({ version: published, rollbackTo: Number(version) });
  else say(`Version ${published} is published; its frames are those of version ${version}.`);
  return EXIT_COMPLETED;
}

/** `hex gc`: removes what no kept version needs and old runs, or says what that is. */
export async function gc({ project, json, dryRun }: VersionFlags): Promise<number> {
  const { plan, history, collected } = await collectProjectGarbage(
    project,
    dryRun === true,
    hooks(),
  );
  if (json === true) {
    sayJson({ plan, history, collected: collected ?? null });
    return EXIT_COMPLETED;
  }
  const count = plan.objects.length + plan.leftovers.length;
  for (const { key } of [...plan.objects, ...plan.leftovers]) say(`  ${key}`);
  const left =
    plan.versions.length === 0 ? "" : `, versions ${plan.versions.join(", ")} leave the history`;
  say(
    collected === undefined
      ? `Would remove ${count} objects of ${formatBytes(plan.sizeBytes)}${left}.`
      : `Removed ${collected.objects} objects of ${formatBytes(collected.sizeBytes)}${left}; spared ${collected.spared}.`,
  );
  if (history.objects.length > 0) {
    const verb = collected === undefined ? "Would remove" : "Removed";
    say(`${verb} the history of ${history.runs} runs, ${formatBytes(history.sizeBytes)}.`);
  }
  return EXIT_COMPLETED;
}

function hooks(): StoreHooks {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return { signal: controller.signal, onWarning: (line) => warn(line) };
}

function formatAge(ageMs: number): string {
  const minutes = ageMs / 60_000;
  if (minutes < 1) return `${Math.max(0, Math.round(ageMs / 1_000))} s`;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`;
}
