import { describe, expect, it } from "vitest";
import { openRunHistory } from "../../../src/run/history/run-history.ts";
import { HISTORY_PREFIX, historyDayPrefix } from "../../../src/store/key.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { DAY_MS, NOON, queuedRun, resultOf, toCompleted, toRunning } from "./records.ts";

/** A store in memory that tells what it was asked for. */
class WatchedStore extends MemoryStore {
  readonly listed: string[] = [];
  reads = 0;

  override async read(...args: Parameters<MemoryStore["read"]>) {
    this.reads++;
    return super.read(...args);
  }

  override async *listFolders(...[prefix, options]: Parameters<MemoryStore["listFolders"]>) {
    this.listed.push(prefix);
    yield* super.listFolders(prefix, options);
  }
}

async function historyOf(runs: readonly ReturnType<typeof queuedRun>[]) {
  const store = new WatchedStore();
  const history = openRunHistory(store, { now: () => NOON });
  for (const run of runs) await history.accept(run);
  store.reads = 0;
  return { store, history };
}

describe("listing runs", () => {
  it("reads no more days and records than the newest ones need", async () => {
    const runs = Array.from({ length: 200 }, (_, n) => queuedRun(NOON - n * 3_600_000));
    const { store, history } = await historyOf(runs);
    const page = await history.list({ limit: 10 });
    expect(page.runs).toEqual(runs.slice(0, 10));
    expect(store.listed).toEqual([HISTORY_PREFIX, historyDayPrefix("2026-03-04")]);
    expect(store.reads).toBe(10);
  });

  it("goes back no further than history is kept", async () => {
    const [kept, old] = [90, 91].map((days) => queuedRun(NOON - days * DAY_MS));
    const { history } = await historyOf([kept, old].filter((run) => run !== undefined));
    expect(await history.list({ limit: 10 })).toEqual({ runs: [kept], warnings: [] });
  });

  it("gives only what is asked for", async () => {
    const occasion = { schedule: "hourly", instant: "2026-03-04T11:00:00Z" };
    const first = queuedRun(NOON, { occasion });
    const second = toRunning(queuedRun(NOON - 1, { context: "app", trigger: "api" }));
    const { history } = await historyOf([first, second]);
    const ask = async (query: object) => (await history.list({ limit: 9, ...query })).runs;
    expect(await ask({ schedule: "hourly" })).toEqual([first]);
    expect(await ask({ state: "running" })).toEqual([second]);
    expect(await ask({ context: "app", triggers: ["api", "cli"] })).toEqual([second]);
    expect(await ask({ context: "app", triggers: ["cli"] })).toEqual([]);
  });

  it("ends a search that reads a thousand records, and tells where to go on", async () => {
    const runs = Array.from({ length: 1_200 }, (_, n) => queuedRun(NOON - n));
    const { history } = await historyOf(runs);
    const page = await history.list({ limit: 5, state: "failed" });
    expect(page).toEqual({ runs: [], next: runs[999]?.runId, warnings: [] });
    const rest = await history.list({ limit: 5, state: "failed", before: page.next });
    expect(rest).toEqual({ runs: [], warnings: [] });
  });

  it("lists days that exist, whatever instant it is to go on from", async () => {
    const { store, history } = await historyOf([]);
    await history.list({ limit: 1, before: queuedRun(Date.parse("6000-01-01T00:00:00Z")).runId });
    expect(store.listed).toEqual([HISTORY_PREFIX]);
    const strange = history.list({ limit: 1, before: "yesterday" });
    await expect(strange).rejects.toMatchObject({ code: "HEX_KEY_INVALID" });
  });
});

describe("a damaged record", () => {
  const damages: readonly (readonly [string, (text: string) => string])[] = [
    ["broken off", (text) => text.slice(0, 60)],
    ["of a later format", (text) => text.replace('"format": 1', '"format": 2')],
    ["without a key", (text) => text.replace('"requestedBy"', '"asker"')],
    ["that contradicts itself", (text) => text.replace('"queued"', '"completed"')],
    ["of another run", (text) => text.replace(/"runId": "\w+/, '"runId": "01234567')],
  ];
  it.each(damages)("%s is refused, and a list warns of it and goes on", async (_, damage) => {
    const [run, other] = [queuedRun(NOON), queuedRun(NOON - DAY_MS)];
    const { store, history } = await historyOf([run, other]);
    const [key = ""] = [...store.objects.keys()].filter((each) =>
      each.endsWith(`${run.runId}/record.json`),
    );
    const text = new TextDecoder().decode(store.objects.get(key)?.body);
    await store.write(key, new TextEncoder().encode(damage(text)));
    const refused = { code: "HEX_STORE_DAMAGED", message: expect.stringContaining(key) };
    await expect(history.read(run.runId)).rejects.toMatchObject(refused);
    const { runs, warnings } = await history.list({ limit: 9 });
    expect([runs, warnings]).toEqual([[other], [expect.stringContaining(key)]]);
  });
});

it("clears away marks that killed writers left a day ago, and no others", async () => {
  const store = new MemoryStore(() => NOON - 2 * DAY_MS);
  const history = openRunHistory(store, { now: () => NOON });
  const [waiting, ended, lost] = [queuedRun(NOON), toCompleted(queuedRun(NOON)), queuedRun(NOON)];
  for (const run of [waiting, ended, lost]) await history.accept(run);
  const record = [...store.objects.keys()].find((key) => key.endsWith(`${lost.runId}/record.json`));
  await store.delete(record ?? "");
  await history.prune(await history.planPrune());
  const marked: string[] = [];
  for await (const runId of history.unfinished()) marked.push(runId);
  expect(marked).toEqual([waiting.runId]);
});

it("refuses a result that something else wrote", async () => {
  const { store, history } = await historyOf([]);
  const run = queuedRun(NOON);
  await history.writeResult(run.runId, { ...resultOf(run), elapsedMs: -1 });
  const damaged = { code: "HEX_STORE_DAMAGED", message: expect.stringContaining("`elapsedMs`") };
  await expect(history.readResult(run.runId)).rejects.toMatchObject(damaged);
  expect(store.objects.size).toBe(1);
});
