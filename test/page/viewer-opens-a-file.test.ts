import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { usePages } from "./open-page.ts";
import { cellOf, chosenOf, download, tableOf, untilRows, untilShown } from "./page-parts.ts";
import { makeCells, makePlanets, type PageProject } from "./published-project.ts";

const program = inject("chromium");

/** Exports a project, and gives what the command said and where the file is. */
async function exported(project: PageProject, ...flags: readonly string[]) {
  const file = join(project.directory, "page.html");
  const ended = await project.hex("export", "--out", file, ...flags);
  return { ...ended, file, address: pathToFileURL(file).href };
}

describe.skipIf(program === null)("a viewer of an exported page", () => {
  const pages = usePages(program);
  let project: PageProject;
  beforeAll(async () => {
    project = await makePlanets();
    await project.publish({ sleep_time: 0 });
  });
  afterAll(() => project?.remove());

  it("sees what the page showed, with no server anywhere", async () => {
    const { exitCode, stdout, address } = await exported(project, "--input", "method=Transit");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Version 1 is in .*page\.html \(\d\.\d MB\)\n$/);
    const page = await pages.open(address);
    await untilRows(page, "Planets", "397 rows");
    await untilShown(page, "Planets found", "397");
    expect(await chosenOf(page, "Discovery method")).toBe("Transit");
    expect(await page.getByLabel("Discovery method").isDisabled()).toBe(true);
    await cellOf(page, "Planets found each year").locator("svg, canvas").first().waitFor();
    expect(await page.getByRole("button", { name: "Refresh" }).count()).toBe(0);
  });

  it("sorts the table, of which the file holds all rows", async () => {
    const { address } = await exported(project);
    const page = await pages.open(address);
    await untilRows(page, "Planets", "1,035 rows");
    const header = tableOf(page, "Planets").getByRole("columnheader", { name: /^year/ });
    await header.click();
    await tableOf(page, "Planets").getByText("1989", { exact: true }).first().waitFor();
    await expect.poll(() => header.getAttribute("aria-sort")).toBe("ascending");
    const csv = await download(page, "Download the rows of Planets as CSV");
    expect(csv.trim().split("\n")).toHaveLength(1 + 1_035);
  });
});

const HOSTILE = '</script><script>document.title="owned"</script><!-- <img src=x onerror=alert(1)>';

describe.skipIf(program === null)("an exported page", () => {
  const pages = usePages(program);

  it("shows text that looks like a script as text, and says which tables are not whole", async () => {
    const project = await makeCells({
      "01-rows.ts": `import { cell } from "hex-runtime";
export default cell(() => [{ text: ${JSON.stringify(HOSTILE)} }]);`,
      "02-many.ts": `import { cached } from "hex-runtime";
export default cached("many", () => Array.from({ length: 60_000 }, (_, number) => ({ number })));`,
    });
    onTestFinished(() => project.remove());
    await project.publish();
    const { stderr, address } = await exported(project);
    expect(stderr).toBe("Of many, the file has the first 50,000 of 60,000 rows\n");
    const page = await pages.open(address);
    await tableOf(page, "rows").getByText(HOSTILE).waitFor();
    expect(await page.title()).toBe("Cells");
    await cellOf(page, "many")
      .getByText("This file holds the first 50,000 of 60,000 rows.")
      .waitFor();
  });
});

describe("hex export", () => {
  it("tells what keeps it from writing, and writes nothing then", async () => {
    const project = await makePlanets();
    onTestFinished(() => project.remove());
    const empty = await exported(project);
    expect(empty.stderr).toContain("Expected a version to be published");
    expect(empty.exitCode).toBe(1);
    await project.publish({ sleep_time: 0 });
    const wrong = await exported(project, "--input", "method=Magic");
    expect(wrong.stderr).toContain("Expected input method to be one of");
    expect(wrong.exitCode).toBe(2);
    const gone = await exported(project, "--at", "7");
    expect(gone.exitCode).toBe(2);
    await expect(readFile(empty.file)).rejects.toThrow("ENOENT");
    const nowhere = await project.hex("export", "--out", join(project.directory, "no/such/file"));
    expect(nowhere.stderr).toMatch(/to be a file that can be written, got ENOENT/);
    expect(nowhere.exitCode).toBe(2);
  });
});
