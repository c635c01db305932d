import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { cacheDrawPage } from "../../src/page/still-page.ts";
import { outputCell, pageState } from "./browser/page-parts.ts";
import { makeGallery } from "./gallery-project.ts";
import { usePages } from "./open-page.ts";
import { untilRows } from "./page-parts.ts";
import type { PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");
const NO_CODE = { javaScriptEnabled: false };

/** A part of the page: its text, where it is, and how it looks. */
type Part = readonly [text: string, left: number, top: number, width: number, look: string];

describe.skipIf(program === null)("what a viewer sees before any code runs", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;

  beforeAll(async () => {
    project = await makeGallery();
    // a text that would end the page's own elements, were it not one
    await project.write("cells/20-hostile.ts", hostileCell);
    await project.publish();
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  it("is the first rows and outputs, with not one request after the page's own", async () => {
    const page = await pages.open("about:blank", NO_CODE);
    const asked: string[] = [];
    page.on("response", (response) => {
      if (!/^\/assets\/[\w-]+\.js$/.test(new URL(response.url()).pathname))
        asked.push(response.url());
    });
    await page.goto(served.address);
    await page.locator("#cell-found tbody td").getByText("2026-01-03").waitFor();
    await page.locator("#cell-count").getByText("5,000").waitFor();
    expect(asked).toEqual([`${served.address}/`]);
    // nothing can be done to it yet: when that lasts, it is said
    const late = page.getByText("Expected the code of this page to be here by now");
    await page.evaluate("document.getAnimations().forEach((each) => each.finish())");
    await late.waitFor();
  });

  it("is where the page's code then shows it, and looks the same", async () => {
    const still = await pages.open(served.address, NO_CODE);
    const drawn = await partsOf(still, "#still");
    const page = await pages.open(served.address);
    await untilRows(page, "Found", "5,000 rows");
    const shown = await partsOf(page, "#app");
    expect(drawn.size).toBeGreaterThan(100);
    for (const [place, part] of drawn) expectSame(part, shown.get(place), place);
  });

  it("is in an exported file as well", async () => {
    const file = join(project.directory, "page.html");
    expect((await project.hex("export", "--out", file)).exitCode).toBe(0);
    const still = await pages.open(pathToFileURL(file).href, NO_CODE);
    await still.locator("#cell-found tbody td").getByText("2026-01-03").waitFor();
    const page = await pages.open(pathToFileURL(file).href);
    await untilRows(page, "Found", "5,000 rows");
  });

  it("is a text where the data has HTML in it", async () => {
    const page = await pages.open(served.address);
    await page.locator("#cell-hostile").getByText("</script><script>").first().waitFor();
    expect(await page.evaluate("window.wasRun")).toBeUndefined();
  });
});

describe("Markdown that a viewer sees before any code runs", () => {
  it("is drawn where it is read at once", async () => {
    const html = await draw(
      "# Planets\n\nAll *that* are **known**.",
      "| a | b |\n|-|-|\n| 1 | 2 |",
    );
    expect(html).toContain("<strong>known</strong>");
    expect(html).toContain('<div class="markdown-table">');
    expect(html).not.toContain("markdown-waiting");
  });

  it("waits for the viewer's browser where reading it would hold up everyone else", async () => {
    // the first one takes minutes: that the test ends says that it was not read
    for (const part of ["**a_", "_a_", "~a~~", ">", "1. ", "a\n\n", "["]) {
      expect(await draw(part.repeat(120_000 / part.length))).toContain("markdown-waiting");
    }
    const many = Array.from({ length: 100 }, () => "**a_".repeat(200));
    expect(await draw(...many)).toContain("markdown-waiting");
  });
});

/** Draws a page of these texts as the built server does. */
async function draw(...texts: readonly string[]): Promise<string | undefined> {
  const drawPage = await cacheDrawPage(new URL("../../dist/index.js", import.meta.url).href)();
  const cells = texts.map((markdown, index) =>
    outputCell(`text${index}`, { output: { kind: "markdown", markdown } }),
  );
  return drawPage?.(pageState(cells), {}).html;
}

const hostileCell = `import { cell, frame } from "hex-runtime";
const text = '</script><script>window.wasRun = 1</script><img src=x onerror="window.wasRun = 1"><!--';
export default cell(() => frame([{ text }]), { title: text });`;

/**
 * The parts of a page by their place in a cell. Not those that only a browser can draw: charts, math and
 * what comes below them.
 */
async function partsOf(page: Page, root: string): Promise<Map<string, Part>> {
  return new Map(await page.evaluate<[string, Part][]>(`(${READ_PARTS})(${JSON.stringify(root)})`));
}

const READ_PARTS = `(root) => {
  const seen = "h1, h2, .freshness, .field__label, .input, .slider, .value, .table-count, .tool, table :is(th, td)";
  const cells = [...document.querySelectorAll(root + " :is(.masthead, .cell)")];
  return cells
    .filter((cell) => !cell.matches(".cell--chart, .cell--markdown"))
    .flatMap((cell) => [...cell.querySelectorAll(seen)].map((part, index) => {
      const { left, top, width } = part.getBoundingClientRect();
      const { color, fontSize, fontWeight, backgroundColor } = getComputedStyle(part);
      const text = part.matches("input, select") ? part.value : part.textContent;
      const place = [cell.id, part.localName, index].join(" ");
      const look = [color, fontSize, fontWeight, backgroundColor].join(" ");
      return [place, [text, left, top - cell.getBoundingClientRect().top, width, look]];
    }));
}`;

/** Columns are measured by whole pixels, and rounded. */
const ABOUT_PX = 3;

function expectSame(drawn: Part, shown: Part | undefined, place: string): void {
  const [text, left, top, width, look] = drawn;
  const [otherText = "", otherLeft = 0, otherTop = 0, otherWidth = 0, otherLook] = shown ?? [];
  expect([otherText.startsWith(text), look], place).toEqual([true, otherLook]);
  const moved = [left - otherLeft, top - otherTop, width - otherWidth].map(Math.abs);
  expect(Math.max(...moved), `${place}: ${text}`).toBeLessThan(ABOUT_PX);
}
