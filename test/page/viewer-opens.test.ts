import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { usePages } from "./open-page.ts";
import {
  cellOf,
  chosenOf,
  columnOf,
  tableOf,
  untilRows,
  untilShown,
  watchRequests,
} from "./page-parts.ts";
import { makePlanets, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");

describe.skipIf(program === null)("a viewer of the planets", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;
  const ran = () => join(project.directory, "ran");
  const timesRun = () => (existsSync(ran()) ? readFileSync(ran(), "utf8").length : 0);

  beforeAll(async () => {
    project = await makePlanets();
    // A light cell that leaves a mark whenever it runs.
    await project.write(
      "cells/09-marked.ts",
      `import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
import found from "./06-found.ts";
export default cell({ found }, ({ found }) => {
  appendFileSync(${JSON.stringify(ran())}, "x");
  return \`Marked \${found}\`;
});`,
    );
    await project.publish({ sleep_time: 0 });
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  it("sees all cells at once, of which none has run for it", async () => {
    const before = timesRun();
    const page = await pages.open("about:blank");
    const asked = watchRequests(page);
    await page.goto(served.address);
    await untilRows(page, "Planets", "1,035 rows");
    await untilShown(page, "Planets found", "1,035");
    await untilShown(page, "marked", "Marked 1035");
    expect(await page.title()).toBe("Planets");
    expect(asked).not.toContain("POST /page/run");
    expect(timesRun()).toBe(before);
  });

  it("chooses a method, and sees its planets, their number, their mean mass and their years", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Planets", "1,035 rows");
    await page.getByLabel("Discovery method").selectOption("Transit");
    await untilRows(page, "Planets", "397 rows");
    await untilShown(page, "Planets found", "397");
    await untilShown(page, "Mean mass, in masses of Jupiter", "1.47");
    // rows of before stand until others take their places
    await expect.poll(() => tableOf(page, "Planets").getByText("Radial Velocity").count()).toBe(0);
    expect(new URL(page.url()).search).toBe("?_method=Transit");
  });

  it("gives the address to another one, who sees the same", async () => {
    const page = await pages.open(served.address);
    await page.getByLabel("Discovery method").selectOption("Imaging");
    await untilRows(page, "Planets", "38 rows");
    const other = await pages.open(page.url());
    await untilRows(other, "Planets", "38 rows");
    expect(await chosenOf(other, "Discovery method")).toBe("Imaging");
    await other.reload();
    await untilRows(other, "Planets", "38 rows");
    expect(await chosenOf(other, "Discovery method")).toBe("Imaging");
  });

  it("sees the default and a note where the address asks for what there is not", async () => {
    const page = await pages.open(`${served.address}/?_method=Guessing&_sleep=3`);
    await untilRows(page, "Planets", "1,035 rows");
    await page
      .getByText(/got .Guessing/)
      .first()
      .waitFor();
    expect(await chosenOf(page, "Discovery method")).toBe("All");
    await page.getByLabel("Discovery method").selectOption("Transit");
    await untilRows(page, "Planets", "397 rows");
  });

  it("is not disturbed by another one who chooses something else at the same time", async () => {
    const [left, right] = [await pages.open(served.address), await pages.open(served.address)];
    await Promise.all([
      left.getByLabel("Discovery method").selectOption("Transit"),
      right.getByLabel("Discovery method").selectOption("Imaging"),
    ]);
    await Promise.all([
      untilRows(left, "Planets", "397 rows"),
      untilRows(right, "Planets", "38 rows"),
    ]);
    await left.getByLabel("Discovery method").selectOption("Microlensing");
    await untilRows(left, "Planets", "23 rows");
    await untilShown(right, "Planets found", "38");
  });

  it("goes back and forward through what was chosen", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Planets", "1,035 rows");
    await page.getByLabel("Discovery method").selectOption("Transit");
    await untilRows(page, "Planets", "397 rows");
    await page.goBack();
    await untilRows(page, "Planets", "1,035 rows");
    await page.goForward();
    await untilRows(page, "Planets", "397 rows");
  });

  it("keeps the focus near its place when what has it goes", async () => {
    const page = await pages.open(`${served.address}?_method=None+such`);
    await untilRows(page, "Planets", "1,035 rows");
    const close = page.getByRole("button", { name: "Close this notice" });
    await close.press("Enter");
    await close.waitFor({ state: "detached" });
    expect(await page.locator("#app :focus").count()).toBe(1);
    const cell = cellOf(page, "Planets");
    await cell.getByRole("button", { name: "Filter" }).press("Enter");
    await cell.locator(".table-value").fill("Transit");
    await cell.locator(".table-value").press("Enter");
    const filter = cell.getByRole("button", {
      name: "Remove the filter: method contains “Transit”",
    });
    await filter.press("Enter");
    await filter.waitFor({ state: "detached" });
    expect(await cell.locator(":focus").count()).toBe(1);
  });

  it("changes and sorts with the keyboard alone", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Planets", "1,035 rows");
    const isAt = (selector: string) =>
      page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`);
    const tabTo = async (selector: string) => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab");
        if (await isAt(selector)) return;
      }
      throw new Error(`Tab never reaches ${selector}`);
    };
    await tabTo("select");
    // The whole word, a letter at a time, begins anew where a page takes seconds for one of them.
    await page.keyboard.press("i");
    await untilRows(page, "Planets", "38 rows");
    await tabTo("[role=columnheader], [role=gridcell]");
    await expect.poll(() => cellOf(page, "Planets").locator(":focus").count()).toBe(1);
    const year = tableOf(page, "Planets").getByRole("columnheader", { name: /^year/ });
    const column = () => page.evaluate("document.activeElement.getAttribute('aria-colindex')");
    for (let presses = 0; presses < 8 && !(await isFocused(year)); presses++) {
      const before = await column();
      await page.keyboard.press("ArrowRight");
      await expect.poll(column).not.toBe(before);
    }
    await page.keyboard.press("Enter");
    await expect.poll(() => year.getAttribute("aria-sort")).toBe("ascending");
    await expect.poll(async () => (await columnOf(page, "Planets", "year"))[0]).toBe("2004");
  });

  it("keeps what was chosen when a new version arrives, and sees it", async () => {
    const page = await pages.open(served.address);
    await page.getByLabel("Discovery method").selectOption("Transit");
    await untilRows(page, "Planets", "397 rows");
    const planets = await readFile(join(project.directory, "data/planets.csv"), "utf8");
    const publish = async (text: string) => {
      await project.write("data/planets.csv", text);
      await project.publish({ sleep_time: 0 });
    };
    onTestFinished(() => publish(planets));
    await publish(`${planets}Transit,1,3.5,1.2,100.5,2014\n`);
    await untilRows(page, "Planets", "398 rows");
    expect(await chosenOf(page, "Discovery method")).toBe("Transit");
  });
});

function isFocused(part: Locator): Promise<boolean> {
  return part.evaluate((element) => element.matches(":focus"));
}
