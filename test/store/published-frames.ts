import { randomUUID } from "node:crypto";
import type { Frame } from "../../src/frame/frame.ts";
import type { Publication } from "../../src/store/publication.ts";

/** A publication of frames by one run, with what tests do not care about filled in. */
export function publication(
  frames: Readonly<Record<string, Frame>>,
  more: Partial<Publication> = {},
): Publication {
  const computedAt = "2026-01-31T11:59:00.000Z";
  const staged = Object.entries(frames).map(
    ([name, frame]) =>
      [name, { frame, cell: "planets", codeHash: "cell-hash", computedAt }] as const,
  );
  return {
    runId: randomUUID(),
    attempt: 1,
    context: "logic",
    inputs: { sleep_time: 5 },
    codeHash: "hash",
    frames: new Map(staged),
    now: () => Date.UTC(2026, 0, 31, 12),
    sleep: async () => {},
    ...more,
  };
}
