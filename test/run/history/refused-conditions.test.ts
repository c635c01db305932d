import { expect, it } from "vitest";
import { openRunHistory } from "../../../src/run/history/run-history.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { NOON, queuedRun, toCompleted, toRunning } from "./records.ts";

/** As older S3-compatible servers do: what is there is never found to match. */
class NeverMatchingStore extends MemoryStore {
  override async write(...[key, body, options]: Parameters<MemoryStore["write"]>) {
    const isConditional = options?.condition !== undefined && "ifMatch" in options.condition;
    if (isConditional) return { status: "conflict", reason: "changed" } as const;
    return super.write(key, body, options);
  }
}

const quick = { sleep: async () => undefined, now: () => NOON, tries: 3 };

it("tells how a run ended on a store that was tried out and keeps no conditions", async () => {
  const findConditions = async () => "unavailable" as const;
  const history = openRunHistory(new NeverMatchingStore(), { ...quick, findConditions });
  const run = queuedRun(NOON);
  await history.accept(run);
  await history.change(run.runId, toRunning);
  const { status } = await history.change(run.runId, (current) => toCompleted(current));
  expect(status).toBe("changed");
  expect(await history.read(run.runId)).toEqual(toCompleted(toRunning(run)));
});

it.each([
  ["keeps conditions", async () => "required" as const],
  ["was not tried out", undefined],
])("never writes without a condition on a store that %s", async (_, findConditions) => {
  const history = openRunHistory(new NeverMatchingStore(), { ...quick, findConditions });
  const run = queuedRun(NOON);
  await history.accept(run);
  await expect(history.change(run.runId, toRunning)).rejects.toMatchObject({
    code: "HEX_STORE_UNAVAILABLE",
  });
  expect(await history.read(run.runId)).toEqual(run);
});
