import { describe, expect, it } from "vitest";
import { frame } from "../../../src/frame/rows.ts";
import { openRunHistory } from "../../../src/run/history/run-history.ts";
import { MarkWatch } from "../../../src/run/history/run-mark.ts";
import { OPEN_RUNS_PREFIX, openRunKey } from "../../../src/store/key.ts";
import { publish } from "../../../src/store/publication.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { publication } from "../../store/published-frames.ts";
import { NOON, queuedRun, toRunning } from "./records.ts";

/** A store that decides nothing about as many writes of a mark as told. */
class UndecidedStore extends MemoryStore {
  #undecided: number;

  constructor(undecided: number) {
    super();
    this.#undecided = undecided;
  }

  override async write(...args: Parameters<MemoryStore["write"]>) {
    const isMark = args[0].startsWith(OPEN_RUNS_PREFIX);
    if (isMark && this.#undecided-- > 0)
      return { status: "conflict", reason: "undecided" } as const;
    return super.write(...args);
  }
}

describe("a run that is accepted", () => {
  it("is marked as not ended though the store first decides nothing", async () => {
    const history = openRunHistory(new UndecidedStore(2));
    const { runId } = queuedRun(NOON);
    expect(await history.accept(queuedRun(NOON, { runId }))).toBe("accepted");
    const marked: string[] = [];
    for await (const id of history.unfinished()) marked.push(id);
    expect(marked).toEqual([runId]);
  });

  it("is not accepted where it cannot be marked", async () => {
    const store = new UndecidedStore(Number.POSITIVE_INFINITY);
    const accepting = openRunHistory(store).accept(queuedRun(NOON));
    await expect(accepting).rejects.toMatchObject({ code: "HEX_STORE_UNAVAILABLE" });
    expect(store.objects.size).toBe(0);
  });
});

describe("a run that no queue looks after", () => {
  it("is heard of as long as its process lets others hear of it", async () => {
    const { history, runId, look, pass } = await directRun();
    expect(await look()).toBe("unsure");
    for (let times = 0; times < 5; times++) {
      pass(4_000);
      expect(await history.beat(runId)).toBe("heard");
      expect(await look()).toBe("heard");
    }
    pass(9_999);
    expect(await look()).toBe("heard");
    pass(1);
    expect(await look()).toBe("silent");
    expect(await history.beat(runId)).toBe("heard");
    expect(await look()).toBe("heard");
  });

  it("is silent only ten seconds after it was first looked at, however old its mark is", async () => {
    const { look, pass } = await directRun();
    pass(3_600_000);
    expect(await look()).toBe("unsure");
    pass(9_999);
    expect(await look()).toBe("unsure");
    pass(1);
    expect(await look()).toBe("silent");
  });

  it("is not taken for silent because the store was away", async () => {
    const { store, look, pass } = await directRun();
    expect(await look()).toBe("unsure");
    const read = store.read.bind(store);
    store.read = async () => {
      throw new Error("away");
    };
    pass(9_000);
    await expect(look()).rejects.toThrow("away");
    store.read = read;
    pass(9_000);
    expect(await look()).toBe("unsure");
    pass(10_000);
    expect(await look()).toBe("silent");
  });

  it("is gone at once when its process is proven to be no more", async () => {
    const { look } = await directRun({ isGone: () => true });
    expect(await look()).toBe("gone");
  });

  it("has ended when its mark is gone, which its process hears", async () => {
    const { store, history, runId, look } = await directRun();
    await store.delete(openRunKey(runId));
    expect(await look()).toBe("ended");
    expect(await history.beat(runId)).toBe("ended");
  });

  it("says nothing where an older build has marked it, or something else has damaged the mark", async () => {
    const { store, history, runId, look } = await directRun();
    for (const text of ["not ended\n", "{", '{"format":1}', "[]"]) {
      await store.write(openRunKey(runId), new TextEncoder().encode(text));
      expect(await look()).toBe("untold");
      expect(await history.askToStop(runId)).toBe(false);
    }
  });

  it("hears with its next beat that somebody asks it to stop", async () => {
    const { history, runId } = await directRun();
    expect(await history.askToStop(runId)).toBe(true);
    expect(await history.askToStop(runId)).toBe(true);
    expect([await history.beat(runId), await history.beat(runId)]).toEqual([
      "cancelled",
      "cancelled",
    ]);
  });

  it("publishes nothing any more once others have gone past it", async () => {
    const { store, history, runId } = await directRun();
    const planets = frame([{ name: "Earth" }]);
    await history.goPast(runId);
    const late = publication({ planets }, { runId, fence: 7 });
    await expect(publish(store, late)).rejects.toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
    expect(await publish(store, publication({ planets }))).toBe(1);
  });
});

async function directRun({ isGone = () => false }: { readonly isGone?: () => boolean } = {}) {
  const store = new MemoryStore();
  const history = openRunHistory(store);
  const run = toRunning(queuedRun(Date.now(), { isQueued: false }));
  await history.accept(run);
  let nowMs = 0;
  const watch = new MarkWatch({ monotonic: () => nowMs, isGone });
  const { runId } = run;
  const look = () => history.markStatus(runId, watch);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { store, history, runId, look, pass };
}
