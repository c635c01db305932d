import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { faultsOf } from "./axe-faults.ts";
import { usePages } from "./open-page.ts";
import { serveOutputs } from "./outputs-server.ts";

const program = inject("chromium");

// Whatever is logged as an error, or asked of elsewhere, fails the test: `usePages` sees to it.
describe.skipIf(program === null)("an output on a page", () => {
  const pages = usePages(program);
  let served: Awaited<ReturnType<typeof serveOutputs>>;
  beforeAll(async () => {
    served = await serveOutputs();
  });
  afterAll(() => served?.stop());

  it("opens on the first rows, and asks for none until it is scrolled", async () => {
    const page = await openOnly("table");
    await shownRow(page, 1);
    expect(await asked(page)).toEqual([]);
    await scrollTo(page, 1);
    await shownRow(page, 1_000_000);
    expect((await asked(page)).length).toBeLessThan(4);
    expect(await cellsOf(page).count()).toBeLessThan(400);
  });

  it("sorts a million rows from their beginning, wherever they stood", async () => {
    const page = await openOnly("table");
    await shownRow(page, 1);
    const head = part(page, "table").getByRole("columnheader", { name: "id" });
    for (const [sort, first] of [["ascending", "0"] as const, ["descending", "999999"] as const]) {
      await scrollTo(page, 0.5);
      await expect.poll(() => cellsOf(page).first().innerText()).toMatch(/^(499|500)\d{3}$/);
      await pressWherever(page, head);
      await expect.poll(() => head.getAttribute("aria-sort")).toBe(sort);
      await expect.poll(() => cellsOf(page).first().innerText()).toBe(first);
    }
  });

  it("moves through cells by keys, and out of the table with one", async () => {
    const page = await openOnly("table");
    await shownRow(page, 1);
    await cellsOf(page).first().click();
    await page.keyboard.press("Control+End");
    await shownRow(page, 1_000_000);
    await expect.poll(() => focusedPlace(page)).toBe("1000001, 5");
    await page.keyboard.press("Tab");
    await expect
      .poll(() => page.evaluate("document.activeElement.closest('table') === null"))
      .toBe(true);
  });

  it("shows hostile texts as texts, in every kind of output", async () => {
    const page = await openOutputs();
    await shownRow(page, 1);
    const hostile = '<img src="x" onerror="window.wasRun = 1">';
    for (const name of ["table", "value", "json", "labelled"]) {
      await part(page, name).getByText(hostile.slice(0, 8)).first().waitFor();
    }
    const prose = part(page, "prose");
    await prose.locator("math").waitFor();
    expect(await prose.locator("form, input, iframe, svg, script, [style], #app, a").count()).toBe(
      0,
    );
    expect(await prose.getByRole("heading", { level: 2 }).innerText()).toBe("Prose");
    expect(await page.evaluate("window.wasRun")).toBeUndefined();
  });

  it("tells of a mark under the pointer, in texts", async () => {
    const page = await openOnly("labelled");
    await drawn(page, "labelled").locator(".mark-rect path").nth(7).hover();
    const tooltip = page.locator("#vg-tooltip-element.visible");
    await tooltip.getByText("<script>window.wasRun = 1</script>").first().waitFor();
    expect(await page.evaluate("window.wasRun")).toBeUndefined();
  });

  it("chooses in one chart what another one of the same selection shows", async () => {
    const page = await openOnly("left", "right");
    const isFaint = (name: string) => part(page, name).locator('path[stroke="#abcdef"]').count();
    for (const name of ["left", "right"]) await drawn(page, name).waitFor();
    expect(await isFaint("right")).toBe(0);
    await drawn(page, "left").scrollIntoViewIfNeeded();
    const box = await drawn(page, "left").boundingBox();
    if (box === null) throw new Error("the chart is not to be seen");
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 80, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => isFaint("left")).toBeGreaterThan(20);
    await expect.poll(async () => (await isFaint("right")) - (await isFaint("left"))).toBe(0);
  });

  it("draws other rows in the same picture, and other rows of a table in the same place", async () => {
    const page = await openOnly("table", "left");
    const picture = drawn(page, "left");
    await picture.evaluate((svg) => svg.setAttribute("data-kept", "yes"));
    const before = await picture.innerHTML();
    await shownRow(page, 1);
    await page.evaluate("window.hooks.show(1000)");
    await expect.poll(() => cellsOf(page).nth(6).innerText()).toBe("1001.75");
    await expect.poll(() => picture.innerHTML()).not.toBe(before);
    expect(await picture.getAttribute("data-kept")).toBe("yes");
  });

  it("stays the same grid with the rows of another answer, and keeps its focus", async () => {
    const page = await openOnly("table");
    await shownRow(page, 1);
    const grid = part(page, "table").getByRole("grid");
    await grid.evaluate((table) => table.setAttribute("data-kept", "yes"));
    await cellsOf(page).nth(4).click();
    await page.evaluate("window.hooks.show(123456789012345)");
    const amount = cellsOf(page).nth(6);
    await expect.poll(() => amount.innerText()).toBe("123456789012346.75");
    expect(await grid.getAttribute("data-kept")).toBe("yes");
    expect(await focusedText(page)).toBe("1");
  });

  it("has the focus in a cell as soon as a key goes into the table", async () => {
    const page = await openOnly("table");
    await shownRow(page, 1);
    const isAtOnce = await page.evaluate(`(() => {
      const edge = document.querySelector("[aria-label=table] [role=group][tabindex]");
      edge.focus();
      edge.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true }));
      return document.activeElement.matches("[role=columnheader]");
    })()`);
    expect(isAtOnce).toBe(true);
  });

  it("keeps the focus in the table when the row in focus goes, or goes out of sight", async () => {
    const page = await openOnly("table");
    await shownRow(page, 9);
    await cellsOf(page).nth(34).click();
    expect(await focusedText(page)).toBe(await cellsOf(page).nth(34).innerText());
    await watchFocus(page);
    await page.evaluate("window.hooks.show(1, 4)");
    await expect.poll(() => focusedPlace(page)).toBe("5, 4");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => focusedPlace(page)).toBe("4, 4");
    await page.evaluate("window.hooks.show(2, 0)");
    await expect.poll(() => focusedPlace(page)).toBe("1, 4");
    await page.evaluate("window.hooks.show(3)");
    await shownRow(page, 9);
    await cellsOf(page).nth(34).click();
    await scrollTo(page, 1);
    await shownRow(page, 1_000_000);
    expect(await focusedPlace(page)).toMatch(/, 4$/);
    expect(await page.evaluate("window.lost")).toBe(0);
  });

  it("leaves the focus where it is when rows go that the keys went through before", async () => {
    const page = await openOnly("table");
    await shownRow(page, 9);
    await cellsOf(page).nth(30).click();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => focusedPlace(page)).toBe("10, 4");
    await part(page, "table").getByRole("button", { name: "Filter" }).focus();
    for (const [round, rows] of [[1, 4] as const, [2, 20] as const]) {
      await page.evaluate(`window.hooks.show(${round}, ${rows})`);
      await expect.poll(() => edgeOf(page).getByRole("row").count()).toBeGreaterThan(rows / 2);
      await expect.poll(() => cellsOf(page).nth(6).innerText()).toBe(`${1.75 + round}`);
      expect(await focusedText(page)).toBe("Filter");
    }
    await edgeOf(page).focus();
    await page.keyboard.press("Tab");
    await expect.poll(() => focusedPlace(page)).toBe("10, 4");
  });

  it.each([
    ["press a key", 'new KeyboardEvent("keydown", { key: "End", ctrlKey: true, bubbles: true })'],
    ["click", 'new MouseEvent("mousedown", { bubbles: true })'],
  ])("leaves the focus to those who %s and are elsewhere at once", async (_, event) => {
    const page = await openOnly("table");
    await shownRow(page, 9);
    // in one go, as a busy page hears of both together; the table itself follows frames later
    await page.evaluate(`(async () => {
      const table = document.querySelector("[aria-label=table]");
      const cell = table.querySelector("[role=gridcell]");
      cell.focus();
      cell.dispatchEvent(${event});
      const others = [...table.querySelectorAll("button")];
      others.find(({ textContent }) => textContent === "Filter").focus();
      const frame = () => new Promise(requestAnimationFrame);
      for (let frames = 0; frames < 20; frames++) await frame();
    })()`);
    expect(await focusedText(page)).toBe("Filter");
  });

  it("hears a key as soon as the focus has left a row that goes", async () => {
    const page = await openOnly("table");
    await shownRow(page, 9);
    await cellsOf(page).nth(30).click();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => focusedPlace(page)).toBe("10, 4");
    await page.evaluate(`addEventListener("focusin", ({ target }) => {
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true }));
    }, { once: true });
    window.hooks.show(1, 4);`);
    await expect.poll(() => focusedPlace(page)).toBe("4, 4");
  });

  it("draws other rows once: it is not busy in between", async () => {
    const page = await openOnly("table");
    await shownRow(page, 9);
    await page.evaluate(`window.busied = 0;
      new MutationObserver(() => { window.busied += 1; })
        .observe(document.querySelector("[role=grid]"), { subtree: true, attributeFilter: ["aria-busy"] })`);
    for (const round of [1, 2, 3]) {
      await page.evaluate(`window.hooks.show(${round}, ${1000 * round})`);
      await expect.poll(() => cellsOf(page).nth(6).innerText()).toBe(`${1.75 + round}`);
    }
    expect(await page.evaluate("window.busied")).toBe(0);
  });

  it("tells the whole value of the cell under the pointer, also once other rows have come", async () => {
    const page = await openOutputs();
    await shownRow(page, 9);
    const cell = cellsOf(page).nth(6);
    const title = () => cell.evaluate((each) => each.closest("[title]")?.getAttribute("title"));
    await cell.dispatchEvent("pointerover");
    await expect.poll(title).toBe("1.75");
    await page.evaluate("window.hooks.show(1, 1000)");
    await expect.poll(() => cell.innerText()).toBe("2.75");
    await cell.dispatchEvent("pointermove");
    await expect.poll(title).toBe("2.75");
  });

  it("says what a chart does not draw, and when it draws a part", async () => {
    const page = await openOnly("elsewhere", "labelled");
    await part(page, "elsewhere").getByText("data from elsewhere").waitFor();
    await part(page, "labelled").getByText("first 200 rows of 900 rows").waitFor();
  });

  it("follows the page from light to dark", async () => {
    const page = await openOnly("left");
    const label = drawn(page, "left").locator("text").first();
    const light = await label.getAttribute("fill");
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => label.getAttribute("fill")).not.toBe(light);
    await expect.poll(() => part(page, "left").locator("svg").count()).toBe(1);
  });

  it("has no fault that a checker of accessibility finds, light or dark, wide or narrow", async () => {
    for (const [colorScheme, width] of [["light", 1440] as const, ["dark", 390] as const]) {
      const page = await openOutputs({ colorScheme, viewport: { width, height: 900 } });
      await shownRow(page, 1);
      for (const name of ["left", "right", "labelled"]) await drawn(page, name).waitFor();
      await part(page, "prose").locator("math").waitFor();
      await part(page, "table").getByRole("button", { name: "Filter" }).click();
      expect(await faultsOf(page)).toEqual([]);
    }
  });

  function openOutputs(options: Parameters<typeof pages.open>[1] = {}): Promise<Page> {
    return pages.open(served.address, options);
  }

  /** Without the others, most of which take longer to be drawn. */
  function openOnly(...names: readonly string[]): Promise<Page> {
    return pages.open(`${served.address}?only=${names.join()}`);
  }
});

function part(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

function cellsOf(page: Page): Locator {
  return part(page, "table").getByRole("gridcell");
}

/** Waits until a row, counted from 1, is in the document with its values. */
async function shownRow(page: Page, row: number): Promise<void> {
  const name = `[aria-rowindex="${row + 1}"] [role=gridcell]`;
  await part(page, "table")
    .locator(name)
    .getByText(`${row - 1}`, { exact: true })
    .waitFor();
}

async function scrollTo(page: Page, fraction: number): Promise<void> {
  const grid = part(page, "table").getByRole("group").first();
  await grid.evaluate((element, part) => {
    element.scrollTop = element.scrollHeight * part;
  }, fraction);
}

/** The picture of a chart, once it is in its place. */
function drawn(page: Page, name: string): Locator {
  return part(page, name).locator(".chart-drawing:not(.chart-aside) svg");
}

/** As a hand does; what drives the browser would first scroll to where such a head stood at first. */
async function pressWherever(page: Page, head: Locator): Promise<void> {
  const { x, y, width } = (await head.boundingBox()) ?? { x: 0, y: 0, width: 0 };
  // on its name: the column's menu is before it
  await page.mouse.click(x + width - 20, y + 10);
}

/** What scrolls: a key goes from it into the cells. */
function edgeOf(page: Page): Locator {
  return part(page, "table").locator("[role=group][tabindex]");
}

/** Counts the frames in which nothing has the focus. */
async function watchFocus(page: Page): Promise<void> {
  await page.evaluate(`window.lost = 0;
    (function look() {
      if (document.activeElement === document.body) window.lost += 1;
      requestAnimationFrame(look);
    })()`);
}

function focusedPlace(page: Page): Promise<string> {
  return page.evaluate(
    `["aria-rowindex", "aria-colindex"].map((name) => document.activeElement.getAttribute(name)).join(", ")`,
  );
}

function asked(page: Page): Promise<unknown[]> {
  return page.evaluate("window.hooks.asked");
}

function focusedText(page: Page): Promise<string> {
  return page.evaluate("document.activeElement.textContent");
}
