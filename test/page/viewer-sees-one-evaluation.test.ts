import { cp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { until } from "../work/project-processes.ts";
import { usePages } from "./open-page.ts";
import {
  cellOf,
  download,
  rowsInSight,
  scrollTable,
  tableOf,
  untilRows,
  untilShown,
  watchRequests,
} from "./page-parts.ts";
import { makeCells, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");
/** What the browser itself says while no server listens, and of answers that the test expects. */
const UNREACHED = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|net::ERR_|503|410/;

const AMOUNT = `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 1, max: 9, default: 1 });
`;

/** A button by which a cell writes a line into a file. */
const PRESSED = {
  "01-base.ts": `import { cached } from "hex-runtime";
export default cached("base", () =>
  Array.from({ length: 2000 }, (_, n) => ({ n, customer: "customer " + n })));
`,
  "02-send.ts": `import { button } from "hex-runtime";
export default button({ label: "Send reminders" });
`,
  "03-sent.ts": `import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
import base from "./01-base.ts";
import send from "./02-send.ts";
export default cell({ base, send }, ({ base, send }) => {
  if (!send) return [{ n: -1, customer: "nobody" }];
  appendFileSync(new URL("../mails.log", import.meta.url), "sent\\n");
  return base;
});
`,
};

/** A table that is another one whenever it is computed, and an input that it does not hang on. */
const SAMPLED = {
  "01-base.ts": `import { cached } from "hex-runtime";
export default cached("base", () => Array.from({ length: 1000 }, (_, n) => ({ n })));
`,
  "02-amount.ts": AMOUNT,
  "03-double.ts": `import { cell } from "hex-runtime";
import amount from "./02-amount.ts";
export default cell({ amount }, ({ amount }) => 2 * amount);
`,
  "04-sample.ts": `import { cell } from "hex-runtime";
import base from "./01-base.ts";
export default cell({ base }, ({ base }) =>
  base.rows().map(({ n }) => ({ n, drawn: Math.floor(Math.random() * 1e9) })));
`,
};

describe.skipIf(program === null)("a viewer sees one evaluation", () => {
  const pages = usePages(program);

  async function publish(cells: Readonly<Record<string, string>>): Promise<PageProject> {
    const project = await makeCells(cells);
    onTestFinished(() => project.remove());
    await project.publish();
    return project;
  }

  async function serve({ directory }: PageProject, ...argv: string[]): Promise<ServedPage> {
    const served = await servePage(directory, ...argv);
    onTestFinished(() => served.stop());
    return served;
  }

  const portOf = ({ address }: ServedPage) => new URL(address).port;

  async function linesOf({ directory }: PageProject): Promise<number> {
    const text = await readFile(join(directory, "mails.log"), "utf8").catch(() => "");
    return text.split("\n").length - 1;
  }

  async function setAmount(page: Page, amount: number): Promise<void> {
    await page.getByRole("slider", { name: "Amount" }).fill(`${amount}`);
    await untilShown(page, "double", `${2 * amount}`);
  }

  /** The rows of the sample as the browser has them: scrolled through, each number with what was drawn. */
  async function sampleOf(page: Page): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const part of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      await scrollTable(page, "sample", part);
      const whole = async () => (await rowsInSight(page, "sample")).filter(([n]) => n !== "");
      await expect.poll(async () => (await whole()).length).toBeGreaterThan(5);
      for (const [n = "", drawn = ""] of await whole()) {
        if (drawn !== "") found.set(n.replaceAll(/\D/g, ""), drawn.replaceAll(/\D/g, ""));
      }
    }
    await scrollTable(page, "sample", 0);
    return found;
  }

  /** Whether all rows that were seen are rows of a file. */
  async function expectOf(seen: ReadonlyMap<string, string>, page: Page): Promise<void> {
    const csv = await download(page, "Download the rows of sample as CSV");
    const rows = new Map(
      csv
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",") as [string, string]),
    );
    expect(rows.size).toBe(1000);
    expect(seen.size).toBeGreaterThan(50);
    for (const [n, drawn] of seen) expect(rows.get(n), `row ${n}`).toBe(drawn);
  }

  it("presses once, however often the table below is scrolled, sorted, filtered and downloaded", async () => {
    const project = await publish(PRESSED);
    const served = await serve(project);
    const page = await pages.open(served.address);
    await untilRows(page, "sent", "1 row");
    await page.getByRole("button", { name: "Send reminders" }).click();
    await untilRows(page, "sent", "2,000 rows");
    for (const part of [0.3, 0.5, 0.8, 1]) {
      await scrollTable(page, "sent", part);
      const last = `customer ${Math.floor(part * 1_999)}`;
      if (part === 1) await tableOf(page, "sent").getByText(last).first().waitFor();
    }
    await tableOf(page, "sent")
      .getByRole("columnheader", { name: /^customer/ })
      .click();
    await scrollTable(page, "sent", 0);
    await tableOf(page, "sent").getByText("customer 1000").first().waitFor();
    const cell = cellOf(page, "sent");
    await cell.getByRole("button", { name: "Filter" }).click();
    await cell.getByLabel("Column", { exact: true }).selectOption("customer");
    await cell.getByLabel("Value", { exact: true }).fill("customer 19");
    await cell.getByRole("button", { name: "Add filter" }).click();
    await untilRows(page, "sent", "111 rows");
    const csv = await download(page, "Download the rows of sent as CSV");
    expect(csv.trim().split("\n")).toHaveLength(1 + 111);
    expect(await linesOf(project)).toBe(1);
    await page.getByRole("button", { name: "Send reminders" }).click();
    await expect.poll(() => linesOf(project)).toBe(2);
  });

  it("opens on the publishing run's table to its last row, and keeps it while others are recomputed", async () => {
    const project = await publish(SAMPLED);
    const served = await serve(project);
    const page = await pages.open("about:blank");
    const asked = watchRequests(page);
    await page.goto(served.address);
    await untilRows(page, "sample", "1,000 rows");
    const seen = await sampleOf(page);
    await expectOf(seen, page);
    expect(asked).not.toContain("POST /page/run");
    await setAmount(page, 4);
    await expectOf(seen, page);
    // Which rows are in sight hangs on how fast they are drawn.
    const again = [...(await sampleOf(page))].filter(([n]) => seen.has(n));
    expect(again.length).toBeGreaterThan(20);
    expect(again).toEqual(again.map(([n]) => [n, seen.get(n)]));
  });

  it("sees everything replaced at once when the server has dropped what was shown, and no mix of two", async () => {
    const project = await publish({
      ...SAMPLED,
      "04-sample.ts": `import { cell } from "hex-runtime";
import base from "./01-base.ts";
import amount from "./02-amount.ts";
export default cell({ base, amount }, ({ base }) =>
  base.rows().map(({ n }) => ({ n, drawn: Math.floor(Math.random() * 1e9) })));
`,
    });
    let served = await serve(project);
    const page = await pages.open(served.address, { expected: UNREACHED });
    await untilRows(page, "sample", "1,000 rows");
    await setAmount(page, 3);
    const before = await sampleOf(page);
    await served.stop();
    served = await serve(project, "--port", portOf(served));
    // In the order of `n` the rows in sight stay those that were seen before.
    await tableOf(page, "sample").getByRole("columnheader", { name: /^n\b/ }).click();
    await expect
      .poll(async () => {
        const rows = await rowsInSight(page, "sample");
        return rows.some(([n = "", drawn = ""]) => {
          const was = before.get(n.replaceAll(/\D/g, ""));
          return was !== undefined && drawn !== "" && was !== drawn.replaceAll(/\D/g, "");
        });
      })
      .toBe(true);
    await expectOf(await sampleOf(page), page);
    expect(await page.getByRole("slider", { name: "Amount" }).inputValue()).toBe("3");
  });

  it("has a press carried out once that meets a server which is away", async () => {
    const project = await publish(PRESSED);
    let served = await serve(project);
    const page = await pages.open(served.address, { expected: UNREACHED });
    await untilRows(page, "sent", "1 row");
    await served.stop();
    await page.getByRole("button", { name: "Send reminders" }).click();
    await page.getByText("asked for again by itself").first().waitFor();
    expect(await linesOf(project)).toBe(0);
    served = await serve(project, "--port", portOf(served));
    await untilRows(page, "sent", "2,000 rows");
    expect(await linesOf(project)).toBe(1);
    await page.getByText("asked for again by itself").waitFor({ state: "detached" });
  });

  it("sees in an input what the cells compute with, though its default has moved on since", async () => {
    const project = await makeCells({
      "01-day.ts": `import { readFileSync } from "node:fs";
import { date } from "hex-runtime";
export default date({}, () => ({
  label: "Day",
  default: readFileSync(new URL("../today.txt", import.meta.url), "utf8").trim(),
}));
`,
      "02-amount.ts": AMOUNT,
      "03-base.ts": SAMPLED["01-base.ts"],
      "04-shown.ts": `import { cell } from "hex-runtime";
import day from "./01-day.ts";
import amount from "./02-amount.ts";
import base from "./03-base.ts";
export default cell({ day, amount, base }, ({ day, amount }) => day + ": " + amount);
`,
    });
    onTestFinished(() => project.remove());
    await project.write("today.txt", "2026-11-29");
    await project.publish();
    const served = await serve(project);
    const page = await pages.open(served.address);
    await untilShown(page, "shown", "2026-11-29: 1");
    await project.write("today.txt", "2026-12-01");
    await page.getByRole("slider", { name: "Amount" }).fill("2");
    await untilShown(page, "shown", "2026-11-29: 2");
    expect(await page.getByRole("textbox", { name: "Day" }).inputValue()).toBe("2026-11-29");
    await page.reload();
    await untilShown(page, "shown", "2026-11-29: 2");
    expect(await page.getByRole("textbox", { name: "Day" }).inputValue()).toBe("2026-11-29");
  });

  it("goes on while a cell is saved with a fault in it", async () => {
    const project = await publish(SAMPLED);
    const served = await serve(project);
    const page = await pages.open(served.address);
    await untilRows(page, "sample", "1,000 rows");
    await setAmount(page, 4);
    await project.write("cells/03-double.ts", "export default cell({ amount, ) => \n");
    await until("the fault to be noticed", () =>
      served.lines().some(({ event }) => event === "project-unread"),
    );
    await setAmount(page, 5);
    expect(await cellOf(page, "double").getByRole("alert").count()).toBe(0);
  });

  it("moves to another version of the same number, as after the store was restored", async () => {
    const project = await publish(SAMPLED);
    const served = await serve(project);
    const page = await pages.open(served.address);
    await page.getByText("version 1", { exact: true }).waitFor();
    const store = join(project.directory, ".hex/store");
    await cp(store, `${store}-backup`, { recursive: true });
    await project.publish();
    await page.getByText("version 2", { exact: true }).waitFor();
    const before = await sampleOf(page);
    await rename(store, `${store}-away`);
    await rename(`${store}-backup`, store);
    await rm(`${store}-away`, { recursive: true });
    await project.publish();
    await expect
      .poll(async () => (await rowsInSight(page, "sample"))[0]?.[1]?.replaceAll(/\D/g, ""))
      .not.toBe(before.get("0"));
    await page.getByText("version 2", { exact: true }).waitFor();
    const seen = await sampleOf(page);
    await expectOf(seen, page);
    expect([...seen].some(([n, drawn]) => before.get(n) === drawn)).toBe(false);
  });
});
