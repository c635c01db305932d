import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { GALLERY_ROWS, makeGallery } from "./gallery-project.ts";
import { usePages } from "./open-page.ts";
import {
  bytesOf,
  cellOf,
  chosenOf,
  columnOf,
  download,
  save,
  tableOf,
  untilRows,
  untilShown,
} from "./page-parts.ts";
import type { PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");

describe.skipIf(program === null)("a viewer of every kind of cell", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;

  beforeAll(async () => {
    project = await makeGallery();
    await project.publish();
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  it("drags a slider, and sees what is left", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    // what stands above it and is drawn late would move it under the pointer
    await untilProse(page);
    const slider = page.getByRole("slider", { name: "Least amount" });
    await slider.hover();
    await page.mouse.down();
    const box = await slider.boundingBox();
    if (box === null) throw new Error("the slider is not to be seen");
    for (let step = 1; step <= 8; step++) {
      await page.mouse.move(box.x + (box.width * step) / 10, box.y + box.height / 2);
    }
    await page.mouse.up();
    const least = Number(await slider.inputValue());
    expect(least).toBeGreaterThan(100);
    await expect.poll(() => new URL(page.url()).searchParams.get("_least")).toBe(`${least}`);
    await untilShown(page, "Rows found", leftBy(least).toLocaleString("en"));
  });

  it("sets every kind of input, and finds it again after a reload", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    await page.getByRole("combobox", { name: "Group", exact: true }).selectOption("north");
    await page.getByLabel("Only returned").check();
    await page.getByRole("textbox", { name: "Search" }).fill("plain");
    await page.getByRole("textbox", { name: "Search" }).press("Enter");
    await page.getByRole("spinbutton", { name: "Top" }).fill("7");
    await page.getByRole("spinbutton", { name: "Top" }).press("Enter");
    await page.getByLabel("From", { exact: true }).fill("2026-02-03");
    await untilShown(page, "Facts", "2026-02-03");
    await untilShown(page, "Facts", "7");
    const count = () => cellOf(page, "Rows found").innerText();
    await expect.poll(count).toMatch(/\b59\b|\b60\b/);
    await page.reload();
    await expect.poll(count).toMatch(/\b59\b|\b60\b/);
    expect(await chosenOf(page, "Group")).toBe("north");
    expect(await page.getByLabel("Only returned").isChecked()).toBe(true);
    expect(await page.getByRole("textbox", { name: "Search" }).inputValue()).toBe("plain");
    expect(await page.getByRole("spinbutton", { name: "Top" }).inputValue()).toBe("7");
    expect(await page.getByLabel("From", { exact: true }).inputValue()).toBe("2026-02-03");
  });

  it("presses a button, which counts once", async () => {
    const page = await pages.open(served.address);
    await page.getByRole("button", { name: "Draw again" }).click();
    await untilShown(page, "Facts", "true");
    await page.getByRole("spinbutton", { name: "Top" }).fill("8");
    await page.getByRole("spinbutton", { name: "Top" }).press("Enter");
    await untilShown(page, "Facts", "8");
    await untilShown(page, "Facts", "false");
  });

  it("is told by a cell why it fails, and sees it again when it does not", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    await page.getByRole("textbox", { name: "Search" }).fill("fail");
    await page.getByRole("textbox", { name: "Search" }).press("Enter");
    await untilShown(page, "Found", "Nothing is called that");
    await page.getByRole("textbox", { name: "Search" }).fill("");
    await page.getByRole("textbox", { name: "Search" }).press("Enter");
    await page.getByText("Nothing is called that").first().waitFor({ state: "detached" });
    await untilRows(page, "Found", "5,000 rows");
  });

  it("scrolls to the last row of a table, of which only what is in sight is there", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    const table = tableOf(page, "Found");
    expect(await table.getByRole("row").count()).toBeLessThan(100);
    await table.getByRole("gridcell").first().click();
    await page.keyboard.press("Control+End");
    await table
      .getByText("4,999", { exact: true })
      .or(table.getByText("4999", { exact: true }))
      .first()
      .waitFor();
  });

  it("sorts a table by a click on a head, both ways, and back", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    const head = tableOf(page, "Found").getByRole("columnheader", { name: /^amount/ });
    const amounts = async () => (await columnOf(page, "Found", "amount")).slice(0, 3);
    await head.click();
    await expect.poll(async () => (await amounts())[0]).toMatch(/^(0|–)$/);
    await head.click();
    await expect.poll(amounts).toEqual(["249.75", "249.75", "249.75"]);
  });

  it("filters a table beyond the inputs, and downloads what is left, safe for a spreadsheet", async () => {
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    const found = cellOf(page, "Found");
    await found.getByRole("button", { name: "Filter" }).click();
    await found.getByLabel("Column", { exact: true }).selectOption("note");
    await found.getByLabel("Value", { exact: true }).fill("=1");
    await found.getByRole("button", { name: "Add filter" }).click();
    await untilRows(page, "Found", "715 rows");
    const lines = (await download(page, "Download the rows of Found as CSV")).trim().split(/\r?\n/);
    expect(lines).toHaveLength(1 + 715);
    expect(lines[0]?.replaceAll('"', "")).toBe("id,group,amount,day,isReturned,note");
    expect(lines[1]?.replaceAll('"', "")).toBe("1,south,229.75,2026-01-02,false,'=1+1");
  });

  it("downloads the rows that inputs and columns ask for, all of them", async () => {
    const page = await pages.open(`${served.address}/?_group=north`);
    await untilRows(page, "Found", "1,250 rows");
    const text = await download(page, "Download the rows of Found as CSV");
    expect(text.trim().split(/\r?\n/)).toHaveLength(1 + GALLERY_ROWS / 4);
    expect(text).not.toContain("south");
    expect(text).toContain("'=1+1");
    expect(text).toContain("'@sum");
    expect(text).toContain('"with ""quotes"""');
  });

  it("downloads a chart as a picture of either kind", async () => {
    const page = await pages.open(served.address);
    const chart = cellOf(page, "Amount by group");
    await chart.locator("canvas, svg").first().waitFor();
    const svg = await save(page, () => chart.getByRole("button", { name: /SVG/ }).click());
    expect((await bytesOf(svg)).toString()).toMatch(/^<svg[^>]*>[\s\S]*north[\s\S]*<\/svg>\s*$/);
    const png = await save(page, () => chart.getByRole("button", { name: /PNG/ }).click());
    expect((await bytesOf(png)).subarray(1, 4).toString()).toBe("PNG");
  });

  it("reads prose with a formula, coloured code and a table", async () => {
    const page = await pages.open(served.address);
    await untilProse(page);
    expect(await page.getByRole("link", { name: "link" }).getAttribute("rel")).toContain(
      "noopener",
    );
  });
});

/** How many rows of the project have at least so much. */
function leftBy(least: number): number {
  const ids = Array.from({ length: GALLERY_ROWS }, (_, id) => id);
  return ids.filter((id) => id % 11 !== 0 && ((id * 7919) % 1000) / 4 >= least).length;
}

async function untilProse(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Every kind of cell" }).waitFor();
  await page.locator("math").first().waitFor();
  await page.locator("pre code span").first().waitFor();
}
