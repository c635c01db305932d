import { expect, test } from "vitest";
import type { EvaluateRequest, Evaluation } from "../../../src/kernel/evaluation.ts";
import type { PageEffects } from "../../../src/page/browser/published/page-effects.ts";
import { PageStore } from "../../../src/page/browser/published/page-store.ts";
import type { PageEventListener } from "../../../src/page/browser/server/page-events.ts";
import { RequestFailure } from "../../../src/page/browser/server/requests.ts";
import type { PageState } from "../../../src/page/page-state.ts";
import { answer, inputCell, method, outputCell, pageState, slider } from "./page-parts.ts";

const CELLS = [
  inputCell("size", slider, { below: ["out"] }),
  inputCell("method", method, { below: ["out"] }),
  outputCell("out"),
];
const SECOND = { version: 2, commit: "second", evaluation: "2.second" };
const BUTTON = inputCell("go", { widget: "button", default: false }, { below: ["out"] });
const RUN = { runId: "r", state: "running", startedAt: null, fraction: 0, cells: [] } as const;

/** What the server answers. */
interface Given {
  state: PageState | Error;
  refresh: PageEffects["refresh"];
  run: (ask: EvaluateRequest) => Evaluation;
}

/** A page whose server, address bar and clock are in the hands of the test. */
async function openStore(search = "", first: PageState | Error = pageState(CELLS)) {
  const given: Given = {
    state: first,
    refresh: async () => ({ runId: "r" }),
    run: ({ inputs, version, press }) =>
      answer(
        { out: `v${version} ${JSON.stringify(press === undefined ? inputs : press)}` },
        { evaluation: `evaluation ${runs.length}` },
      ),
  };
  const entries = [search];
  const runs: EvaluateRequest[] = [];
  let ids = 0;
  const timers: { readonly ms: number; readonly call: () => void }[] = [];
  let listener: PageEventListener | undefined;
  let move = () => {};
  const effects: PageEffects = {
    first: undefined,
    async fetchState() {
      if (given.state instanceof Error) throw given.state;
      return given.state;
    },
    async evaluate(ask) {
      runs.push(ask);
      return given.run(ask);
    },
    refresh: () => given.refresh(),
    cancelRefresh: async () => {},
    listen(heard) {
      listener = heard;
      return () => {};
    },
    address: {
      search: () => entries.at(-1) ?? "",
      write(next, as) {
        if (as === "replace") entries.pop();
        entries.push(next);
      },
      onMove(call) {
        move = call;
        return () => {};
      },
    },
    newId() {
      ids += 1;
      return `press ${ids}`;
    },
    after(ms, call) {
      const timer = { ms, call };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  };
  const store = new PageStore(effects);
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  store.open();
  await settled();
  return {
    store,
    given,
    entries,
    runs,
    settled,
    tell: (event: Parameters<PageEventListener["onEvent"]>[0]) => listener?.onEvent(event),
    listener: () => listener,
    /** lets the timers of so many milliseconds ring */
    tick(ms: number) {
      for (const timer of timers.filter((each) => each.ms === ms)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.call();
      }
    },
    back() {
      entries.pop();
      move();
    },
    out() {
      const output = store.view.model?.cells.get("out")?.output;
      return output?.kind === "value" ? output.value : undefined;
    },
  };
}

test("opens on what was published without asking for anything", async () => {
  const { store, runs, out } = await openStore();
  expect(store.view.phase).toBe("open");
  expect(out()).toBe("published out");
  expect(runs).toEqual([]);
});

test("an input change runs what is below it, stands in the address, and Back takes it back", async () => {
  const { store, entries, out, back, settled } = await openStore("?x=1");
  store.setInput("method", "Transit", true);
  await settled();
  expect(out()).toBe('v1 {"size":0,"method":"Transit"}');
  expect(entries).toEqual(["?x=1", "?x=1&_method=Transit"]);
  back();
  await settled();
  expect(out()).toBe('v1 {"size":0,"method":"All"}');
  expect(store.view.model?.inputs.size).toBe(0);
});

test("all of a drag is one entry of the history, at its last value", async () => {
  const { store, entries, tick } = await openStore();
  for (const value of [1, 2, 3]) store.setInput("size", value, false);
  expect(entries).toEqual(["", "?_size=1"]);
  tick(350);
  expect(entries).toEqual(["", "?_size=3"]);
  store.setInput("size", 4, false);
  store.setInput("size", 4, true);
  expect(entries).toEqual(["", "?_size=4"]);
  store.setInput("size", 5, true);
  expect(entries).toEqual(["", "?_size=4", "?_size=5"]);
});

test("a drag asks for its newest value once the first answer is there", async () => {
  const { store, runs, settled, out } = await openStore();
  for (const value of [1, 2, 3, 4]) store.setInput("size", value, false);
  await settled();
  expect(runs.map(({ inputs }) => inputs["size"])).toEqual([1, 4]);
  expect(out()).toBe('v1 {"size":4,"method":"All"}');
});

test("shows a new version with the viewer's inputs, computed before it is swapped", async () => {
  const { store, given, tell, settled, runs, out } = await openStore("?_size=2");
  await settled();
  given.state = pageState(CELLS, SECOND);
  const seen: unknown[] = [];
  store.subscribe(() => seen.push([store.view.model?.state.version, out()]));
  tell({ type: "version-published", version: 2, commit: "second" });
  await settled();
  expect(seen).toEqual([[2, 'v2 {"size":2,"method":"All"}']]);
  expect(runs.at(-1)).toMatchObject({ version: 2, commit: "second", inputs: { size: 2 } });
  expect(store.view.news).toContain("Version 2");
});

test("turns into the page when the first version arrives, with the inputs of its address", async () => {
  const empty = pageState([], { version: null, commit: null, evaluation: null });
  const { store, given, tell, settled, out } = await openStore("?_size=2", empty);
  expect(store.view.model?.state.version).toBeNull();
  given.state = pageState(CELLS);
  tell({ type: "version-published", version: 1, commit: "commit" });
  await settled();
  expect(out()).toBe('v1 {"size":2,"method":"All"}');
});

test("tells of a run while it goes, and learns why it failed when it has ended", async () => {
  const { store, given, tell, settled } = await openStore();
  tell({ type: "run-changed", run: RUN });
  expect(store.view.run).toEqual(RUN);
  const failure = { runId: "r", endedAt: "2026-11-21T09:12:00.000Z", message: "It broke" };
  given.state = pageState(CELLS, { failure });
  tell({ type: "run-changed", run: null });
  await settled();
  expect(store.view.run).toBeNull();
  expect(store.view.model?.state.failure).toEqual(failure);
});

test("learns what became of a run that was over before anybody could tell of it", async () => {
  const { store, given, settled, tick } = await openStore();
  await store.refresh();
  expect(store.view.run).toMatchObject({ runId: "r", state: "queued" });
  const failure = { runId: "r", endedAt: "2026-11-21T09:12:00.000Z", message: "It broke" };
  given.state = pageState(CELLS, { failure });
  tick(3_000);
  await settled();
  expect(store.view.run).toBeNull();
  expect(store.view.model?.state.failure).toEqual(failure);
});

test("does not wait for a run whose end it heard of before its beginning was answered", async () => {
  const { store, given, tell, settled } = await openStore();
  given.refresh = async () => {
    tell({ type: "run-changed", run: RUN });
    tell({ type: "run-changed", run: null });
    return { runId: "r" };
  };
  await store.refresh();
  await settled();
  expect(store.view.run).toBeNull();
});

test("shows no run any more that ended while no events came", async () => {
  const { store, tell, settled, listener } = await openStore();
  tell({ type: "run-changed", run: RUN });
  listener()?.onLoss();
  listener()?.onReturn();
  await settled();
  expect(store.view.run).toBeNull();
});

test("asks again by itself when the server was out of reach, and says so until then", async () => {
  const { store, given, settled, tick, out, runs } = await openStore();
  const { run } = given;
  given.run = () => {
    throw new RequestFailure(0, "Expected the server to answer, got no connection to it");
  };
  store.setInput("size", 1, true);
  await settled();
  expect(store.view.trouble).toContain("no connection");
  expect(runs).toHaveLength(1);
  given.run = run;
  tick(2_000);
  await settled();
  expect(store.view.trouble).toBeNull();
  expect(out()).toBe('v1 {"size":1,"method":"All"}');
});

test("a press that meets an outage is asked for again under the same id until it was answered", async () => {
  const { store, given, settled, tick, out, runs } = await openStore(
    "",
    pageState([BUTTON, ...CELLS]),
  );
  const { run } = given;
  given.run = () => {
    throw new RequestFailure(503, "Expected the server to be open, got one that is closing");
  };
  store.pressButton("go");
  await settled();
  tick(2_000);
  await settled();
  expect(store.view.trouble).toContain("closing");
  store.setInput("size", 1, true);
  await settled();
  given.run = run;
  tick(2_000);
  await settled();
  const presses = runs.map(({ press }) => press?.["go"]);
  expect(presses).toEqual(["press 1", "press 1", "press 1", "press 1", undefined]);
  expect(store.view.trouble).toBeNull();
  expect(out()).toBe('v1 {"size":1,"method":"All"}');
  store.pressButton("go");
  await settled();
  expect(out()).toBe('v1 {"go":"press 2"}');
});

test("a press of which nobody knows whether it took effect is told, and not asked for again", async () => {
  const { store, given, settled, runs } = await openStore("", pageState([BUTTON, ...CELLS]));
  const message = "Expected the press of go to be answered, got a server that does not know of it";
  given.run = () => {
    throw new RequestFailure(409, message);
  };
  store.pressButton("go");
  await settled();
  await settled();
  expect(runs).toHaveLength(1);
  expect(store.view.model?.cells.get("out")?.error?.message).toBe(message);
});

test("what the server has dropped is evaluated anew once, whoever asks for its rows", async () => {
  const { store, runs, settled } = await openStore("?_size=2");
  await settled();
  const key = store.view.model?.cells.get("out")?.result ?? "";
  const evaluation = store.evaluationOf("out", key) ?? null;
  expect(evaluation).toBe("evaluation 1");
  await Promise.all([store.renew("out", evaluation), store.renew("out", evaluation)]);
  expect(runs).toHaveLength(2);
  expect(runs[1]).toMatchObject({ inputs: { size: 2 }, has: { out: key } });
  expect(store.evaluationOf("out", key)).toBe("evaluation 2");
  await store.renew("out", evaluation);
  expect(runs).toHaveLength(2);
});

test("what is dropped while the server is away is evaluated once it is back", async () => {
  const { store, given, runs, settled, tick } = await openStore();
  const { run } = given;
  given.run = () => {
    throw new RequestFailure(0, "Expected the server to answer, got no connection to it");
  };
  const renewed = store.renew("out", "1.commit");
  await settled();
  given.run = run;
  tick(2_000);
  await renewed;
  expect(runs).toHaveLength(2);
  expect(store.view.model?.shown.id).toBe("evaluation 2");
});

test("moves to another version of the same number, as after the store was restored", async () => {
  const { store, given, tell, settled } = await openStore();
  given.state = pageState([...CELLS, outputCell("restored")], { commit: "restored" });
  tell({ type: "version-published", version: 1, commit: "restored" });
  await settled();
  expect(store.view.model?.state.commit).toBe("restored");
  expect(store.view.model?.cells.has("restored")).toBe(true);
});

test("asks for nothing more once the server wants a token", async () => {
  const { store, given, settled, runs } = await openStore();
  given.run = () => {
    throw new RequestFailure(401, "Expected a token, got none");
  };
  store.setInput("size", 1, true);
  await settled();
  await settled();
  expect([store.view.phase, runs.length]).toEqual(["sign-in", 1]);
});

test("tells a refused request at the cells, and does not repeat it", async () => {
  const { store, given, settled, runs } = await openStore();
  given.run = () => {
    throw new RequestFailure(422, "Expected size to be small, got 9");
  };
  store.setInput("size", 9, true);
  await settled();
  expect(store.view.model?.cells.get("out")?.error?.message).toBe(
    "Expected size to be small, got 9",
  );
  expect(runs).toHaveLength(1);
});

test("goes to the newest version when its own is gone", async () => {
  const { store, given, settled, out } = await openStore();
  const { run } = given;
  given.state = pageState(CELLS, { version: 5, commit: "fifth" });
  given.run = (ask) => {
    if (ask.version === 1) throw new RequestFailure(404, "Expected version 1 to be kept");
    return run(ask);
  };
  store.setInput("size", 1, true);
  await settled();
  await settled();
  expect(store.view.model?.state.version).toBe(5);
  expect(out()).toBe('v5 {"size":1,"method":"All"}');
});

test("asks for a token where the server wants one", async () => {
  const { store } = await openStore("", new RequestFailure(401, "Expected a token, got none"));
  expect(store.view.phase).toBe("sign-in");
});

test("says why it does not open, and opens when it is tried again", async () => {
  const { store, given, settled } = await openStore("", new RequestFailure(500, "It broke"));
  expect(store.view).toMatchObject({ phase: "failed", trouble: "It broke" });
  given.state = pageState(CELLS);
  store.retry();
  await settled();
  expect(store.view.phase).toBe("open");
});

test("looks for what it missed when the events come back", async () => {
  const { store, given, settled, listener } = await openStore();
  listener()?.onLoss();
  expect(store.view.isLive).toBe(false);
  given.state = pageState(CELLS, { version: 3, commit: "third" });
  listener()?.onReturn();
  await settled();
  expect(store.view.isLive).toBe(true);
  expect(store.view.model?.state.version).toBe(3);
});

test("says that the app has changed when the server tells of another one, until it is as it was", async () => {
  const { store, given, tell, listener, settled } = await openStore();
  const [loaded, other] = [
    { code: "code", app: "app" },
    { code: "code", app: "other" },
  ];
  tell({ type: "build-told", build: loaded });
  expect(store.view.isChanged).toBe(false);
  tell({ type: "build-told", build: other });
  expect(store.view.isChanged).toBe(true);
  tell({ type: "build-told", build: loaded });
  expect(store.view.isChanged).toBe(false);
  given.state = pageState(CELLS, { build: other });
  listener()?.onReturn();
  await settled();
  expect(store.view.isChanged).toBe(true);
});

test("takes changed cells with a new version, but not changed code of the page", async () => {
  const { store, given, tell, settled } = await openStore();
  tell({ type: "build-told", build: { code: "code", app: "other" } });
  given.state = pageState(CELLS, { ...SECOND, build: { code: "code", app: "other" } });
  tell({ type: "version-published", version: 2, commit: "second" });
  await settled();
  expect(store.view.isChanged).toBe(false);
  const third = { version: 3, commit: "third" };
  given.state = pageState(CELLS, { ...third, build: { code: "newer", app: "other" } });
  tell({ type: "version-published", ...third });
  await settled();
  expect(store.view.isChanged).toBe(true);
});
