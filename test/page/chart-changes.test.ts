import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { usePages } from "./open-page.ts";
import { serveOutputs } from "./outputs-server.ts";

const program = inject("chromium");

const COLUMNS = [
  { name: "year", type: "integer" },
  { name: "amount", type: "number" },
  { name: "name", type: "string" },
] as const;
const encoding = {
  x: { field: "name", type: "nominal" },
  y: { field: "amount", type: "quantitative", title: "Amount" },
};
const NAMES = ["one", "two", "three"];

/** A chart as an answer tells it. */
interface TestChart {
  readonly spec: object;
  readonly columns: readonly object[];
  readonly head: readonly object[];
}

/** Bars, each of an amount, in the order of the amounts' names. */
function barsOf(amounts: readonly number[], spec: object = {}): TestChart {
  const head = amounts.map((amount, index) => {
    return { year: 2010 + index, amount, name: NAMES[index] ?? null };
  });
  return { columns: COLUMNS, head, spec: { mark: "bar", height: 120, encoding, ...spec } };
}

/** Points that are faint unless they are chosen. */
function pointsOf(amounts: readonly number[], select: object): TestChart {
  const stroke = { condition: { param: "chosen", value: "#123456" }, value: "#abcdef" };
  return barsOf(amounts, {
    mark: { type: "point", size: 400, filled: false },
    params: [{ name: "chosen", select }],
    encoding: { ...encoding, stroke },
  });
}

// Whatever is logged as an error, or asked of elsewhere, fails the test: `usePages` sees to it.
describe.skipIf(program === null)("a chart that changes", () => {
  const pages = usePages(program);
  let served: Awaited<ReturnType<typeof serveOutputs>>;
  beforeAll(async () => {
    served = await serveOutputs("test/page/browser/charts-page.tsx");
  });
  afterAll(() => served?.stop());

  it("keeps its picture, and the titles of its axes in sight, when values need more room", async () => {
    const page = await openWith(barsOf([1, 2, 3]));
    await keep(page);
    await show(page, barsOf([1e12, 2e12]));
    await expect.poll(() => marks(page).count()).toBe(2);
    await expect.poll(() => texts(page)).toContain("2,000,000,000,000");
    const [picture, title] = await Promise.all([
      svg(page).boundingBox(),
      svg(page).getByText("Amount", { exact: true }).boundingBox(),
    ]);
    expect(title?.x).toBeGreaterThanOrEqual(picture?.x ?? Number.NaN);
    expect(await isKept(page)).toBe(true);
  });

  it("keeps its picture while it has no rows", async () => {
    const page = await openWith(barsOf([1, 2, 3]));
    await keep(page);
    await show(page, barsOf([]));
    await expect.poll(() => marks(page).count()).toBe(0);
    await show(page, barsOf([4, 5]));
    await expect.poll(() => marks(page).count()).toBe(2);
    expect(await isKept(page)).toBe(true);
  });

  it("draws another specification anew, and no rows of it in the picture before", async () => {
    const page = await openWith(barsOf([1, 2, 3]));
    await page.evaluate('hooks.watch("chart")');
    await show(page, barsOf([7, 8], { title: "Another" }));
    await svg(page).getByText("Another").waitFor();
    expect(await marks(page).count()).toBe(2);
    expect(await svg(page).count()).toBe(1);
    expect(await page.evaluate("hooks.changes")).toBe(0);
  });

  it("tells what is wrong with some rows, and draws the next", async () => {
    const transform = [{ filter: "datum.name.length > 0" }];
    const page = await openWith(barsOf([1, 2, 3, 4], { transform }), '[role="alert"]');
    await show(page, barsOf([1, 2], { transform }));
    await expect.poll(() => marks(page).count()).toBe(2);
    await page.getByRole("alert").waitFor({ state: "detached" });
    await show(page, barsOf([1, 2, 3, 4], { transform }));
    await page.getByRole("alert").getByText("cannot be drawn").waitFor();
    await show(page, barsOf([1, 2, 3], { transform }));
    await expect.poll(() => marks(page).count()).toBe(3);
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  it("keeps what is chosen by value, with other rows", async () => {
    const page = await openWith(pointsOf([1, 2, 3], { type: "point", fields: ["name"] }));
    await marks(page).nth(1).click();
    await expect.poll(() => faint(page).count()).toBe(2);
    await show(page, pointsOf([5, 6], { type: "point", fields: ["name"] }));
    await expect.poll(() => marks(page).count()).toBe(2);
    await expect.poll(() => faint(page).count()).toBe(1);
  });

  it("forgets a row that is chosen itself, with other rows, and never tells other charts of it", async () => {
    const chart = pointsOf([1, 2, 3], { type: "point" });
    const page = await openWith(chart);
    await show(page, chart, "other");
    await marks(page, "other").nth(2).waitFor();
    await marks(page).nth(1).click();
    await expect.poll(() => faint(page).count()).toBe(2);
    expect(await faint(page, "other").count()).toBe(0);
    await show(page, pointsOf([5, 6], { type: "point" }));
    await expect.poll(() => marks(page).count()).toBe(2);
    await expect.poll(() => faint(page).count()).toBe(0);
  });

  it("stays zoomed with other rows", async () => {
    const points = (amounts: readonly number[]) => {
      const x = { field: "amount", type: "quantitative" };
      return barsOf(amounts, { mark: "point", encoding: { x } });
    };
    const page = await openWith(points([0, 100]));
    await svg(page).evaluate((picture) => picture.setAttribute("data-before", ""));
    await page.getByRole("button", { name: "Zoom" }).click();
    await page.locator("svg.marks:not([data-before])").waitFor();
    await page.locator("svg.marks[data-before]").waitFor({ state: "detached" });
    const box = await svg(page).boundingBox();
    if (box === null) throw new Error("the chart is not to be seen");
    const before = await texts(page);
    await page.mouse.move(box.x + box.width / 2, box.y + 60);
    await page.mouse.wheel(0, -400);
    await expect.poll(() => texts(page)).not.toEqual(before);
    const zoomed = await texts(page);
    await show(page, points([0, 50, 1000]));
    await expect.poll(() => marks(page).count()).toBe(3);
    await expect.poll(() => texts(page)).toEqual(zoomed);
  });

  it("has its legend beside it or below it, as its place is wide or narrow", async () => {
    const color = { field: "name", type: "nominal" };
    const page = await openWith(barsOf([1, 2, 3], { encoding: { ...encoding, color } }));
    await expect.poll(() => isLegendBelow(page)).toBe(false);
    await page.setViewportSize({ width: 400, height: 800 });
    await expect.poll(() => isLegendBelow(page)).toBe(true);
    await page.setViewportSize({ width: 900, height: 800 });
    await expect.poll(() => isLegendBelow(page)).toBe(false);
    expect(await svg(page).count()).toBe(1);
  });

  it("fits its place, below each other as well", async () => {
    const vconcat = [
      { mark: "bar", encoding },
      { mark: "point", encoding },
    ];
    const rest = barsOf([1, 2, 3]);
    const page = await openWith(barsOf([1, 2, 3]));
    await show(page, { ...rest, spec: { vconcat } }, "stack");
    await svg(page, "stack").waitFor();
    for (const width of [600, 1000]) {
      await page.setViewportSize({ width, height: 800 });
      for (const name of ["chart", "stack"]) {
        await expect.poll(() => widthOf(page, name)).toBeGreaterThan(width - 120);
        await expect.poll(() => widthOf(page, name)).toBeLessThanOrEqual(width);
      }
    }
  });

  it("writes years as years, and other numbers with their thousands", async () => {
    const x = { field: "year", type: "quantitative", scale: { zero: false } };
    const page = await openWith(barsOf([1000, 2000, 3000], { encoding: { ...encoding, x } }));
    const shown = await texts(page);
    expect(shown).toEqual(expect.arrayContaining(["2010", "2011", "2012", "3,000"]));
  });

  it("is saved with its newest rows, also while nobody has seen them", async () => {
    const page = await openWith(barsOf([1, 2, 3], { height: 1500 }));
    const spec = { height: 1500 };
    await show(page, barsOf([1], spec), "low");
    await marks(page, "low").waitFor();
    await page.evaluate('hooks.untilOutOfSight("low")');
    // no frame, no time to draw what is out of sight
    await page.evaluate("window.requestAnimationFrame = () => 0");
    await show(page, barsOf([1, 2e6], spec), "low");
    expect(await marks(page, "low").count()).toBe(1);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      part(page, "low").getByRole("button", { name: "SVG" }).dispatchEvent("click"),
    ]);
    expect(await readFile(await download.path(), "utf8")).toContain("2,000,000");
  });

  async function openWith(chart: TestChart, ready = "svg.marks"): Promise<Page> {
    const page = await pages.open(served.address, { viewport: { width: 900, height: 800 } });
    await show(page, chart);
    await part(page, "chart").locator(ready).waitFor();
    return page;
  }
});

async function show(page: Page, chart: TestChart, name = "chart"): Promise<void> {
  await page.evaluate(`hooks.show(${JSON.stringify({ [name]: chart })})`);
}

function part(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

/** Of a picture that is seen. */
function svg(page: Page, name = "chart"): Locator {
  return part(page, name).locator(".chart-drawing:not(.chart-aside) svg.marks");
}

function marks(page: Page, name = "chart"): Locator {
  return svg(page, name).locator(":is(.mark-rect, .mark-symbol).role-mark path");
}

function faint(page: Page, name = "chart"): Locator {
  return svg(page, name).locator('path[stroke="#abcdef"]');
}

function texts(page: Page): Promise<string[]> {
  return svg(page).locator("text").allTextContents();
}

async function keep(page: Page): Promise<void> {
  await svg(page).evaluate((picture) => picture.setAttribute("data-kept", "yes"));
}

async function isKept(page: Page): Promise<boolean> {
  return (await svg(page).getAttribute("data-kept")) === "yes";
}

async function isLegendBelow(page: Page): Promise<boolean> {
  const [legend, axis] = await Promise.all([
    svg(page).locator(".role-legend").first().boundingBox(),
    svg(page).getByText("one", { exact: true }).first().boundingBox(),
  ]);
  return (legend?.y ?? 0) > (axis?.y ?? 0);
}

async function widthOf(page: Page, name: string): Promise<number> {
  return (await svg(page, name).boundingBox())?.width ?? 0;
}
