import { findConditions } from "../run/run-publishing.ts";
import { type Collected, collectGarbage } from "../store/collect-garbage.ts";
import { type GarbagePlan, planGarbage } from "../store/plan-garbage.ts";
import { listVersions, rollback, type VersionSummary } from "../store/versions.ts";
import { toHolder, withProjectStore } from "./project-store.ts";

/** How a change of the store is watched and stopped. */
export interface StoreHooks {
  readonly onWarning: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The versions of a project that are kept, the newest first. */
export function listProjectVersions(folder: string): Promise<readonly VersionSummary[]> {
  return withProjectStore(folder, (store) => listVersions(store));
}

/** Publishes an earlier version anew; gives its new number. @throws {HexError} HEX_USAGE when it is not kept */
export function rollbackProject(
  folder: string,
  version: number,
  { onWarning, signal }: StoreHooks,
): Promise<number> {
  return withProjectStore(folder, async (store, { machines, retention }) => {
    const conditions = await findConditions({ store, machines, signal, onWarning });
    const publishedBy = toHolder();
    return rollback(store, version, { ...retention, conditions, publishedBy, signal, onWarning });
  });
}

/** What a collection of garbage would remove, and what it has removed when it was not only planned. */
export interface GarbageReport {
  readonly plan: GarbagePlan;
  readonly collected?: Collected;
}

/** Removes from the store what no kept version needs; with `isDryRun` it only says what that is. */
export function collectProjectGarbage(
  folder: string,
  isDryRun: boolean,
  { onWarning, signal }: StoreHooks,
): Promise<GarbageReport> {
  return withProjectStore(folder, async (store, { machines, retention }) => {
    const plan = await planGarbage(store, { ...retention, now: Date.now(), signal });
    if (isDryRun) return { plan };
    const conditions = await findConditions({ store, machines, signal, onWarning });
    return { plan, collected: await collectGarbage(store, plan, { conditions, signal }) };
  });
}
