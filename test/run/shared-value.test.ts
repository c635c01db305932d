import { describe, expect, it } from "vitest";
import { chart } from "../../src/cell/output.ts";
import { frame } from "../../src/frame/rows.ts";
import { shareValue } from "../../src/run/shared-value.ts";

const numbers = frame([{ at: 1 }]);

class Own {
  count = 0;
}

describe("a value that is handed to several readers", () => {
  it("is frozen as deep as it goes, charts too, and is not copied", () => {
    const spec = { encoding: { x: { field: "at" } } };
    const value = { list: [{ a: 1 }], drawn: chart([{ at: 1 }], spec), numbers };
    const shared = shareValue(value);
    expect([shared.frames, shared.isSafe]).toEqual([[numbers], true]);
    const parts = [value, value.list, value.list[0], spec, spec.encoding, spec.encoding.x];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
    expect(shared.handOver()).toBe(value);
  });

  it("may hold itself, and lie deeper than a stack", () => {
    const loop: Record<string, unknown> = { when: new Date(0) };
    loop["self"] = loop;
    const copy = shareValue(loop).handOver() as typeof loop;
    expect(copy["self"]).toBe(copy);
    let deep: unknown = new Date(0);
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const shared = shareValue(deep);
    expect(shared.sizeBytes).toBeGreaterThan(100_000);
    expect(shared.handOver() === deep).toBe(false);
  });

  it("is frozen also below what its author has frozen, and where parts of it meet again", () => {
    const inner = { list: [1] };
    const value = Object.freeze({ inner, again: [inner] });
    shareValue(value);
    expect([inner, inner.list, value.again].every((each) => Object.isFrozen(each))).toBe(true);
  });

  it.each([
    ["a date", () => new Date(0), (date: Date) => date.setTime(1)],
    ["a map", () => new Map([["a", 1]]), (map: Map<string, number>) => map.clear()],
    ["a set", () => new Set([1]), (set: Set<number>) => set.clear()],
    ["numbers", () => Float64Array.of(1, 2), (numbers: Float64Array) => numbers.fill(9)],
    ["a buffer", () => Buffer.from("ab"), (buffer: Buffer) => buffer.fill(0)],
  ])("holds %s that every reader has for itself", (_, make, change) => {
    const value = { inside: [make()], beside: { a: 1 } };
    const shared = shareValue(value);
    const [one, other] = [shared.handOver(), shared.handOver()] as [typeof value, typeof value];
    change(one.inside[0] as never);
    expect(other).toEqual({ inside: [make()], beside: { a: 1 } });
    expect(value.inside).toEqual([make()]);
    expect([shared.isSafe, Object.isFrozen(one.inside)]).toEqual([true, true]);
    expect(one.beside).toBe(value.beside);
  });

  it("keeps the names, marks and prototypes of what it copies", () => {
    const named: object = JSON.parse('{"__proto__": [1], "a": 1}');
    const bare = Object.assign(Object.create(null), { when: new Date(0) });
    const drawn = chart([{ when: new Date(0) }], {});
    const value = { named: { ...named, when: new Date(0) }, bare, drawn };
    const copy = shareValue(value).handOver() as typeof value;
    expect(copy).toEqual(value);
    expect(Object.keys(copy.named)).toEqual(["__proto__", "a", "when"]);
    expect(Object.getPrototypeOf(copy.bare)).toBeNull();
  });

  it("is handed as it is where it holds functions and objects of other classes", () => {
    const own = new Own();
    const value = { own, call: () => 1 };
    const shared = shareValue(value);
    expect([shared.isSafe, shared.handOver()]).toEqual([false, value]);
    expect(Object.isFrozen(own)).toBe(false);
  });
});
