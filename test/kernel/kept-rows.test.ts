import { expect, test } from "vitest";
import { KeptRows } from "../../src/kernel/kept-rows.ts";
import type { KernelProcess } from "../../src/kernel/kernel-process.ts";

const toKernel = () => ({ isReady: true }) as KernelProcess & { isReady: boolean };
const rowsOf = (evaluation: string, offset = 0) =>
  ({ kind: "rows", query: { evaluation, cell: "c", offset, limit: 100 } }) as const;

test("rows of an evaluation are answered as before, for as long as its process lives", () => {
  const [kernel, other] = [toKernel(), toKernel()];
  const kept = new KeptRows();
  kept.keep(rowsOf("e"), { text: "rows" }, kernel);

  expect(kept.find(rowsOf("e"), kernel)).toEqual({ text: "rows" });
  expect(kept.find(rowsOf("e"), "any")).toEqual({ text: "rows" });
  expect(kept.find(rowsOf("e"), other)).toBeUndefined();
  expect(kept.find(rowsOf("e", 100), kernel)).toBeUndefined();
  expect(kept.find(rowsOf("f"), kernel)).toBeUndefined();
  kernel.isReady = false;
  expect(kept.find(rowsOf("e"), "any")).toBeUndefined();
});

test("long answers are not kept", () => {
  const kernel = toKernel();
  const kept = new KeptRows();
  kept.keep(rowsOf("e"), { text: "x".repeat(2 ** 20) }, kernel);
  expect(kept.find(rowsOf("e"), kernel)).toBeUndefined();
});
