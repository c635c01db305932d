import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { usePages } from "./open-page.ts";
import { untilRows } from "./page-parts.ts";
import { makeCells, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");

const cells = {
  "01-sales.ts": `import { cached, frame } from "hex-runtime";
export default cached("sales", () => frame([{ group: "a", amount: 1 }, { group: "b", amount: 2 }]));`,
  "02-amounts.ts": `import { cell, chart } from "hex-runtime";
import sales from "./01-sales.ts";
export default cell({ sales }, ({ sales }) => chart(sales, {
  mark: "bar",
  encoding: { x: { field: "group" }, y: { field: "amount", type: "quantitative" } },
}));`,
  "03-formula.md": "With $x^2$.",
  "04-left.ts": `import { cell } from "hex-runtime";
import sales from "./01-sales.ts";
export default cell({ sales }, ({ sales }) => sales.filter(({ amount }) => amount > 1));`,
};

const tabs = [
  { title: "First", rows: ["sales"] },
  { title: "Second", rows: ["amounts", "formula", "left"] },
];

/** What stood on the page while it was printed: told when that ends, before the page takes it back. */
const NOTE_PRINTED = `addEventListener("afterprint", () => {
  const count = (selector) => document.querySelectorAll(selector).length;
  window.printed = [
    [...document.querySelectorAll(".tabpanel__title")].map((title) => title.textContent),
    { charts: count("svg.marks"), formulas: count("math"), rows: count("tbody tr") },
  ];
})`;

describe.skipIf(program === null)("a page of tabs on paper", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;

  beforeAll(async () => {
    project = await makeCells(cells, { page: { tabs } });
    await project.publish();
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  it("has all tabs under their titles, also what was not drawn before", async () => {
    const page = await pages.open(served.address);
    await page.addInitScript(NOTE_PRINTED);
    await page.reload();
    await untilRows(page, "sales", "2 rows");
    // the code of what is not in sight comes when there is nothing else to do
    await expect
      .poll(async () => {
        await page.pdf();
        return await page.evaluate("window.printed");
      })
      .toEqual([["First", "Second"], { charts: 1, formulas: 1, rows: 3 }]);
    await expect.poll(() => page.getByRole("tabpanel").count()).toBe(1);
  });
});
