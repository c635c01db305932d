import { expect, test } from "vitest";
import type { Commit, PublishedFrame } from "../../src/store/manifest/manifest.ts";
import { toVersionDifference } from "../../src/store/version-difference.ts";

const digest = (text: string) => text.padEnd(64, "0");

function frame(content: string, columns: PublishedFrame["columns"]): PublishedFrame {
  const file = { key: "k", sha256: digest(content), sizeBytes: content.length };
  return {
    ...{ rows: content.length, columns, csv: file, schema: file, cell: "cell" },
    ...{ computedAt: "2026-03-04T12:00:00Z", codeHash: "c" },
  };
}

function version(generation: number, differing: Partial<Commit>): Commit {
  return {
    ...{ generation, commitId: `${generation}`, runId: "run", attempt: 1, context: "logic" },
    ...{ publishedAt: "2026-03-04T12:00:00Z", inputs: {}, codeHash: "code", frames: {} },
    ...differing,
  };
}

const number = { name: "n", type: "integer" } as const;
const text = { name: "t", type: "string" } as const;

test("frames are told as added, removed, changed or the same", () => {
  const { frames } = toVersionDifference(
    version(1, {
      frames: { gone: frame("a", [text]), kept: frame("b", [text]), new: frame("c", [text]) },
    }),
    version(2, {
      frames: { added: frame("d", [text]), kept: frame("b", [text]), new: frame("ee", [text]) },
    }),
  );
  expect(frames.map(({ name, change }) => [name, change])).toEqual([
    ["added", "added"],
    ["gone", "removed"],
    ["kept", "same"],
    ["new", "changed"],
  ]);
  expect(frames[3]).toMatchObject({ before: { rows: 1 }, after: { rows: 2, sizeBytes: 2 } });
});

test("columns are told as added, removed or of another type, also where the CSV is the same", () => {
  const [compared] = toVersionDifference(
    version(1, { frames: { f: frame("a", [number, text]) } }),
    version(2, {
      frames: {
        f: frame("a", [
          { ...number, type: "bigint" },
          { name: "x", type: "date" },
        ]),
      },
    }),
  ).frames;
  expect(compared?.change).toBe("changed");
  expect(compared?.columns).toEqual([
    { name: "n", change: "retyped", before: "integer", after: "bigint" },
    { name: "t", change: "removed", before: "string", after: null },
    { name: "x", change: "added", before: null, after: "date" },
  ]);
});

test("inputs that only one version was given are told, and whether code and outputs are the same", () => {
  const outputs = { key: "k", sha256: digest("o"), sizeBytes: 1 };
  const difference = toVersionDifference(
    version(1, { inputs: { same: [1], old: 1 }, outputs }),
    version(2, { inputs: { same: [1], young: null }, codeHash: "other", outputs }),
  );
  expect(difference).toMatchObject({ isSameCode: false, isSameOutput: true });
  expect(difference.inputs).toEqual([
    { name: "old", before: 1, after: undefined },
    { name: "young", before: undefined, after: null },
  ]);
  expect(toVersionDifference(version(1, {}), version(2, { outputs })).isSameOutput).toBeNull();
});
