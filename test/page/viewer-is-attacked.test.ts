import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { usePages } from "./open-page.ts";
import { untilShown, watchRequests } from "./page-parts.ts";
import { makeCells, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");

/**
 * What the browser tells of raw HTML in prose: it refuses styles and addresses already where the
 * page takes them out, and a picture of this server that there is not is asked for.
 */
const EXPECTED =
  /^(Applying inline style|Setting the document's base URI|CSP: (style-src|base-uri)|Failed to load resource.*404.*picture)/;

/** Table A of the hostile inputs: what a page must show as text and never carry out. */
const TEXTS = [
  "<script>globalThis.executed = 1</script>",
  '"><img src=/stolen onerror="globalThis.executed = 2">',
  '<svg onload="globalThis.executed = 3"><script>globalThis.executed = 4</script></svg>',
  "<math><mtext><img src=/stolen onerror=globalThis.executed=5></mtext></math>",
  "{{constructor.constructor('globalThis.executed = 6')()}} $" + "{globalThis.executed = 7}",
  "</script><script>globalThis.executed = 8</script>",
  "<!--<script>globalThis.executed = 9</script>-->",
  "line\u2028globalThis.executed = 10\u2029paragraph",
  "'-globalThis.executed=11-'",
  "<iframe srcdoc='<script>parent.executed = 12</script>'></iframe>",
  "</title></textarea></style><img src=/stolen onerror=globalThis.executed=13>",
] as const;

/** Markdown of which only the words may be left. */
const PROSE = [
  "# Heading <img src=/picture onerror=globalThis.executed=20>",
  "[word](javascript:globalThis.executed=21) [data](data:text/html,<script>globalThis.executed=22</script>)",
  "[control](java\u0001script:globalThis.executed=23) <a href='vbscript:x'>vb</a>",
  "<form id=app><input name=querySelector></form><a id=location href=/picture>clobbered</a>",
  "<style>body { background: url(/picture) }</style><p style='background: url(/picture)'>styled</p>",
  "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=/picture onerror=globalThis.executed=24>'>",
  "$\\href{javascript:globalThis.executed=25}{formula}$ $\\text{<img src=/picture onerror=globalThis.executed=26>}$",
  "```html\n<img src=/picture onerror=globalThis.executed=27>\n```",
  "![picture](https://example.com/track.png) <img src='//example.com/track.png'>",
  "<iframe src=/picture></iframe><object data=/picture></object><embed src=/picture><base href=/picture>",
].join("\n\n");

const texts = JSON.stringify(TEXTS);
const first = JSON.stringify(TEXTS[1]);
const cells = {
  "01-prose.md": PROSE,
  "02-rows.ts": `import { cached, frame } from "hex-runtime";
const texts = ${texts};
export default cached("rows", () => frame(texts.map((text) => ({ text, [texts[1]]: text, day: "2026-01-01" }))), { title: ${texts}[2] });`,
  "03-choice.ts": `import { dropdown } from "hex-runtime";
import rows from "./02-rows.ts";
export default dropdown({ rows }, ({ rows }) => ({ label: ${first}, options: rows.distinct("text") }));`,
  "04-word.ts": `import { text } from "hex-runtime";
export default text({ label: "Word" });`,
  "05-value.ts": `import { cell } from "hex-runtime";
import choice from "./03-choice.ts";
export default cell({ choice }, ({ choice }) => choice, { title: ${first} });`,
  "06-json.ts": `import { cell } from "hex-runtime";
import choice from "./03-choice.ts";
export default cell({ choice }, ({ choice }) => ({ [choice]: [choice, ...${texts}] }));`,
  "07-written.ts": `import { cell, markdown } from "hex-runtime";
import word from "./04-word.ts";
export default cell({ word }, ({ word }) => markdown(${JSON.stringify(PROSE)} + "\\n\\n" + word.replace("stolen", "picture")));`,
  "08-failing.ts": `import { cell } from "hex-runtime";
import word from "./04-word.ts";
export default cell({ word }, ({ word }) => {
  if (word !== "") throw new Error(word);
  return "not yet";
});`,
  "09-chart.ts": `import { cell, chart } from "hex-runtime";
import rows from "./02-rows.ts";
export default cell({ rows }, ({ rows }) => chart(rows, {
  title: ${first},
  mark: { type: "bar", tooltip: true, href: "javascript:globalThis.executed=30" },
  transform: [{ calculate: "datum.text + (globalThis, 1)", as: "c" }].slice(1),
  encoding: {
    y: { field: "text", type: "nominal", title: ${first} },
    x: { aggregate: "count" },
    color: { field: "text", type: "nominal" },
    href: { value: "javascript:globalThis.executed=31" },
    tooltip: [{ field: "text", type: "nominal", title: ${first} }],
  },
}));`,
};

/** The texts that are not to be read on a page. */
async function missing(page: Page): Promise<readonly string[]> {
  const visible = (text: string) => text.replaceAll(/[\u2028\u2029]/g, "");
  const shown = visible(await page.evaluate<string>("document.body.innerText"));
  return TEXTS.filter((text) => !shown.includes(visible(text)));
}

describe.skipIf(program === null)("a viewer of data that means harm", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;

  beforeAll(async () => {
    const page = { title: TEXTS[5], description: PROSE };
    project = await makeCells(cells, { name: TEXTS[0], page });
    await project.publish();
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  it("sees it as text, and nothing of it is carried out or fetched", async () => {
    const page = await pages.open("about:blank", { expected: EXPECTED });
    const asked = watchRequests(page);
    await page.goto(served.address);
    await page.getByRole("grid").first().waitFor();
    await page.locator("canvas, svg.marks, [role=graphics-document]").first().waitFor();
    await expect.poll(() => missing(page)).toEqual([]);
    await expect.poll(() => page.title()).toBe(TEXTS[5]);

    await page.locator("select").first().selectOption(TEXTS[4]);
    await page.getByRole("textbox", { name: "Word" }).fill(TEXTS[1]);
    await page.keyboard.press("Enter");
    await untilShown(page, "failing", /onerror="globalThis\.executed = 2"/);
    // Links that are left go nowhere by a script, and pictures of elsewhere are not shown.
    const links = await page
      .locator("a[href]")
      .evaluateAll((found) => found.map((link) => String(link.getAttribute("href"))));
    expect(links.filter((href) => /^\s*(java|vb)script:|^data:/i.test(href))).toEqual([]);
    expect(await page.evaluate("globalThis.executed")).toBeUndefined();
    expect(asked.filter((each) => each.includes("stolen"))).toEqual([]);
    expect(await page.locator("iframe, object, embed, base, main form[id=app]").count()).toBe(0);
  });

  it("opens an address full of it, and is told what it cannot have", async () => {
    const query = TEXTS.map((text) => `_word=${encodeURIComponent(text)}`).join("&");
    const choice = encodeURIComponent("<img src=/stolen onerror=globalThis.executed=40>");
    const page = await pages.open("about:blank", { expected: EXPECTED });
    const asked = watchRequests(page);
    await page.goto(`${served.address}/?_choice=${choice}&${query}&__proto__=1&_constructor=2`);
    await page.getByText("the default is shown instead").first().waitFor();
    expect(await page.evaluate("globalThis.executed")).toBeUndefined();
    expect(asked.filter((each) => each.includes("stolen"))).toEqual([]);
  });
});
