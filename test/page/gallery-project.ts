import { makeCells, type PageProject } from "./published-project.ts";

/** How many rows its frame has. */
export const GALLERY_ROWS = 5_000;

/** An app with every kind of input and of output, and with texts that spreadsheets would compute. */
export function makeGallery(config: object = {}): Promise<PageProject> {
  return makeCells(cells, { name: "Gallery", ...config });
}

const input = (widget: string, spec: object) =>
  `import { ${widget} } from "hex-runtime";
export default ${widget}(${JSON.stringify(spec)});`;

const cells = {
  "01-prose.md": `# Every kind of cell

Prose with a [link](https://example.com), a formula $e^{i\\pi} + 1 = 0$ and code:

\`\`\`ts
const answer: number = 6 * 7;
\`\`\`

| a | b |
|---|---|
| 1 | 2 |
`,
  "02-sales.ts": `import { cached, frame } from "hex-runtime";
const groups = ["north", "south", "east", "west"];
const notes = ["plain", "=1+1", "+1", "-1 less", "@sum", "with, comma", 'with "quotes"'];
export default cached("sales", () => frame(Array.from({ length: ${GALLERY_ROWS} }, (_, id) => ({
  id,
  group: groups[id % groups.length],
  amount: id % 11 === 0 ? null : (id * 7919) % 1000 / 4,
  day: new Date(Date.UTC(2026, 0, 1 + id % 365)).toISOString().slice(0, 10),
  isReturned: id % 3 === 0,
  note: notes[id % notes.length],
}))), { title: "Sales", schema: {
  id: "integer", group: "string", amount: "number", day: "date", isReturned: "boolean", note: "string",
} });`,
  "03-least.ts": input("slider", { label: "Least amount", min: 0, max: 250, step: 10 }),
  "04-group.ts": `import { dropdown } from "hex-runtime";
import sales from "./02-sales.ts";
export default dropdown({ sales }, ({ sales }) => ({ label: "Group", options: ["all", ...sales.distinct("group")] }));`,
  "05-notes.ts": input("multiselect", { label: "Notes", options: ["plain", "=1+1", "@sum"] }),
  "06-only_returned.ts": input("checkbox", { label: "Only returned" }),
  "07-search.ts": input("text", { label: "Search" }),
  "08-top.ts": input("number", { label: "Top", min: 1, max: 5_000, default: 5_000 }),
  "09-from.ts": input("date", { label: "From", default: "2026-01-01", min: "2026-01-01" }),
  "10-between.ts": input("dateRange", {
    label: "Between",
    default: { start: "2026-01-01", end: "2026-12-31" },
  }),
  "11-again.ts": input("button", { label: "Draw again" }),
  "12-found.ts": `import { cell } from "hex-runtime";
import sales from "./02-sales.ts";
import least from "./03-least.ts";
import group from "./04-group.ts";
import notes from "./05-notes.ts";
import onlyReturned from "./06-only_returned.ts";
import search from "./07-search.ts";
export default cell({ sales, least, group, notes, onlyReturned, search }, (given) => {
  if (given.search === "fail") throw new Error("Nothing is called that");
  return given.sales.filter((row) =>
    (given.least === 0 || row.amount >= given.least) &&
    (given.group === "all" || row.group === given.group) &&
    (given.notes.length === 0 || given.notes.includes(row.note)) &&
    (!given.onlyReturned || row.isReturned) &&
    row.note.includes(given.search));
}, { title: "Found" });`,
  "13-count.ts": `import { cell } from "hex-runtime";
import found from "./12-found.ts";
export default cell({ found }, ({ found }) => found.numRows, { title: "Rows found" });`,
  "14-by_group.ts": `import { cell, chart, sum } from "hex-runtime";
import found from "./12-found.ts";
export default cell({ found }, ({ found }) =>
  chart(found.groupby("group").rollup({ amount: sum("amount") }), {
    mark: "bar",
    encoding: {
      x: { field: "group", type: "nominal" },
      y: { field: "amount", type: "quantitative" },
    },
  }), { title: "Amount by group" });`,
  "15-facts.ts": `import { cell } from "hex-runtime";
import between from "./10-between.ts";
import from from "./09-from.ts";
import top from "./08-top.ts";
import again from "./11-again.ts";
export default cell({ between, from, top, again }, (given) => ({ ...given, nested: { list: [1, null, "x"] } }), { title: "Facts" });`,
  "16-said.ts": `import { cell, markdown } from "hex-runtime";
import count from "./13-count.ts";
export default cell({ count }, ({ count }) => markdown(\`**\${count}** rows are left\`), { title: "Said" });`,
};
