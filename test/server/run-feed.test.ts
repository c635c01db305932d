import { expect, onTestFinished, test } from "vitest";
import type { Job } from "../../src/queue/queue.ts";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import type { LogLine } from "../../src/run/history/run-log.ts";
import type { RunRecord } from "../../src/run/history/run-record.ts";
import type { ServerEvent } from "../../src/server/event-stream.ts";
import { LOG_START, parseEventId, RunEvents } from "../../src/server/run-events.ts";
import { RunFeeds } from "../../src/server/run-feed.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { queuedRun, toCompleted, toRunning } from "../run/history/records.ts";
import { until } from "../work/project-processes.ts";

/** A run in a history and a queue that the test moves. */
async function world() {
  const history = openRunHistory(new MemoryStore());
  const record = queuedRun(Date.now());
  await history.accept(record);
  const queue = { looks: 0, job: undefined as Partial<Job> | undefined, isDown: false };
  const find = async () => {
    queue.looks += 1;
    if (queue.isDown) throw new Error("the queue is down");
    return queue.job as Job | undefined;
  };
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const feeds = new RunFeeds({ runs: { history, queue: { find } as never }, onWarning });
  const listen = (cursor = LOG_START) => listenTo(feeds, record, cursor);
  const move = (change: (current: RunRecord) => RunRecord) =>
    history.change(record.runId, (current) => change(current));
  const log = (lines: readonly LogLine[]) => history.writeLog(record.runId, lines);
  return { queue, warnings, listen, move, log };
}

function listenTo(feeds: RunFeeds, record: RunRecord, cursor: typeof LOG_START) {
  const heard: ServerEvent[] = [];
  const events = new RunEvents(cursor, ({ state }) => ({ state }));
  const feed = feeds.open(record);
  const tell = () => {
    for (let more = true; more; ) {
      const event = feed.snapshot && events.next(feed.snapshot);
      if (event !== undefined) heard.push(event);
      more = event !== undefined;
    }
  };
  onTestFinished(feed.listen(tell));
  tell();
  const names = () => heard.map(({ name }) => name);
  const untilHeard = (name: string) => until(`${name} is heard`, () => names().includes(name));
  return { heard, names, untilHeard };
}

const line = (text: string): LogLine => ({ at: "2026-03-04T12:00:00.000Z", text });
const cell = (status: string, fraction: number) => {
  return { cells: [{ name: "work", status, fraction, message: "" }] };
};

test("a listener hears where a run stands, then what changes, then its end", async () => {
  const { queue, listen, move, log } = await world();
  const { heard, untilHeard } = listen();
  await untilHeard("run-changed");
  await move(toRunning);
  queue.job = { state: "claimed", progress: cell("running", 0.5) };
  await untilHeard("cell-changed");
  await log([line("well done")]);
  await move((current) => toCompleted(current));
  await untilHeard("run-ended");

  expect(heard.map(({ name, data }) => [name, data])).toEqual([
    ["run-changed", { state: "queued" }],
    ["run-changed", { state: "running" }],
    ["cell-changed", { name: "work", status: "running", fraction: 0.5, message: "" }],
    ["run-changed", { state: "completed" }],
    ["line-logged", line("well done")],
    ["run-ended", { state: "completed" }],
  ]);
});

test("all who listen to a run cost no more looks than one", async () => {
  const { queue, listen, move } = await world();
  const listeners = Array.from({ length: 200 }, () => listen());
  await move(toRunning);
  await move((current) => toCompleted(current));
  await Promise.all(listeners.map(({ untilHeard }) => untilHeard("run-ended")));

  expect(queue.looks).toBeLessThan(20);
});

test("who comes back hears where the run stands, and only the lines that are new", async () => {
  const { listen, move, log } = await world();
  await log([line("first"), line("second"), line("third")]);
  await move(toRunning);
  await move((current) => toCompleted(current));
  const before = listen();
  await before.untilHeard("run-ended");
  const second = before.heard.find(({ data }) => (data as LogLine).text === "second");

  const { heard, untilHeard } = listen(parseEventId(second?.id));
  await untilHeard("run-ended");

  expect(heard.map(({ name, data }) => (data as LogLine).text ?? name)).toEqual([
    "run-changed",
    "third",
    "run-ended",
  ]);
});

test("a failure to look is told to the operator, and the next look may find more", async () => {
  const { queue, warnings, listen, move } = await world();
  queue.isDown = true;
  const { untilHeard } = listen();
  await until("a look has failed", () => warnings.length > 0);
  await move(toRunning);
  await move((current) => toCompleted(current));
  queue.isDown = false;

  await untilHeard("run-ended");

  expect(warnings[0]).toBe("the queue is down");
});
