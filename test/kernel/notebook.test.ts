import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunHistory } from "../../src/run/history/run-history.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { openVersion } from "../../src/store/version.ts";
import { until } from "../work/project-processes.ts";
import { CELLS, imports, note, notebookOf, openAgain } from "./notebook-project.ts";

test("runs all cells at first, and after a change only that cell and those below", async () => {
  const { write, ran, ended, value, standing } = await notebookOf(CELLS);
  expect(await ended()).toMatchObject({ status: "completed", cause: "start" });
  expect(await ran()).toEqual(["heavy", "sum", "told"]);
  expect(value("told")).toBe("sum 6");

  await write("cells/4-told.ts", CELLS["cells/4-told.ts"].replace('"sum "', '"total "'));
  expect(await ended()).toMatchObject({ status: "completed", cause: "change" });
  expect(await ran()).toEqual(["told"]);
  expect(value("told")).toBe("total 6");
  expect(standing("told")?.state).toBe("computed");
  expect(standing("heavy")?.state).toBe("remembered");
});

test("runs a cell again when data has changed that it names", async () => {
  const { write, ran, ended, value } = await notebookOf(CELLS);
  await ended();
  await ran();
  await write("data/numbers.json", "[10, 20]");
  await ended();
  expect(await ran()).toEqual(["heavy", "sum", "told"]);
  expect(value("sum")).toBe(30);
});

test("runs what hangs on an input that is set, and remembers it for when it is set back", async () => {
  const { notebook, ran, ended, value } = await notebookOf(CELLS);
  await ended();
  await ran();
  notebook.setInputs({ factor: 3 });
  expect(await ended()).toMatchObject({ cause: "input" });
  expect(await ran()).toEqual(["sum", "told"]);
  expect(value("told")).toBe("sum 18");
  notebook.setInputs({ factor: 1 });
  await ended();
  expect(await ran()).toEqual([]);
  expect(value("told")).toBe("sum 6");
});

test("a button is pressed in the run that its press starts, and in no other", async () => {
  const { notebook, write, ended, value } = await notebookOf({
    "cells/1-go.ts": `import { button } from "hex-runtime"; export default button({ label: "Go" });`,
    "cells/2-pressed.ts": `${imports}
import go from "./1-go.ts";
export default cell({ go }, ({ go }) => (go ? "pressed" : "not"));`,
  });
  await ended();
  expect(value("pressed")).toBe("not");
  notebook.setInputs({ go: true });
  await ended();
  expect(value("pressed")).toBe("pressed");
  await write("cells/3-prose.md", "Another");
  await ended();
  expect(value("pressed")).toBe("not");
});

test("runs a cell afresh when asked to, and what hangs on it", async () => {
  const { notebook, ran, ended } = await notebookOf(CELLS);
  await ended();
  await ran();
  notebook.run({ cause: "asked", fresh: "none" });
  await ended();
  expect(await ran()).toEqual([]);
  notebook.run({ cause: "asked", fresh: ["sum"] });
  await ended();
  expect(await ran()).toEqual(["sum", "told"]);
  notebook.run({ cause: "asked", fresh: "all" });
  await ended();
  expect(await ran()).toEqual(["heavy", "sum", "told"]);
});

test("tells the line of a syntax error, keeps what cells showed, and goes on when it is mended", async () => {
  const { notebook, write, ran, ended, value } = await notebookOf(CELLS);
  await ended();
  await ran();
  await write("cells/3-sum.ts", "export default (\n");
  expect(await ended()).toMatchObject({ status: "failed" });
  expect(notebook.book.head.problem).toMatchObject({
    code: "HEX_CELL_INVALID",
    place: { file: "cells/3-sum.ts", line: 1 },
  });
  expect(value("told")).toBe("sum 6");

  await write("cells/3-sum.ts", CELLS["cells/3-sum.ts"]);
  expect(await ended()).toMatchObject({ status: "completed" });
  expect(notebook.book.head.problem).toBeNull();
  expect(await ran()).toEqual([]);
});

test("tells the line where a cell failed, with its text, and skips those below", async () => {
  const { notebook, write, ended, value, standing } = await notebookOf(CELLS);
  await ended();
  const broken = CELLS["cells/3-sum.ts"].replace("return factor", "return factor.no.such");
  await write("cells/3-sum.ts", broken);
  await ended();
  const shown = notebook.book.state.shown.find(({ name }) => name === "sum");
  expect(shown?.error?.message).toMatch(/^Expected cell sum \(cells\/3-sum\.ts:\d+:\d+\)/);
  expect(shown?.error?.place?.text).toContain("factor.no.such");
  expect(standing("told")?.state).toBe("skipped");
  expect(value("told")).toBe("sum 6");
});

test("follows the config, new cells and removed ones", async () => {
  const { notebook, write, ended } = await notebookOf(CELLS);
  await ended();
  await write("hex.config.json", JSON.stringify({ name: "Sums", inputs: { factor: 2 } }));
  await ended();
  expect(notebook.book.head.title).toBe("Sums");
  await write("cells/5-prose.md", "# More");
  await ended();
  expect(notebook.book.head.order).toEqual(["factor", "heavy", "sum", "told", "prose"]);
  await write("hex.config.json", "{");
  await ended();
  expect(notebook.book.head.problem?.code).toBe("HEX_CONFIG_INVALID");
});

test("ends a cell that never lets go, and runs what is written instead", async () => {
  const endless = `${imports}
export default cell(() => { ${note("endless")} for (;;); });`;
  const { notebook, write, ran, ended, value } = await notebookOf(
    { "cells/1-endless.ts": endless },
    { graceMs: 200 },
  );
  const began: string[] = [];
  await until("it to go", async () => {
    began.push(...(await ran()));
    return began.length > 0;
  });
  notebook.cancel();
  expect(await ended()).toMatchObject({ status: "cancelled" });
  notebook.run({ cause: "asked", fresh: "none" });
  await until("it to go again", async () => (await ran()).length > 0);
  await write("cells/1-endless.ts", `${imports} export default cell(() => "over");`);
  expect(await ended()).toMatchObject({ status: "completed" });
  expect(value("endless")).toBe("over");
});

test("a change while cells go begins anew, and what comes later from before is not shown", async () => {
  const gated = (answer: string) => `${imports}
export default cell(async (_, { signal }) => {
  ${note(answer)}
  while (!existsSync("gate-${answer}")) await wait(10, undefined, { signal });
  return "${answer}";
});`;
  const { notebook, directory, write, ran, ended, value } = await notebookOf({
    "cells/1-gated.ts": gated("old"),
  });
  await until("the old one to go", async () => (await ran()).length > 0);
  await write("cells/1-gated.ts", gated("new"));
  await until("the new one to go", async () => (await ran()).includes("new"));
  await writeFile(join(directory, "gate-old"), "");
  await writeFile(join(directory, "gate-new"), "");
  expect(await ended()).toMatchObject({ status: "completed", number: 2 });
  expect(value("gated")).toBe("new");
  expect(notebook.book.head.run?.number).toBe(2);
});

test("a cell that ends its process is told of, and the next run goes in another one", async () => {
  const exit = `${imports} export default cell(() => process.exit(3));`;
  const { notebook, write, ended, value } = await notebookOf({ "cells/1-exit.ts": exit });
  expect(await ended()).toMatchObject({ status: "failed" });
  expect(notebook.book.head.run?.error?.message).toContain("exit code 3");
  await write("cells/1-exit.ts", `${imports} export default cell(() => "stays");`);
  await ended();
  expect(value("exit")).toBe("stays");
});

test("publishes what it has without computing it again, as a run that history knows", async () => {
  const { notebook, directory, write, ran, ended, standing } = await notebookOf(CELLS);
  await ended();
  await ran();
  notebook.setInputs({ factor: 3 });
  await ended();
  await ran();
  notebook.publish();
  expect(await ended()).toMatchObject({ status: "completed", cause: "publish" });
  expect(await ran()).toEqual([]);
  const { publication } = notebook.book.head;
  expect(publication).toMatchObject({ status: "completed", version: 1, message: null });

  const store = new DirectoryStore(join(directory, ".hex/store"));
  const version = await openVersion(store);
  expect(version.frames().get("heavy")?.rows).toBe(3);
  const outputs = new TextDecoder().decode(await version.readOutputs());
  expect(outputs).toContain("sum 6");
  const record = await openRunHistory(store).read(publication?.runId ?? "");
  expect(record).toMatchObject({ state: "completed", trigger: "page", version: 1 });

  await notebook.close();
  const again = await openAgain(directory, write);
  await again.ended();
  expect(await again.ran()).toEqual(["sum", "told"]);
  expect(again.standing("heavy")).toMatchObject({ state: "read", version: 1 });
  again.notebook.publish();
  await again.ended();
  expect(again.notebook.book.head.publication).toMatchObject({ version: 2 });
  expect(standing("heavy")?.state).toBe("remembered");
});

test("computes a published cell again when its data has changed since", async () => {
  const { notebook, directory, write, ended } = await notebookOf(CELLS);
  await ended();
  notebook.publish();
  await ended();
  await notebook.close();
  await write("data/numbers.json", "[5]");
  const again = await openAgain(directory, write);
  await again.ended();
  expect(await again.ran()).toEqual(["heavy", "sum", "told"]);
  expect(again.value("sum")).toBe(5);
});

test("answers for the rows of what a cell shows, and for nothing else", async () => {
  const { notebook, write, ended } = await notebookOf(CELLS);
  await ended();
  const rowsKeyOf = (cell: string) =>
    notebook.book.state.shown.find(({ name }) => name === cell)?.rowsKey ?? "";
  const sort = { column: "n", descending: true };
  const ask = { evaluation: rowsKeyOf("heavy"), cell: "heavy", offset: 1, limit: 2, sort };
  const shown = { rows: 3, offset: 1, head: [{ n: 2 }, { n: 1 }] };
  expect(await notebook.tables.rows(ask)).toEqual(shown);
  expect(JSON.parse(await notebook.tables.rowsText(ask))).toEqual(shown);
  let csv = "";
  for await (const block of notebook.tables.csv(ask)) csv += Buffer.from(block).toString("utf8");
  expect(csv).toBe('"n"\n3\n2\n1\n');
  for (const cell of ["sum", "nobody"]) {
    const none = notebook.tables.rows({ ...ask, cell, evaluation: rowsKeyOf(cell) });
    await expect(none).rejects.toMatchObject({ code: "HEX_OUTPUT_UNKNOWN" });
  }
  await write("data/numbers.json", "[4, 5]");
  await ended();
  await expect(notebook.tables.rows(ask)).rejects.toMatchObject({ code: "HEX_OUTPUT_GONE" });
  const now = { ...ask, evaluation: rowsKeyOf("heavy") };
  expect(await notebook.tables.rows(now)).toMatchObject({ rows: 2 });
});

test("keeps what a cell logs and prints, without secrets", async () => {
  const leaky = `${imports}
export default cell((_, { secrets, log }) => {
  log("told " + secrets.KEY);
  console.log("printed " + secrets.KEY);
  return "shown " + secrets.KEY;
});`;
  const { notebook, ended, value } = await notebookOf(
    {
      "hex.config.json": JSON.stringify({ name: "Leaky", secrets: ["KEY"] }),
      "cells/1-leaky.ts": leaky,
    },
    { environment: { ...process.env, KEY: "s3cr3t-value" } },
  );
  await ended();
  const { state } = notebook.book;
  await until("what was printed", () => notebook.book.state.lines.length > 1);
  const lines = notebook.book.state.lines.map(({ cell, line }) => `${cell} ${line}`).sort();
  expect(lines).toEqual(["leaky told [SECRET]", "null printed [SECRET]"]);
  expect(value("leaky")).toBe("shown [SECRET]");
  expect(JSON.stringify(state)).not.toContain("s3cr3t");
});
