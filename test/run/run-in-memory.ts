import { randomUUID } from "node:crypto";
import { toGraph } from "../../src/cell/graph.ts";
import { planRun } from "../../src/cell/plan.ts";
import type { RunContext } from "../../src/cell/run-context.ts";
import { runPlan } from "../../src/run/run-plan.ts";
import type { RunWork } from "../../src/run/run-work.ts";
import { acquireLease } from "../../src/store/lease/lease.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import type { inMemoryCells } from "./in-memory-cells.ts";

type Cells = ReturnType<typeof inMemoryCells>;

export interface InMemoryRun
  extends Partial<Omit<RunWork, "plan" | "sharedPlan" | "cells" | "inputs">> {
  readonly context?: RunContext;
  /** as JSON, by name */
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** Runs cells that are written in a test, in a store of their own unless one is given. */
export function runInMemory(
  cells: Cells,
  { context = "logic", inputs = {}, ...given }: InMemoryRun = {},
) {
  const graph = toGraph(cells.cells);
  const settings = { context, computeIn: ["logic"] } as const;
  const store = given.store ?? new MemoryStore();
  const holder = "somebody@somewhere:1";
  return runPlan({
    runId: randomUUID(),
    attempt: 1,
    trigger: "cli",
    plan: planRun(graph, settings),
    sharedPlan: planRun(graph, { ...settings, isShared: true }),
    cells,
    store,
    machines: "several",
    retention: { keepVersions: 10, keepMs: 0 },
    maxAgeMs: undefined,
    acceptSchema: false,
    holder,
    takeLease: (wish) => acquireLease(store, { holder, ...wish }),
    runParts: () => Promise.reject(new Error("no parts here")),
    inputs: new Map(
      Object.entries(inputs).map(([name, value]) => [name, { value, form: "json", place: name }]),
    ),
    hasDefaultInputs: Object.keys(inputs).length === 0,
    secrets: {},
    redact: (data) => data,
    signal: new AbortController().signal,
    emit: () => undefined,
    now: Date.now,
    ...given,
  });
}
