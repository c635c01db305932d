import { framesRead } from "../cell/plan.ts";
import { HexError } from "../errors.ts";
import { openProject, planProject } from "../project/project.ts";
import { openProjectHistory, toHolder, withProjectStore } from "../project/project-store.ts";
import type { PrunePlan } from "../run/history/prune-runs.ts";
import { findConditions } from "../run/publish-run.ts";
import { type Collected, collectGarbage, type GarbagePlan, planGarbage } from "../store/garbage.ts";
import { openVersion } from "../store/version.ts";
import {
  type ForeignSummary,
  listForeign,
  listVersions,
  rollback,
  type VersionSummary,
} from "../store/versions.ts";
import type { ProjectRuns } from "./project-runs.ts";

/** How a change of the store is watched and stopped. */
export interface StoreHooks {
  readonly onWarning: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The published state of a project for readers. */
export interface ProjectVersions {
  /** those that are kept, the newest first */
  readonly versions: readonly VersionSummary[];
  /** what other tools have left for frames that no run has published */
  readonly foreign: readonly ForeignSummary[];
}

/**
 * The versions of a project, and the CSVs of other tools that its page shows: these only where the
 * cells can be read, which name them.
 */
export function listProjectVersions(
  folder: string,
  { runtimeUrl, onWarning }: Pick<StoreHooks, "onWarning"> & { readonly runtimeUrl: string },
): Promise<ProjectVersions> {
  return withProjectStore(folder, async (store) => {
    const versions = await listVersions(store);
    try {
      const project = await openProject(folder, { runtimeUrl });
      const frames = framesRead(planProject(project, "app"));
      return { versions, foreign: listForeign(await openVersion(store, { frames })) };
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
      onWarning(`CSVs of other tools are not listed: ${error.message}`);
      return { versions, foreign: [] };
    }
  });
}

/** Publishes an earlier version anew; gives its new number. @throws {HexError} HEX_USAGE when it is not kept */
export function rollbackProject(
  folder: string,
  version: number,
  { onWarning, signal }: StoreHooks,
): Promise<number> {
  return withProjectStore(folder, (store, config) =>
    rollBack({ store, config }, version, { publishedBy: toHolder(), onWarning, signal }),
  );
}

/** Publishes an earlier version anew, in a store that is open; as `rollbackProject`. */
export async function rollBack(
  { store, config: { machines, retention } }: Pick<ProjectRuns, "store" | "config">,
  version: number,
  { onWarning, signal, publishedBy }: StoreHooks & { readonly publishedBy: string },
): Promise<number> {
  const conditions = await findConditions({ store, machines, signal, onWarning });
  return rollback(store, version, { ...retention, conditions, publishedBy, signal, onWarning });
}

/** The plan of a garbage collection, and the removed objects when it was carried out. */
export interface GarbageReport {
  readonly plan: GarbagePlan;
  /** runs that are too old for the history; removed too when it was not only planned */
  readonly history: PrunePlan;
  readonly collected?: Collected;
}

/** Removes from the store what no kept version needs, and old runs; with `isDryRun` it only says what that is. */
export function collectProjectGarbage(
  folder: string,
  isDryRun: boolean,
  { onWarning, signal }: StoreHooks,
): Promise<GarbageReport> {
  return withProjectStore(folder, async (store, config) => {
    const { machines, retention } = config;
    const runs = openProjectHistory(store, config);
    const plan = await planGarbage(store, { ...retention, now: Date.now(), signal });
    const history = await runs.planPrune({ signal });
    if (isDryRun) return { plan, history };
    const conditions = await findConditions({ store, machines, signal, onWarning });
    const collected = await collectGarbage(store, plan, { conditions, signal });
    await runs.prune(history, { signal });
    return { plan, history, collected };
  });
}
