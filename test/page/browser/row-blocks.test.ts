import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RowsAnswer } from "../../../src/kernel/evaluation.ts";
import type { RowsSource, RowsSpan } from "../../../src/page/browser/output/rows-source.ts";
import { RowBlocks } from "../../../src/page/browser/output/table/row-blocks.ts";

interface Ask {
  readonly span: RowsSpan;
  readonly signal: AbortSignal;
  answer(answer: Partial<RowsAnswer>): Promise<void>;
  fail(message: string): Promise<void>;
}

/** A source whose answers the test gives. */
function slowSource(key: string): RowsSource & { readonly asks: Ask[] } {
  const asks: Ask[] = [];
  return {
    key,
    asks,
    csvUrl: () => undefined,
    read: (span, signal) =>
      new Promise((resolve, reject) => {
        asks.push({
          span,
          signal,
          async answer({ rows = 1000, head = rowsOf(span, key) }) {
            resolve({ rows, offset: span.offset, head });
            await vi.advanceTimersByTimeAsync(0);
          },
          async fail(message) {
            reject(new Error(message));
            await vi.advanceTimersByTimeAsync(0);
          },
        });
      }),
  };
}

function rowsOf({ offset, limit }: RowsSpan, tag: string) {
  return Array.from({ length: limit }, (_, index) => ({ id: `${tag} ${offset + index}` }));
}

function open(source: RowsSource) {
  const failures: (string | null)[] = [];
  const head = rowsOf({ offset: 0, limit: 20 }, "head");
  const start = { rows: 1000, head };
  const onFailure = (message: string | null) => failures.push(message);
  return { blocks: new RowBlocks(source, start, { onChange() {}, onFailure }), start, failures };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("asks for nothing as long as the first rows suffice", () => {
  const source = slowSource("a");
  const { blocks } = open(source);
  blocks.want(0, 13);
  expect([source.asks.length, blocks.at(12)?.["id"], blocks.isReading]).toEqual([
    0,
    "head 12",
    false,
  ]);
});

test("reads the block that comes into sight, and none twice", async () => {
  const source = slowSource("a");
  const { blocks } = open(source);
  blocks.want(30, 43);
  expect(source.asks.map(({ span }) => span)).toEqual([{ offset: 0, limit: 200 }]);
  expect([blocks.at(40), blocks.isReading]).toEqual([undefined, true]);
  await source.asks[0]?.answer({});
  blocks.want(35, 48);
  await vi.runAllTimersAsync();
  expect([source.asks.length, blocks.at(40)?.["id"], blocks.isReading]).toEqual([1, "a 40", false]);
});

test("aborts what was passed by, and drops an answer that comes all the same", async () => {
  const source = slowSource("a");
  const { blocks } = open(source);
  blocks.want(30, 43);
  blocks.want(900, 913);
  await vi.runAllTimersAsync();
  expect(source.asks.map(({ span, signal }) => [span.offset, signal.aborted])).toEqual([
    [0, true],
    [800, false],
  ]);
  await source.asks[0]?.answer({});
  expect(blocks.at(40)).toBeUndefined();
});

test("reads only where a dragged scrollbar rests", async () => {
  const source = slowSource("a");
  const { blocks } = open(source);
  for (const start of [100, 800, 30, 700]) blocks.want(start, start + 13);
  await vi.runAllTimersAsync();
  expect(source.asks.map(({ span }) => span.offset)).toEqual([0, 600]);
});

test("keeps the old rows in sight until those of another order are there", async () => {
  const source = slowSource("a");
  const { blocks, start } = open(source);
  const filters = [{ column: "id", test: "contains", value: "7" } as const];
  blocks.want(0, 13);
  blocks.arrange({ filters }, start);
  expect([blocks.at(3)?.["id"], blocks.isReading]).toEqual(["head 3", true]);
  await source.asks[0]?.answer({ rows: 2, head: [{ id: "x" }, { id: "y" }] });
  expect([source.asks[0]?.span.filters, blocks.rows, blocks.at(1)?.["id"]]).toEqual([
    filters,
    2,
    "y",
  ]);
});

test("finds rows again after a filter that left none", async () => {
  const source = slowSource("a");
  const { blocks, start } = open(source);
  blocks.want(0, 13);
  blocks.arrange({ filters: [{ column: "id", test: "missing" }] }, start);
  await source.asks[0]?.answer({ rows: 0, head: [] });
  blocks.want(0, 0);
  blocks.arrange({ filters: [{ column: "id", test: "present" }] }, start);
  await source.asks[1]?.answer({});
  expect([blocks.rows, blocks.at(0)?.["id"]]).toEqual([1000, "a 0"]);
});

test("shows other data in the order that was asked for", async () => {
  const [first, second] = [slowSource("a"), slowSource("b")];
  const { blocks, start } = open(first);
  const sort = { column: "id", descending: true };
  blocks.want(0, 13);
  blocks.arrange({ sort }, start);
  await first.asks[0]?.answer({});
  blocks.show(second, { rows: 500, head: [] });
  expect([second.asks[0]?.span.sort, blocks.at(0)?.["id"]]).toEqual([sort, "a 0"]);
  await second.asks[0]?.answer({ rows: 500 });
  expect([blocks.rows, blocks.at(0)?.["id"]]).toEqual([500, "b 0"]);
});

test("tells why rows cannot be had, and reads them when asked again", async () => {
  const source = slowSource("a");
  const { blocks, failures } = open(source);
  blocks.want(30, 43);
  await source.asks[0]?.fail("The server is gone.");
  expect(failures.at(-1)).toBe("The server is gone.");
  blocks.retry();
  await vi.runAllTimersAsync();
  await source.asks[1]?.answer({});
  expect([failures.at(-1), blocks.at(40)?.["id"]]).toEqual([null, "a 40"]);
});

test("keeps its rows and says so while they have to be computed anew", async () => {
  const source = slowSource("a");
  const { blocks } = open(source);
  let tell: (isRenewing: boolean) => void = () => {};
  const told = {
    ...source,
    read: (...given: Parameters<RowsSource["read"]>) => {
      tell = given[2] ?? tell;
      return source.read(...given);
    },
  };
  blocks.show(told, { rows: 1000, head: rowsOf({ offset: 0, limit: 20 }, "head") });
  blocks.want(30, 43);
  await vi.runAllTimersAsync();
  tell(true);
  expect([blocks.isRenewing, blocks.at(12)?.["id"]]).toEqual([true, "head 12"]);
  tell(false);
  await source.asks[0]?.answer({});
  expect([blocks.isRenewing, blocks.at(40)?.["id"]]).toEqual([false, "a 40"]);
});

test("tells no failure of rows that were replaced while they were read", async () => {
  const source = slowSource("a");
  const { blocks, failures } = open(source);
  const replaced = { ...source, read: () => Promise.resolve(undefined) };
  blocks.show(replaced, { rows: 1000, head: [] });
  blocks.want(30, 43);
  await vi.runAllTimersAsync();
  expect(failures.filter((message) => message !== null)).toEqual([]);
});
