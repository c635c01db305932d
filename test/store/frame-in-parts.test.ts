import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { publication } from "./published-frames.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ROWS = 120_000;
const KEYS = {
  arrow: ".hex/runs/run-1/sales.arrow",
  csv: ".hex/runs/run-1/sales.csv",
  sums: ".hex/runs/run-1/.sums/sales.arrow",
};
/** Within the column of amounts, behind the ids: 8 bytes a row each. */
const IN_AMOUNTS = 12 * ROWS;

let sales: Frame;
/** what was published, untouched */
let published: string;
let store: DirectoryStore;
let folder: string;

beforeAll(async () => {
  sales = frame(
    Array.from({ length: ROWS }, (_, id) => {
      const city = id % 5 === 0 ? null : `c${id % 12}`;
      return { id, amount: (id * 7) / 4, weight: id / 8, price: id / 16, city };
    }),
  );
  published = await mkdtemp(join(tmpdir(), "hex-store-"));
  const publishing = publication({ sales }, { runId: "run", attempt: 1 });
  await publish(new DirectoryStore(published), publishing);
});

afterAll(() => rm(published, { recursive: true }));

beforeEach(async () => {
  folder = await temporaryFolder();
  await cp(published, folder, { recursive: true });
  store = new DirectoryStore(folder);
});

it("a large frame that is read in parts is the one that was published", async () => {
  const { frame: read, warnings } = await readSales();
  expect(read.schema).toEqual(sales.schema);
  expect(summaryOf(read)).toEqual(summaryOf(sales));
  expect(warnings).toEqual([]);
});

it("takes the CSV for a column that turns out to be damaged when it is needed, and warns once", async () => {
  await damage(KEYS.arrow, IN_AMOUNTS);
  const { frame: read, warnings } = await readSales();
  expect(read.head(3).rows()).toEqual(sales.head(3).rows());
  expect(warnings).toEqual([]);
  expect(summaryOf(read)).toEqual(summaryOf(sales));
  expect(warnings).toEqual([
    expect.stringMatching(
      /^Expected `\.hex\/runs\/run-1\/sales\.arrow` in file:.+; its CSV is read/,
    ),
  ]);
});

it("refuses a damaged column whose CSV is damaged as well, and tells the reader", async () => {
  await damage(KEYS.arrow, IN_AMOUNTS);
  await damage(KEYS.csv, 100);
  const { frame: read, lost } = await readSales();
  for (let row = 0; row < 3; row++) {
    expect(() => read.at("amount", row)).toThrow(/^Expected `\.hex\/runs\/run-1\/sales\.csv` in /);
  }
  // The files are not read again for each value.
  expect(lost).toEqual(["sales"]);
});

it("reads the Arrow file as a whole, and says so, where the sums of its parts are damaged", async () => {
  await damage(KEYS.sums, 3);
  const { frame: read, warnings } = await readSales();
  expect(summaryOf(read)).toEqual(summaryOf(sales));
  expect(warnings).toEqual([expect.stringMatching(/its Arrow file is read as a whole instead$/)]);
});

it("goes on with what it has opened when its files are removed or replaced", async () => {
  const { frame: read, warnings } = await readSales();
  await store.delete(KEYS.arrow);
  await store.write(KEYS.csv, new Uint8Array(9));
  expect(summaryOf(read)).toEqual(summaryOf(sales));
  expect(warnings).toEqual([]);
});

it("takes the CSV, and warns, where the Arrow file is gone or cut off", async () => {
  await store.delete(KEYS.arrow);
  const { frame: read, warnings } = await readSales();
  expect(summaryOf(read)).toEqual(summaryOf(sales));
  expect(warnings).toEqual([expect.stringMatching(/its CSV is read instead$/)]);
});

it("needs only one of its files to be there: what lies in place of the other is passed over", async () => {
  await replaceByLink(KEYS.csv);
  const first = await readSales();
  expect(summaryOf(first.frame)).toEqual(summaryOf(sales));
  expect(first.warnings).toEqual([]);
  await rm(join(folder, KEYS.csv));
  await cp(join(published, KEYS.csv), join(folder, KEYS.csv));
  await replaceByLink(KEYS.arrow);
  const second = await readSales();
  expect(summaryOf(second.frame)).toEqual(summaryOf(sales));
  expect(second.warnings).toEqual([expect.stringMatching(/its CSV is read instead$/)]);
});

it.runIf(process.platform === "linux")("keeps no file open that nobody reads", async () => {
  const before = (await readdir("/proc/self/fd")).length;
  for (let count = 0; count < 200; count++) await readSales();
  await expect
    .poll(
      async () => {
        // Frames that nobody holds are found as soon as the memory is looked through.
        for (let count = 0; count < 50; count++) new Uint8Array(2 ** 22);
        return (await readdir("/proc/self/fd")).length;
      },
      { timeout: 60_000 },
    )
    .toBeLessThan(before + 100);
});

async function readSales() {
  const warnings: string[] = [];
  const lost: string[] = [];
  const lazily = { onLost: () => lost.push("sales") };
  const onWarning = (text: string) => warnings.push(text);
  const version = await openVersion(store);
  const read = await version.readFrame("sales", { lazily, onWarning });
  if (read === undefined) throw new Error("It was published");
  return { frame: read.frame, warnings, lost };
}

/** What hangs on every column of a frame. */
function summaryOf(read: Frame) {
  let sum = 0;
  const passing = read.filter((row) => row["city"] === "c3" && Number(row["id"]) % 2 === 1);
  for (const column of ["id", "amount", "weight", "price"]) {
    for (const value of read.column(column)) sum += Number(value);
  }
  return { sum, numRows: passing.numRows, last: passing.slice(-3).rows() };
}

async function replaceByLink(key: string): Promise<void> {
  await rm(join(folder, key));
  await symlink(join(published, key), join(folder, key));
}

async function damage(key: string, place: number): Promise<void> {
  const body = new Uint8Array((await store.read(key))?.body ?? []);
  body[place] = Number(body[place]) ^ 1;
  await store.write(key, body);
}
