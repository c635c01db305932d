import { afterEach, expect, test, vi } from "vitest";
import { cellRows, type RowsGround } from "../../../src/page/browser/published/cell-rows.ts";

/** A server that holds one evaluation at a time, and a page that shows it. */
function openGround(options: { readonly held?: string; readonly resultAfter?: string } = {}) {
  const { held = "first", resultAfter = "result" } = options;
  const server = { held };
  const page = { evaluation: "first", result: "result" };
  const asked: string[] = [];
  const fetching = async (_path: string, { body }: { readonly body: string }) => {
    const ask = JSON.parse(body);
    asked.push(ask.evaluation);
    if (ask.evaluation !== server.held) {
      return Response.json({ reason: "Expected it to be held" }, { status: 410 });
    }
    return Response.json({ rows: 1_000, offset: ask.offset, head: [{ from: ask.evaluation }] });
  };
  vi.stubGlobal("fetch", fetching);
  const ground: RowsGround = {
    evaluationOf: (_cell, key) => (key === page.result ? page.evaluation : undefined),
    async renew() {
      page.evaluation = page.evaluation === "first" ? "second" : `${page.evaluation}'`;
      page.result = resultAfter;
    },
  };
  return { rows: cellRows("table", "result", ground), server, asked, page };
}

afterEach(() => void vi.unstubAllGlobals());

const SPAN = { offset: 200, limit: 200 };
const { signal } = new AbortController();

test("reads rows of the evaluation that the page shows", async () => {
  const { rows, asked } = openGround();
  expect(await rows.read(SPAN, signal)).toMatchObject({ head: [{ from: "first" }] });
  expect(asked).toEqual(["first"]);
  expect(rows.csvUrl({})).toBe(
    `/page/csv?ask=${encodeURIComponent('{"evaluation":"first","cell":"table"}')}`,
  );
});

test("has a dropped evaluation computed anew, says so, and reads the rows of the same result", async () => {
  const { rows, asked } = openGround({ held: "second" });
  const told: boolean[] = [];
  const answer = await rows.read(SPAN, signal, (isRenewing) => told.push(isRenewing));
  expect(answer?.head).toEqual([{ from: "second" }]);
  expect(asked).toEqual(["first", "second"]);
  expect(told).toEqual([true, false]);
});

test("never reads rows of another result among those of the one that is shown", async () => {
  const { rows, asked } = openGround({ held: "second", resultAfter: "another" });
  expect(await rows.read(SPAN, signal)).toBeUndefined();
  expect(asked).toEqual(["first"]);
});

test("gives up with one sentence when it is dropped again and again", async () => {
  const { rows, asked } = openGround({ held: "none" });
  await expect(rows.read(SPAN, signal)).rejects.toThrow("dropped several times");
  expect(asked).toHaveLength(4);
});

test("offers a download once the rows are held", async () => {
  const { rows } = openGround({ held: "second" });
  const sort = { column: "from", descending: true };
  const url = await rows.readyCsvUrl?.({ sort }, signal);
  expect(url).toContain(encodeURIComponent('"evaluation":"second"'));
});
