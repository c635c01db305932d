import { describe, expect, it } from "vitest";
import {
  type LogLine,
  parseLog,
  RunLogWriter,
  toLogBytes,
} from "../../../src/run/history/run-log.ts";
import { NOON } from "./records.ts";

const at = new Date(NOON).toISOString();
const place = { key: "log.jsonl", location: "memory:test" };

describe("the lines of a log", () => {
  it("are the newest that 1 MiB has room for, and the first one says how many are missing", () => {
    const lines = Array.from({ length: 3_000 }, (_, n) => ({
      at,
      text: `${n} ${"é".repeat(500)}`,
    }));
    const bytes = toLogBytes(lines, 7);
    expect(bytes.length).toBeLessThanOrEqual(2 ** 20);
    expect(bytes.length).toBeGreaterThan(2 ** 20 - 3_000);
    const [note, ...kept] = parseLog(bytes, place);
    expect(kept).toEqual(lines.slice(-kept.length));
    const missing = (3_007 - kept.length).toLocaleString("en");
    expect(note?.text).toBe(
      `The first ${missing} lines have been left out: a log holds up to 1 MiB.`,
    );
  });

  it("are cut when they are so long that they would push out the others", () => {
    const [line] = parseLog(toLogBytes([{ at, text: "x".repeat(10 ** 7) }]), place);
    expect(line?.text).toHaveLength(16_001);
  });

  it.each(['{"at":"yesterday","text":""}\n', '{"text":"x"}\n', "x\n", '{"at":"2026'])(
    "are refused when something else wrote them: %j",
    (text) => {
      const read = () => parseLog(new TextEncoder().encode(text), place);
      expect(read).toThrow(expect.objectContaining({ code: "HEX_STORE_DAMAGED" }));
    },
  );
});

describe("the log of a run that goes on", () => {
  it("is written 2 s after a line came, and never twice for the same lines", async () => {
    const world = fakeWorld();
    world.log.take({ type: "line-logged", name: "sum", line: "one\n" });
    world.log.add({ text: "two", stream: "stderr" });
    expect([world.written, world.timers.map(({ ms }) => ms)]).toEqual([[], [2_000]]);
    world.fire();
    await world.log.close();
    const lines = [
      { at, cell: "sum", text: "one" },
      { at, text: "two", stream: "stderr" },
    ];
    expect(world.written).toEqual([{ lines, left: 0 }]);
  });

  it("is written whole at the end, and not at all when no line came", async () => {
    const [silent, noisy] = [fakeWorld(), fakeWorld()];
    await silent.log.close();
    expect(silent.written).toEqual([]);
    noisy.log.add({ text: "one" });
    await noisy.log.close();
    expect(noisy.written).toEqual([{ lines: [{ at, text: "one" }], left: 0 }]);
    expect(noisy.timers).toEqual([]);
  });

  it("holds no more in memory than a log has room for, and counts what it dropped", async () => {
    const { log, written } = fakeWorld();
    for (let n = 0; n < 10_000; n++) log.add({ text: `${n} ${"x".repeat(1_000)}` });
    await log.close();
    const [{ lines, left } = { lines: [], left: 0 }] = written;
    expect(left + lines.length).toBe(10_000);
    expect(lines.length).toBeLessThan(2_100);
    expect(lines.at(-1)?.text).toMatch(/^9999 x/);
  });

  it("warns once when it cannot be written, and goes on", async () => {
    const world = fakeWorld(new Error("read-only"));
    for (const text of ["one", "two"]) {
      world.log.add({ text });
      world.fire();
    }
    await world.log.close();
    expect(world.warnings).toEqual(["the log is not kept: read-only"]);
  });
});

function fakeWorld(failure?: Error) {
  const written: { readonly lines: readonly LogLine[]; readonly left: number }[] = [];
  const warnings: string[] = [];
  const timers: { readonly callback: () => void; readonly ms: number }[] = [];
  const log = new RunLogWriter({
    write: async (lines, left) => {
      if (failure !== undefined) throw failure;
      written.push({ lines, left });
    },
    onWarning: (line) => warnings.push(line),
    now: () => NOON,
    startTimer: (callback, ms) => {
      const timer = { callback, ms };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  });
  const fire = () => {
    for (const { callback } of timers.splice(0)) callback();
  };
  return { log, written, warnings, timers, fire };
}
