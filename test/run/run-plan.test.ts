import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cached, cell } from "../../src/cell/cell.ts";
import { toGraph } from "../../src/cell/graph.ts";
import { slider } from "../../src/cell/input.ts";
import { planRun } from "../../src/cell/plan.ts";
import type { RequestedInput } from "../../src/cell/requested-input.ts";
import type { RunContext } from "../../src/cell/run-context.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import type { RunParts } from "../../src/run/parts/join-parts.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { runPlan } from "../../src/run/run-plan.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { acquireLease } from "../../src/store/lease/lease.ts";
import { LEASE_KEY } from "../../src/store/lease/lease-terms.ts";
import type { Store } from "../../src/store/store.ts";
import { rollback } from "../../src/store/versions.ts";
import { inMemoryCells } from "./in-memory-cells.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hex-run-"));
});
afterEach(() => rm(directory, { recursive: true }));

interface RunOptions {
  readonly context?: RunContext;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly events?: RunEvent[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly maxAgeMs?: number;
  readonly acceptSchema?: boolean;
  readonly store?: Store;
  readonly now?: () => number;
  readonly runId?: string;
  readonly attempt?: number;
  readonly runParts?: RunParts;
}

function run(cells: ReturnType<typeof inMemoryCells>, options: RunOptions = {}) {
  const { context = "logic", inputs = {}, events = [], secrets = {} } = options;
  const graph = toGraph(cells.cells);
  const settings = { context, computeIn: ["logic"] } as const;
  const store = options.store ?? new DirectoryStore(directory);
  return runPlan({
    runId: options.runId ?? randomUUID(),
    attempt: options.attempt ?? 1,
    trigger: "cli",
    plan: planRun(graph, settings),
    sharedPlan: planRun(graph, { ...settings, isShared: true }),
    cells,
    store: options.store ?? new DirectoryStore(directory),
    machines: "several",
    retention: { keepVersions: 10, keepMs: 0 },
    maxAgeMs: options.maxAgeMs,
    acceptSchema: options.acceptSchema ?? false,
    holder: "somebody@somewhere:1",
    takeLease: (wish) => acquireLease(store, { holder: "somebody@somewhere:1", ...wish }),
    runParts: options.runParts ?? (() => Promise.reject(new Error("no parts here"))),
    inputs: new Map(Object.entries(inputs).map(([name, value]) => [name, asked(name, value)])),
    hasDefaultInputs: Object.keys(inputs).length === 0,
    secrets,
    redact: (data) => data,
    signal: options.signal ?? new AbortController().signal,
    emit: (event) => events.push(event),
    now: options.now ?? Date.now,
  });
}

/** The store, in which something else happens before the lease is looked at. */
function storeThatFirst(action: () => Promise<unknown>): Store {
  const store = new DirectoryStore(directory);
  const read = store.read.bind(store);
  let isDone = false;
  store.read = async (key, options) => {
    if (key === LEASE_KEY && !isDone) {
      isDone = true;
      await action();
    }
    return read(key, options);
  };
  return store;
}

function asked(name: string, value: string): RequestedInput {
  return { value, form: "text", place: `--input ${name}` };
}

const people = () => frame([{ name: "Ada", age: 36 }]);

/** An input, a heavy cell over it, and a light cell over that. */
function tutorial(compute: () => unknown = people) {
  return inMemoryCells({
    wait: { is: slider({ min: 0, max: 10 }) },
    people: { after: ["wait"], is: cached("people", compute) },
    count: {
      after: ["people"],
      is: cell({}, (values) => (values as unknown as { people: Frame }).people.numRows),
    },
  });
}

function statuses(result: Awaited<ReturnType<typeof run>>) {
  return Object.fromEntries(result.cells.map(({ name, status }) => [name, status]));
}

/** A cell that branches on the run context, and writes and reads its frame itself. */
function explicit() {
  return inMemoryCells({
    people: {
      is: cell(async (_, { runContext, store }) => {
        if (runContext === "logic") await store.writeFrame("people", people());
        return store.readFrame("people");
      }),
    },
  });
}

describe("a run", () => {
  it("computes and publishes in the logic context, and only reads back in the others", async () => {
    const logic = await run(tutorial());
    expect(logic).toMatchObject({ status: "completed", version: 1 });
    const app = await run(tutorial(), { context: "app" });
    expect(app).toMatchObject({ status: "completed", version: 1 });
    expect(statuses(app)).toEqual({ wait: "pruned", people: "read", count: "computed" });
    expect(app.cells.at(-1)?.output).toEqual({ kind: "value", value: 1 });
  });

  it("loads only the cells it computes", async () => {
    await run(tutorial());
    const cells = tutorial();
    await run(cells, { context: "app" });
    expect(cells.loaded).toEqual(["count"]);
  });

  it("leaves ordinary CSV beside what it published", async () => {
    await run(tutorial());
    expect(await readFile(join(directory, "people.csv"), "utf8")).toMatch(/"Ada",36\n$/);
  });

  it("says which command computes a frame that nobody has published", async () => {
    const result = await run(tutorial(), { context: "app" });
    expect(result).toMatchObject({ status: "failed", error: { code: "HEX_NOT_COMPUTED" } });
    expect(result.error?.message).toContain("run `hex run --context logic`");
    expect(statuses(result)).toEqual({ wait: "pruned", people: "failed", count: "skipped" });
  });

  it("publishes nothing when a cell fails, skips its dependents and tells the rest", async () => {
    const cells = inMemoryCells({
      good: { is: cached("good", people) },
      bad: {
        is: cell(() => {
          throw new RangeError("too far");
        }),
      },
      below: { after: ["bad"], is: cell(() => 1) },
    });
    const result = await run(cells);
    expect(statuses(result)).toEqual({ good: "computed", bad: "failed", below: "skipped" });
    expect(result.error).toEqual({
      code: "HEX_CELL_FAILED",
      message: "Expected cell bad (cells/bad.ts) to be computed, got RangeError: too far",
    });
    expect((await run(tutorial(), { context: "app" })).error?.code).toBe("HEX_NOT_COMPUTED");
  });

  it("runs cells side by side that do not depend on each other", async () => {
    let resolve: (value: string) => void = () => undefined;
    const met = new Promise<string>((whenMet) => {
      resolve = whenMet;
    });
    const cells = inMemoryCells({
      waits: { is: cell(() => met) },
      answers: { is: cell(() => resolve("met")) },
    });
    expect((await run(cells)).cells[0]?.output).toEqual({ kind: "value", value: "met" });
  });

  it("gives every cell function the run context, secrets and its progress", async () => {
    const events: RunEvent[] = [];
    const is = cell((_, { runContext, secrets, progress }) => {
      progress(0.5, "half");
      return `${runContext} ${secrets["KEY"]}`;
    });
    const options = { context: "scheduled", secrets: { KEY: "value" }, events } as const;
    const result = await run(inMemoryCells({ tells: { is } }), options);
    expect(result.cells[0]?.output).toEqual({ kind: "value", value: "scheduled value" });
    expect(events).toContainEqual({
      type: "cell-progressed",
      name: "tells",
      fraction: 0.5,
      message: "half",
    });
  });

  it("tells what happens in order, from the plan to the result", async () => {
    const events: RunEvent[] = [];
    const result = await run(inMemoryCells({ one: { is: cell(() => 1) } }), { events });
    expect(events.map(({ type }) => type)).toEqual([
      "run-started",
      "cell-started",
      "cell-ended",
      "run-ended",
    ]);
    expect(events.at(-1)).toEqual({ type: "run-ended", result });
  });

  it("ends at once when it is cancelled, even if a cell does not listen, and publishes nothing", async () => {
    const controller = new AbortController();
    const cells = inMemoryCells({
      people: { is: cached("people", people) },
      deaf: {
        is: cell(() => {
          controller.abort();
          return new Promise(() => undefined);
        }),
      },
    });
    const result = await run(cells, { signal: controller.signal });
    expect(result).toMatchObject({ status: "cancelled", error: { code: "HEX_CANCELLED" } });
    expect((await run(tutorial(), { context: "app" })).error?.code).toBe("HEX_NOT_COMPUTED");
  });

  it("lets a cell branch on the run context and read and write frames itself", async () => {
    expect(await run(explicit())).toMatchObject({ status: "completed", version: 1 });
    const app = await run(explicit(), { context: "app" });
    expect(app.cells[0]).toMatchObject({ status: "computed", output: { kind: "frame", rows: 1 } });
  });

  it("refuses to write a frame in a context that does not compute", async () => {
    const is = cell((_, { store }) => store.writeFrame("people", people()));
    const result = await run(inMemoryCells({ writes: { is } }), { context: "app" });
    expect(result.error?.message).toBe(
      'Expected store.writeFrame("people") in cell writes to be called in a context that computes (logic), got app (branch on runContext, or name the context in computeIn)',
    );
  });

  it("refuses what a cached cell returns when it is no frame", async () => {
    const result = await run(tutorial(() => 42));
    expect(result.error?.message).toBe(
      "Expected the result of cached cell people to be a frame, rows or a danfo DataFrame, got number",
    );
  });

  it("carries frames over that a run did not compute", async () => {
    await run(inMemoryCells({ other: { is: cached("other", people) } }));
    expect(await run(tutorial())).toMatchObject({ version: 2 });
    const cells = inMemoryCells({ other: { is: cached("other", people) } });
    expect(await run(cells, { context: "app" })).toMatchObject({
      version: 2,
      cells: [{ status: "read" }],
    });
  });
});

describe("a run that reads what another one published", () => {
  const dayMs = 86_400_000;

  it("says from which version it is, how old, whether stale, and whether of the same code", async () => {
    const start = Date.parse("2026-01-01T00:00:00Z");
    const logic = await run(tutorial(), { now: () => start });
    expect(logic.data).toMatchObject({ version: 1, ageMs: 0, stale: false, sameCode: true });
    const later = { context: "app", maxAgeMs: dayMs, now: () => start + dayMs + 1 } as const;
    const app = await run(tutorial(), later);
    const data = { version: 1, computedAt: "2026-01-01T00:00:00.000Z", ageMs: dayMs + 1 };
    expect(app.data).toEqual({ ...data, stale: true, sameCode: true });
    expect(app.cells.find(({ name }) => name === "people")?.data).toEqual(app.data);
  });

  it("keeps the last good version when a column is gone that a cell below reads", async () => {
    const reading = (rows: () => unknown) =>
      inMemoryCells({
        people: { is: cached("people", rows) },
        mean: {
          after: ["people"],
          is: cell(
            {},
            (values) =>
              (values as unknown as { people: Frame }).people.filter(
                (row) => !("age" in row) || row["age"] !== 1,
              ).numRows,
          ),
        },
      });
    await run(reading(people));
    const without = () => frame([{ name: "Ada" }]);
    const refused = await run(reading(without));
    expect(refused).toMatchObject({ status: "failed", error: { code: "HEX_SCHEMA_CHANGED" } });
    expect(refused.error?.message).toContain("column age, which mean reads, to stay integer");
    expect(await run(reading(people), { context: "app" })).toMatchObject({ version: 1 });
    expect(await run(reading(without), { acceptSchema: true })).toMatchObject({ version: 2 });
  });

  it("finds the variant of its inputs, beside the default one", async () => {
    const byLimit = () =>
      inMemoryCells({
        limit: { is: slider({ min: 0, max: 10 }) },
        people: {
          after: ["limit"],
          key: ["limit"],
          is: cached("people", (values) => frame([{ limit: (values as { limit: number }).limit }])),
        },
      });
    await run(byLimit());
    await run(byLimit(), { inputs: { limit: "7" } });
    const rows = async (inputs: Readonly<Record<string, string>>) => {
      const { cells } = await run(byLimit(), { context: "app", inputs });
      const output = cells.at(-1)?.output;
      return output?.kind === "frame" ? output.head : cells.at(-1)?.error?.message;
    };
    expect(await rows({})).toEqual([{ limit: 0 }]);
    expect(await rows({ limit: "7" })).toEqual([{ limit: 7 }]);
    expect(await rows({ limit: "8" })).toContain("run `hex run --context logic --input limit=8`");
  });
});

describe("runs that compute at the same time", () => {
  it("compute once and share one version", async () => {
    let computed = 0;
    const slow = () =>
      tutorial(async () => {
        computed++;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return people();
      });
    const results = await Promise.all([run(slow()), run(slow()), run(slow())]);
    expect(results.map(({ status, version }) => [status, version])).toEqual([
      ["completed", 1],
      ["completed", 1],
      ["completed", 1],
    ]);
    expect(computed).toBe(1);
  });

  it("compute once also when the other one is done before the lease is asked for", async () => {
    const computeFirst = () => run(tutorial());
    const { version, cells } = await run(tutorial(), { store: storeThatFirst(computeFirst) });
    expect([version, cells.find(({ name }) => name === "people")?.status]).toEqual([1, "read"]);
  });

  it("do not take a version that somebody goes back to for one that was just computed", async () => {
    await run(tutorial());
    const goBack = () => rollback(new DirectoryStore(directory), 1);
    const { version, cells } = await run(tutorial(), { store: storeThatFirst(goBack) });
    expect([version, cells.find(({ name }) => name === "people")?.status]).toEqual([3, "computed"]);
  });

  it("compute one after the other when they are not the same", async () => {
    const inputs = ["1", "2"].map((wait) => ({ wait }));
    const results = await Promise.all(inputs.map((each) => run(tutorial(), { inputs: each })));
    expect(results.map(({ version }) => version).sort()).toEqual([1, 2]);
  });
});

describe("a later attempt at a run", () => {
  it("publishes nothing that an earlier one has published", async () => {
    let computed = 0;
    const cells = tutorial(() => {
      computed++;
      return people();
    });
    const runId = randomUUID();
    const first = await run(cells, { runId });
    await run(cells);
    const second = await run(cells, { runId, attempt: 2 });
    expect([first.version, second.status, second.version]).toEqual([1, "completed", 1]);
    expect(second.isPublisher).toBe(true);
    expect(computed).toBe(2);
  });

  it("publishes nothing anew that a cell writes itself, either", async () => {
    const runId = randomUUID();
    const first = await run(explicit(), { runId });
    const second = await run(explicit(), { runId, attempt: 2 });
    expect([first.version, second.version, second.isPublisher]).toEqual([1, 1, true]);
    expect(await run(explicit())).toMatchObject({ version: 2 });
  });

  it("computes and publishes what earlier ones did not", async () => {
    const result = await run(tutorial(people), { attempt: 3 });
    expect(result).toMatchObject({ status: "completed", version: 1 });
  });
});
