import { expect, test } from "vitest";
import { headRows } from "../../src/frame/json.ts";
import { frame } from "../../src/frame/rows.ts";
import { renderTable } from "../../src/frame/terminal-table.ts";

const fruit = frame([
  { name: "pear", price: 3.5 },
  { name: null, price: 12 },
  { name: "fig", price: null },
]);

test("puts texts to the left, numbers to the right and a dot for missing", async () => {
  expect((await renderTable(fruit)).split("\n").filter((line) => line.includes("│"))).toEqual([
    "│ name │ price │",
    "│ pear │   3.5 │",
    "│ ·    │    12 │",
    "│ fig  │     · │",
  ]);
});

test("counts the rows it leaves out", async () => {
  expect(await renderTable(fruit, { maxRows: 1 })).toMatch(/pear.*\n.*\n… 2 more rows$/);
});

test("shows the head of a frame that a run tells of", async () => {
  const output = { columns: fruit.schema, rows: 1035, head: headRows(fruit, 2) };
  expect(await renderTable(output)).toMatch(/… 1,033 more rows$/);
});

test("shows control characters escaped, so that data cannot steer the terminal", async () => {
  const text = await renderTable(frame([{ "a\u001b[2J": "\u001b[31mred\u0007\n\u202etxt\u009b" }]));
  expect(text).toContain("\\u{1b}[31mred\\u{7}\\n\\u{202e}txt\\u{9b}");
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
});

test("shortens long texts", async () => {
  const longest = (await renderTable(frame([{ s: "x".repeat(500) }]))).split("\n")[3];
  expect(longest).toMatch(/^│ x{39}… │$/);
});
