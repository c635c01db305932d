import { describe, expect, inject, it, onTestFinished } from "vitest";
import { openNotebookServer } from "../../src/server/notebook-server.ts";
import { CELLS, imports, note, notebookOf } from "../kernel/notebook-project.ts";
import { runtimeUrl } from "../work/worker-project.ts";
import { faultsOf } from "./axe-faults.ts";
import { usePages } from "./open-page.ts";

const program = inject("chromium");

/** A notebook on a port of its own until the test ends. */
async function served(files: Readonly<Record<string, string>>) {
  const open = await notebookOf(files);
  const { notebook } = open;
  const server = await openNotebookServer({ notebook, runtimeUrl, port: 0, log: () => undefined });
  onTestFinished(() => server.close());
  return { ...open, address: await server.listen() };
}

describe.skipIf(program === null)("an author", () => {
  const pages = usePages(program);

  it("sees what is saved, and the line where it fails", async () => {
    const { address, write, ended, ran } = await served(CELLS);
    await ended();
    const page = await pages.open(address);
    const told = page.locator("#cell-told");
    await told.getByText("sum 6").waitFor();
    await told.getByText("the sum is 6").waitFor();
    await expect.poll(() => page.title()).toBe("Numbers · notebook");
    await ran();

    await write("cells/4-told.ts", CELLS["cells/4-told.ts"].replace('"sum "', '"total "'));
    await told.getByText("total 6").waitFor();
    expect(await ran()).toEqual(["told"]);
    await page.locator("#cell-heavy").getByText("as before").waitFor();

    await write("cells/4-told.ts", CELLS["cells/4-told.ts"].replace('"sum "', "sum.no.such"));
    await told.getByText("sum.no.such").waitFor();
    await told.getByText("total 6").waitFor();
    await page.getByRole("link", { name: /^told: failed; hangs on sum/ }).waitFor();

    await write("cells/4-told.ts", "export default cell(\n");
    await page.getByText("cannot be read as it is now").waitFor();
    await told.getByText("cells/4-told.ts:1:").first().waitFor();

    await write("cells/4-told.ts", CELLS["cells/4-told.ts"]);
    await told.getByText("sum 6").waitFor();
    await page.getByText("cannot be read as it is now").waitFor({ state: "detached" });
  });

  it("sets an input, runs a cell again, goes to a cell by the graph, and publishes", async () => {
    const { address, ended, ran } = await served(CELLS);
    await ended();
    await ran();
    const page = await pages.open(address);
    const slider = page.locator("#cell-factor").getByRole("slider");
    await slider.press("ArrowRight");
    await page.locator("#cell-told").getByText("sum 12").waitFor();
    expect(await ran()).toEqual(["sum", "told"]);

    await page.getByRole("button", { name: "Run sum again" }).click();
    const again = new Set<string>();
    const ranAgain = async () => {
      for (const name of await ran()) again.add(name);
      return [...again].sort();
    };
    await expect.poll(ranAgain).toEqual(["sum", "told"]);
    await page.getByRole("link", { name: /^told: / }).press("Enter");
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("cell-told");

    await page.getByRole("button", { name: "heavy", exact: true }).click();
    await page.getByLabel("Source of cells/2-heavy.ts").getByText("numbers.json").waitFor();
    await ran();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText("Version 1 published, with default inputs").waitFor();
    expect(await ran()).not.toContain("heavy");
    expect(await faultsOf(page)).toEqual([]);
  });

  it("cancels a cell that goes, and no text of the data is taken for code", async () => {
    const { address, ended } = await served({
      "cells/1-rows.ts": `${imports}
export default cell((_, { log }) => {
  log("<img src=x onerror=alert(1)>");
  return [{ text: "<script>alert(1)</script>" }];
});`,
      "cells/2-slow.ts": `${imports}
export default cell(async (_, { progress, signal }) => {
  ${note("slow")}
  progress(0.5, "halfway <b>there</b>");
  await wait(600_000, undefined, { signal });
});`,
    });
    const page = await pages.open(address);
    await page.getByText("halfway <b>there</b>").waitFor();
    await page.locator("#cell-rows").getByText("<script>alert(1)</script>").first().waitFor();
    await page.locator("#cell-rows").getByText("<img src=x onerror=alert(1)>").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/Run 1 cancelled after/).waitFor();
    expect(await ended()).toMatchObject({ status: "cancelled" });
    await page.locator("#cell-slow").getByText("skipped").waitFor();
  });
});
