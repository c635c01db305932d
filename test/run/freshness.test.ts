import { describe, expect, it } from "vitest";
import { type Freshness, oldestOf, toFreshness } from "../../src/run/run-event.ts";

const nowMs = Date.parse("2026-01-02T00:00:00Z");
const origin = { version: 3, computedAt: "2026-01-01T23:00:00.000Z", codeHash: "a" };

describe("the freshness of a frame", () => {
  it("is its age by the clock and by its own limit", () => {
    const rule = { maxAgeMs: 3_600_000, codeHash: "a", nowMs };
    expect(toFreshness(origin, rule)).toMatchObject({ ageMs: 3_600_000, stale: false });
    expect(toFreshness(origin, { ...rule, nowMs: nowMs + 1 }).stale).toBe(true);
  });

  it("never ends without a limit", () => {
    const rule = { maxAgeMs: undefined, codeHash: "a", nowMs: nowMs * 2 };
    expect(toFreshness(origin, rule).stale).toBe(false);
  });

  it("says whether the code that made it is the code of today", () => {
    const rule = { maxAgeMs: undefined, nowMs };
    expect(toFreshness(origin, { ...rule, codeHash: "a" }).sameCode).toBe(true);
    expect(toFreshness(origin, { ...rule, codeHash: "b" }).sameCode).toBe(false);
  });

  it("is unknown for what another tool left", () => {
    const foreign = { version: null, computedAt: null, codeHash: null };
    expect(toFreshness(foreign, { maxAgeMs: 1, codeHash: "a", nowMs })).toEqual({
      version: null,
      computedAt: null,
      ageMs: null,
      stale: false,
      sameCode: null,
    });
  });

  it("does not turn negative when the clock of the machine that wrote was ahead", () => {
    const rule = { maxAgeMs: 1, codeHash: "a", nowMs: nowMs - 86_400_000 };
    expect(toFreshness(origin, rule)).toMatchObject({ ageMs: 0, stale: false });
  });

  it("of a run is that of the oldest it shows, stale if anything is", () => {
    const young = { version: 3, computedAt: "y", ageMs: 1, stale: true, sameCode: false };
    const old: Freshness = { version: 3, computedAt: "o", ageMs: 9, stale: false, sameCode: true };
    expect(oldestOf([young, old])).toEqual({ ...old, stale: true, sameCode: false });
    expect(oldestOf([])).toBeUndefined();
  });
});
