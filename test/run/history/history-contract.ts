import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRunHistory, type RunHistory } from "../../../src/run/history/run-history.ts";
import type { RunRecord } from "../../../src/run/history/run-record.ts";
import type { Store } from "../../../src/store/store.ts";
import { DAY_MS, NOON, queuedRun, resultOf, toCompleted, toRunning } from "./records.ts";

/** What history keeps, in whatever store, and whether or not that keeps conditions. */
export function testHistory(
  name: string,
  open: () => Promise<Store>,
  conditions: "required" | "unavailable" = "required",
): void {
  describe(`history in ${name}, conditions ${conditions}`, () => {
    let store: Store;
    let history: RunHistory;
    beforeAll(async () => {
      store = await open();
      history = openRunHistory(store, { conditions, now: () => NOON });
    });
    afterAll(() => store.close());

    const unfinished = async () => {
      const ids: string[] = [];
      for await (const runId of history.unfinished()) ids.push(runId);
      return ids;
    };

    it("takes a run once, and marks it as unfinished until it has ended", async () => {
      const run = queuedRun(NOON);
      expect(await history.accept(run)).toBe("accepted");
      expect(await history.accept({ ...run, requestedBy: "eve@lab" })).toBe("known");
      expect(await history.read(run.runId)).toEqual(run);
      expect(await unfinished()).toContain(run.runId);
      await history.change(run.runId, toRunning);
      await history.change(run.runId, (current) => toCompleted(current));
      expect(await history.read(run.runId)).toEqual(toCompleted(toRunning(run)));
      expect(await unfinished()).not.toContain(run.runId);
    });

    it("leaves the record of a run that has ended as it is, and tells so", async () => {
      const run = toCompleted(queuedRun(NOON));
      await history.record(run);
      const answer = await history.change(run.runId, () => {
        throw new Error("not to be asked");
      });
      expect(answer).toEqual({ status: "ended", record: run });
    });

    it("takes away the mark that a repeated acceptance left on a run that has ended", async () => {
      const run = toCompleted(queuedRun(NOON));
      await history.record(run);
      expect(await history.accept(queuedRun(NOON, { runId: run.runId }))).toBe("known");
      expect(await unfinished()).not.toContain(run.runId);
      expect(await history.read(run.runId)).toEqual(run);
    });

    it("has nothing of a run that it never saw, and of what is no run id", async () => {
      for (const runId of [queuedRun(NOON).runId, "../secret", ""]) {
        expect(await history.read(runId)).toBeUndefined();
        expect(await history.readLog(runId)).toEqual([]);
        expect(await history.readResult(runId)).toBeUndefined();
        expect(await history.change(runId, toRunning)).toEqual({ status: "missing" });
      }
    });

    it("refuses to write under what is no run id", async () => {
      const run = queuedRun(NOON, { runId: "../../manifest.json" });
      await expect(history.accept(run)).rejects.toMatchObject({ code: "HEX_KEY_INVALID" });
      await expect(history.writeLog("x", [])).rejects.toMatchObject({ code: "HEX_KEY_INVALID" });
    });

    it("gives back a log and a result as they were written, the last one of each", async () => {
      const run = queuedRun(NOON);
      const line = {
        at: run.submittedAt,
        cell: "sum",
        stream: "stderr",
        text: '…\n\t"x"',
      } as const;
      await history.writeLog(run.runId, [line]);
      await history.writeLog(run.runId, [line, { at: run.submittedAt, text: "" }]);
      await history.writeResult(run.runId, resultOf(run));
      expect(await history.readLog(run.runId)).toEqual([line, { at: run.submittedAt, text: "" }]);
      expect(await history.readResult(run.runId)).toEqual(resultOf(run));
    });

    it("lists page by page, newest first, and finds by the beginning of an id", async () => {
      const days = [0, 0, 1, 1, 5, 40].map((days) => NOON - DAY_MS * days);
      const runs = days.map((ms, index) => queuedRun(ms - index, { requestedBy: "pages" }));
      for (const run of runs) await history.accept(run);
      const found: string[] = [];
      let before: string | undefined;
      do {
        const page = await history.list({ limit: 2, before });
        expect(page.warnings).toEqual([]);
        found.push(...page.runs.flatMap((run) => (run.requestedBy === "pages" ? run.runId : [])));
        before = page.next;
      } while (before !== undefined);
      expect(found).toEqual(runs.map(({ runId }) => runId));
      const [first] = runs;
      const runId = first?.runId ?? "";
      expect(await history.findIds(runId.slice(0, 24))).toEqual([runId]);
    });

    it("tells of runs that come to a day long ago, however often that was looked through", async () => {
      const runs: RunRecord[] = [];
      for (let late = 0; late < 2; late++) {
        const run = toCompleted(queuedRun(NOON - 30 * DAY_MS - late, { context: "app" }));
        await history.record(run);
        runs.push(run);
        for (let looks = 0; looks < 2; looks++) {
          expect((await history.find({ context: "app", limit: 9 })).runs).toEqual(runs);
        }
        expect(await unfinished()).not.toContain(run.runId);
      }
    });

    // Without conditions only the last of several writers is promised to stay.
    it.skipIf(conditions === "unavailable")(
      "loses no change of 4 writers, and lets one end it",
      async () => {
        const run = queuedRun(NOON);
        await history.accept(run);
        const write = async (writer: number) => {
          for (const turn of [1, 2, 3]) {
            await history.change(run.runId, (current) => toRunning(current, `${writer}-${turn}`));
          }
        };
        await Promise.all([1, 2, 3, 4].map(write));
        const record = await history.read(run.runId);
        const workers = record?.attempts.map(({ worker }) => worker).sort();
        expect(workers).toEqual(
          [1, 2, 3, 4].flatMap((n) => [1, 2, 3].map((turn) => `${n}-${turn}`)),
        );
        const end = (version: number) =>
          history.change(run.runId, (now) => toCompleted(now, version));
        const answers = await Promise.all([1, 2, 3, 4].map(end));
        expect(answers.filter(({ status }) => status === "changed")).toHaveLength(1);
        const ended = await history.read(run.runId);
        for (const answer of answers) expect(answer).toMatchObject({ record: ended });
      },
    );

    it("forgets what is too old, but no run that has not ended", async () => {
      const old = toCompleted(queuedRun(NOON - 91 * DAY_MS));
      const open = queuedRun(NOON - 91 * DAY_MS);
      const young = toCompleted(queuedRun(NOON - 89 * DAY_MS));
      await history.record(old);
      await history.writeResult(old.runId, resultOf(old));
      await history.accept(open);
      await history.record(young);
      const plan = await history.planPrune();
      expect(plan.runs).toBe(1);
      expect(plan.objects).toHaveLength(2);
      await history.prune(plan);
      expect(await history.read(old.runId)).toBeUndefined();
      expect(await history.readResult(old.runId)).toBeUndefined();
      expect(await history.read(open.runId)).toEqual(open);
      expect(await history.read(young.runId)).toEqual(young);
    });
  });
}
