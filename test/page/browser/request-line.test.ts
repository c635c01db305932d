import { expect, test } from "vitest";
import { openRequestLine } from "../../../src/page/browser/published/request-line.ts";

/** A line over a value that changes, with requests that the test answers. */
function openLine(options: { readonly mayGiveUp?: boolean } = {}) {
  let wanted: number | undefined;
  const sent: {
    ask: number;
    signal: AbortSignal;
    answer: (text: string) => void;
    fail: () => void;
  }[] = [];
  const heard: string[] = [];
  const timers: (() => void)[] = [];
  const line = openRequestLine<number, string>({
    next() {
      const ask = wanted;
      wanted = undefined;
      return ask;
    },
    send: (ask, signal) =>
      new Promise((answer, reject) => {
        sent.push({ ask, signal, answer, fail: () => reject(new Error("refused")) });
      }),
    onAnswer: (ask, answer) => heard.push(`${ask}: ${answer}`),
    onFailure: (ask) => heard.push(`${ask}: failed`),
    mayGiveUp: () => options.mayGiveUp ?? true,
    after(_ms, call) {
      timers.push(call);
      return () => timers.splice(timers.indexOf(call), 1);
    },
  });
  const want = (value: number) => {
    wanted = value;
    line.wake();
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { line, want, sent, heard, timers, settled };
}

test("sends one request at a time, and then only the newest of those that waited", async () => {
  const { want, sent, heard, settled } = openLine();
  for (const value of [1, 2, 3, 4]) want(value);
  expect(sent.map(({ ask }) => ask)).toEqual([1]);
  sent[0]?.answer("a");
  await settled();
  expect(sent.map(({ ask }) => ask)).toEqual([1, 4]);
  sent[1]?.answer("b");
  await settled();
  expect(heard).toEqual(["1: a", "4: b"]);
});

test("gives a slow request up for a newer one, and hears no more of it", async () => {
  const { want, sent, heard, timers, settled } = openLine();
  want(1);
  want(2);
  timers[0]?.();
  expect(sent[0]?.signal.aborted).toBe(true);
  sent[1]?.answer("new");
  await settled();
  sent[0]?.answer("old");
  await settled();
  expect(heard).toEqual(["2: new"]);
});

test("does not give up a request that must not be lost", () => {
  const { want, timers, sent } = openLine({ mayGiveUp: false });
  want(1);
  want(2);
  expect(timers).toEqual([]);
  expect(sent[0]?.signal.aborted).toBe(false);
});

test("goes on after a failure", async () => {
  const { want, sent, heard, settled } = openLine();
  want(1);
  want(2);
  sent[0]?.fail();
  await settled();
  sent[1]?.answer("b");
  await settled();
  expect(heard).toEqual(["1: failed", "2: b"]);
});

test("sends nothing once it is closed", async () => {
  const { line, want, sent, heard, settled } = openLine();
  want(1);
  line.close();
  want(2);
  expect(sent[0]?.signal.aborted).toBe(true);
  sent[0]?.answer("late");
  await settled();
  expect(sent).toHaveLength(1);
  expect(heard).toEqual([]);
});
