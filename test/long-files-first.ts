import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Beginnings of paths below `test/` of files that take long, however few lines they have. */
const LONG = [
  "work/worker",
  "work/chaos",
  "store/crash",
  "page/viewer-opens-a-file",
  "work/superseded-holder",
  "simulation/",
  "kills/kill-table",
  "page/viewer-",
  "queue/queue-crash",
  "kernel/viewers",
  "work/shared-compute",
  "store/large-frame",
  "server/page-routes",
];

/**
 * Begins with the files that take long, so that none of them runs alone at the end. How long files
 * take is only known after a run, and until then it would be the longest texts that come first.
 */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => toRank(one) - toRank(other));
  }
}

function toRank({ moduleId }: TestSpecification): number {
  const rank = LONG.findIndex((beginning) => moduleId.includes(`/test/${beginning}`));
  return rank === -1 ? LONG.length : rank;
}
