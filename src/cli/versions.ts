import { expectation } from "../errors.ts";
import { formatBytes } from "../text.ts";
import {
  collectProjectGarbage,
  listProjectVersions,
  type ProjectVersions,
  rollbackProject,
  type StoreHooks,
} from "../work/versions.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  untilInterrupted,
} from "./command.ts";
import { formatInstant, renderColumns, renderValues } from "./render.ts";
import { sayResult, warn } from "./terminal.ts";

/** `hex versions`: the published versions, with publisher, time and size. */
export async function versions(flags: CommandFlags, { runtimeUrl }: MainOptions): Promise<number> {
  const listed = await listProjectVersions(flags.project, { runtimeUrl, onWarning: warn });
  sayResult(flags, listed, () => renderVersions(listed));
  return EXIT_COMPLETED;
}

function renderVersions({ versions: all, foreign }: ProjectVersions): string {
  if (all.length + foreign.length === 0) return "Nothing is published yet.";
  const own = all.length === 0 ? [] : [renderColumns([HEADINGS, ...all.map(toRow)])];
  if (foreign.length === 0) return own.join("\n");
  const others = renderColumns([FOREIGN_HEADINGS, ...foreign.map(toForeignRow)]);
  return [...own, "Written by another tool, and published by no run:", others].join("\n");
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
  // The other inputs had their defaults; `--json` prints all.
  const inputs = renderValues(version.asked ?? version.inputs);
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
    [note ?? "", inputs].filter((text) => text !== "").join(" "),
  ];
}

/** `hex rollback VERSION`: publishes an earlier version again. */
export async function rollbackVersion(version: string, flags: CommandFlags): Promise<number> {
  if (!/^[1-9]\d{0,14}$/.test(version)) {
    throw expectation("HEX_USAGE", {
      place: "VERSION",
      expected: "a number that `hex versions` lists",
      got: JSON.stringify(version),
    });
  }
  const published = await withHooks((hooks) =>
    rollbackProject(flags.project, Number(version), hooks),
  );
  sayResult(
    flags,
    { version: published, rollbackTo: Number(version) },
    () => `Version ${published} is published; its frames are those of version ${version}.`,
  );
  return EXIT_COMPLETED;
}

/** The flags of `hex gc`. */
export interface GcFlags extends CommandFlags {
  readonly dryRun?: true;
}

/** `hex gc`: deletes old runs and objects that no kept version needs; `--dry-run` only lists them. */
export async function gc(flags: GcFlags): Promise<number> {
  const garbage = await withHooks((hooks) =>
    collectProjectGarbage(flags.project, flags.dryRun === true, hooks),
  );
  const { plan, history, collected = null } = garbage;
  sayResult(flags, { plan, history, collected }, () => renderGarbage(garbage));
  return EXIT_COMPLETED;
}

function renderGarbage({ plan, history, collected }: ProjectGarbage): string {
  const objects = [...plan.objects, ...plan.leftovers];
  const lines = objects.map(({ key }) => `  ${key}`);
  const left =
    plan.versions.length === 0 ? "" : `, versions ${plan.versions.join(", ")} leave the history`;
  lines.push(
    collected === undefined
      ? `Would remove ${objects.length} objects of ${formatBytes(plan.sizeBytes)}${left}.`
      : `Removed ${collected.objects} objects of ${formatBytes(collected.sizeBytes)}${left}; spared ${collected.spared}.`,
  );
  if (history.objects.length > 0) {
    const verb = collected === undefined ? "Would remove" : "Removed";
    lines.push(`${verb} the history of ${history.runs} runs, ${formatBytes(history.sizeBytes)}.`);
  }
  return lines.join("\n");
}

type ProjectGarbage = Awaited<ReturnType<typeof collectProjectGarbage>>;

function withHooks<Result>(act: (hooks: StoreHooks) => Promise<Result>): Promise<Result> {
  return untilInterrupted("the command was interrupted", ({ signal }) =>
    act({ signal, onWarning: warn }),
  );
}

function formatAge(ageMs: number): string {
  const minutes = ageMs / 60_000;
  if (minutes < 1) return `${Math.max(0, Math.round(ageMs / 1_000))} s`;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`;
}
