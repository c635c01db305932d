import { HexError } from "../../src/errors.ts";
import { frame } from "../../src/frame/rows.ts";
import { newRunId } from "../../src/run/history/run-id.ts";
import { collectGarbage, planGarbage } from "../../src/store/garbage.ts";
import { acquireLease } from "../../src/store/lease/lease.ts";
import { type Publication, publish } from "../../src/store/publication.ts";
import type { Store } from "../../src/store/store.ts";
import { openVersion, type Version } from "../../src/store/version.ts";
import { listVersions, rollback } from "../../src/store/versions.ts";
import type { ProjectRuns } from "../../src/work/project-runs.ts";
import { runSchedules } from "../../src/work/project-schedules.ts";
import { cancelRecordedRun, recoverRuns } from "../../src/work/recover-runs.ts";
import { type RecordingOptions, recordRun } from "../../src/work/run-recording.ts";
import { submitRun } from "../../src/work/submit-run.ts";
import { runWorker } from "../../src/work/worker.ts";
import { queuedRun, toCompleted, toRunning } from "../run/history/records.ts";
import { publication } from "../store/published-frames.ts";
import type { Told } from "./judge.ts";
import type { SimulatedProject } from "./simulated-project.ts";
import { computeAndPublish } from "./simulated-run-process.ts";
import { sleep } from "./virtual-globals.ts";
import { EPOCH_MS, type VirtualProcess } from "./virtual-world.ts";

/** What a process is made to do. */
export interface Task {
  readonly project: SimulatedProject;
  readonly self: VirtualProcess;
  readonly times: number;
}

const HOUR_MS = 3_600_000;
const SHARED_RUN = "019cb8b8-0000-7000-8000-000000000000";
const RETENTION = { keepVersions: 3, keepMs: 24 * HOUR_MS };
/** Shorter than versions are kept, by as much as clocks are set. */
const PINNED_MS = 22 * HOUR_MS;

/** What processes do, by the name of their role. */
export const ROLES: Readonly<Record<string, (task: Task) => Promise<void>>> = {
  /** a worker of the project's queue, as `hex worker` */
  worker: async ({ project, self }) => {
    const runs = await project.open(self);
    const onEvent = (event: { readonly type: string; readonly message?: string }) => {
      if (event.message !== undefined) project.world.note(self.name, event.message);
    };
    await runWorker(runs, { signal: neverAborted(), drainMs: 5_000, onEvent });
  },

  /** a scheduler of the project's schedules */
  scheduler: async ({ project, self }) => {
    const runs = await project.open(self);
    const onEvent = (event: { readonly type: string; readonly runId?: string }) => {
      project.world.note(self.name, `${event.type} ${event.runId ?? ""}`);
    };
    await runSchedules(runs, { signal: neverAborted(), onEvent });
  },

  /** asks for runs, and takes some of them back */
  submitter: async (task) => {
    const { project, self } = task;
    const runs = await project.open(self);
    await again(task, 20_000, async () => {
      const runId = newRunId();
      const request = { context: "scheduled", trigger: "api", inputs: new Map() } as const;
      await untilKnown(task, () => submitRun(runs, request, { runId, requestedBy: "simulation" }));
      project.judge.count("submitted");
      if (self.random() > 0.2) return;
      await sleep(hereOf(task), self.random() * 10_000);
      const record = await runs.history.read(runId);
      if (record !== undefined) await cancelRecordedRun(runs, record);
    });
  },

  /** a server, which looks after runs that nobody carries out any more */
  healer: async ({ project, self }) => {
    const { store, history, config } = await project.open(self);
    const onWarning = (line: string) => project.world.note(self.name, line);
    await recoverRuns({ store, history, config }, { signal: neverAborted(), onWarning });
  },

  /** carries runs out at once, as `hex run` */
  runner: async (task) => {
    const runs = await task.project.open(task.self);
    await again(task, 10_000, () => runHere(task, runs));
  },

  /** changes the record of a run that others change as well; the last change ends it */
  recorder: async (task) => {
    const { project, self, times } = task;
    const { judge, world } = project;
    const { history } = await project.open(self);
    const run = queuedRun(EPOCH_MS, { runId: SHARED_RUN });
    await untilKnown(task, () => history.accept(run));
    let changes = 0;
    await again({ ...task, times: times + 1 }, 1_000, async () => {
      const worker = `${self.name}.${self.pid}.${++changes}`;
      judge.began(worker);
      const answer = await history.change(SHARED_RUN, (current) => {
        const next = toRunning(current, worker);
        return changes > times ? toCompleted(next, self.pid) : next;
      });
      world.note(self.name, `${worker}: ${answer.status}`);
      judge.expect(answer.status !== "missing", "no record is lost", worker);
      if (answer.status === "changed") judge.changed(worker);
    });
    // Whoever looks after runs that have not ended goes on until they have.
    await untilKnown(task, () =>
      history.change(SHARED_RUN, (current) => toCompleted(toRunning(current, "healer"))),
    );
  },

  /** publishes without asking for the lease, as who has one that is lost; some give up in between */
  writer: (task) => {
    const store = task.project.openStore(task.self);
    return again(task, 2_000, () => write(task, store, { keepVersions: 100 }, true));
  },

  /** opens the newest version, and reads its frames some time later */
  reader: (task) => {
    const store = task.project.openStore(task.self);
    return again(task, 10_000, async () => {
      const version = await openVersion(store);
      await readWhole(task, version);
    });
  },

  /** publishes for days; one that is stopped may come back when its files are long gone */
  author: (task) => {
    const store = task.project.openStore(task.self);
    return again(task, 12 * HOUR_MS, () => write(task, store, RETENTION, false));
  },

  /** pins a version, and comes back to it while it may count on it */
  visitor: (task) => {
    const { project, self } = task;
    const store = project.openStore(self);
    return again(task, 12 * HOUR_MS, async () => {
      const until = project.world.now + PINNED_MS;
      const version = await openVersion(store);
      for (let reads = 0; reads < 3; reads++) {
        await sleep(hereOf(task), self.random() * 10 * HOUR_MS);
        if (project.world.now > until - HOUR_MS) break;
        project.judge.sawPin(version.commit, (key) => project.stored.objects.has(key));
        await readWhole(task, version);
      }
    });
  },

  /** goes back to some version */
  returner: (task) => {
    const { project, self } = task;
    const store = project.openStore(self);
    return again(task, 24 * HOUR_MS, async () => {
      const versions = await listVersions(store);
      const target = versions[Math.floor(self.random() * versions.length)];
      if (target === undefined) return;
      await rollback(store, target.generation, RETENTION);
      project.judge.count("rollbacks");
    });
  },

  /** removes what no version needs */
  collector: (task) => {
    const { project, self } = task;
    const store = project.openStore(self);
    return again(task, 24 * HOUR_MS, async () => {
      const plan = await planGarbage(store, { ...RETENTION, now: Date.now() });
      const { objects } = await collectGarbage(store, plan);
      project.judge.count("removed", objects);
    });
  },
};

async function runHere({ self }: Task, { store, history, config }: ProjectRuns): Promise<void> {
  const runId = newRunId();
  const holder = `${self.name}@${self.machine.name}:${self.pid}`;
  const told = { runId, context: "scheduled", trigger: "cli", requestedBy: holder } as const;
  const stopping = new AbortController();
  const ended = new AbortController();
  const healing = recoverRuns(
    { store, history, config },
    { signal: ended.signal, onWarning: () => {} },
  );
  const recording: RecordingOptions = {
    ...{ ...told, history, store, worker: holder, inputs: {}, acceptSchema: false },
    ...{ isRecordedWhileRunning: true, isResultKept: true, redact: (data) => data, emit: () => {} },
    now: () => Date.now(),
    stop: (reason) => stopping.abort(reason),
  };
  try {
    await recordRun(recording, () =>
      computeAndPublish(
        store,
        { ...told, attempt: 1 },
        {
          signal: stopping.signal,
          takeLease: (wish) =>
            acquireLease(store, { ...wish, holder, run: { id: runId, attempt: 1 } }),
        },
      ),
    );
  } finally {
    ended.abort();
    await healing;
  }
}

/** Does something some times, whatever the store says to it, with pauses in between. */
async function again(task: Task, pauseMs: number, act: () => Promise<void>): Promise<void> {
  for (let count = 0; count < task.times; count++) {
    await sleep(hereOf(task), task.self.random() * pauseMs);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
      task.project.world.note(task.self.name, `gives up: ${error.message}`);
    }
  }
}

async function untilKnown(task: Task, ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof HexError)) throw error;
      await sleep(hereOf(task), 1_000 + task.self.random() * 2_000);
    }
  }
}

/** Publishes two frames, or a third one alone, which leaves the two as they are. */
async function write(
  task: Task,
  store: Store,
  retention: typeof RETENTION | { readonly keepVersions: number },
  givesUp: boolean,
): Promise<void> {
  const { project, self } = task;
  const runId = newRunId();
  const own = frame([{ run: runId }]);
  const frames = self.random() < 0.3 ? { c: own } : { a: own, b: own };
  const shown = { shown: new Map([["cell", { frame: own }]]), outputs: () => new Uint8Array(2) };
  const giving = new AbortController();
  // Some are interrupted in a pause between their tries: what became of the last one is then open.
  const givesUpAt = givesUp && self.random() < 0.5 ? Math.ceil(self.random() * 3) : 0;
  let pauses = 0;
  const pause: Publication["sleep"] = async (ms, { signal }) => {
    if (++pauses === givesUpAt) giving.abort(new HexError("HEX_CANCELLED", "given up"));
    await sleep(hereOf(task), ms, signal);
  };
  const { now: _, ...plain } = publication(frames, { runId, ...retention, sleep: pause });
  const more = { ...plain, signal: giving.signal, ...(self.random() < 0.3 && shown) };
  try {
    project.judge.tell(runId, "published", await publish(store, more));
  } catch (error) {
    project.judge.tell(runId, toTold(error));
    throw error;
  }
}

/** A signal of one process alone: what others listen to on it is gone with its world. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

function toTold(error: unknown): Told {
  return error instanceof Error && / is unknown/.test(error.message) ? "unknown" : "refused";
}

/** Both frames that are published together are of one run, and those of the version. */
async function readWhole({ project, self }: Task, version: Version): Promise<void> {
  if (!version.frames().has("a")) return;
  const [a, b] = [await version.readFrame("a"), await version.readFrame("b")];
  // What is announced as an earlier one, since a read broke off, is no mix.
  if (a?.source !== "version" || b?.source !== "version") return;
  const texts = [a.frame.at("run", 0), b.frame.at("run", 0)];
  const got = `${self.name} reads ${texts.join(" and ")} in version ${version.number}`;
  project.judge.expect(texts[0] === texts[1], "a reader never sees a mix", got);
  const keys = ["a", "b"].map((name) => version.frames().get(name)?.csv.key);
  const isOwn = keys.every((key) => key?.includes(String(texts[0])));
  project.judge.expect(isOwn, "a reader reads what the version holds", got);
  project.judge.count("reads");
}

function hereOf({ project: { world }, self }: Task) {
  return { world, self };
}
