import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
} from "vitest";
import { usePages } from "./open-page.ts";
import { chosenOf, untilRows } from "./page-parts.ts";
import { makePlanets, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");

const ONE_PLANET =
  "method,number,orbital_period,mass,distance,year\nTransit,1,3.5,1.2,100.5,2014\n";

describe.skipIf(program === null)("a viewer who waits for results", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;
  let planets = "";

  beforeAll(async () => {
    project = await makePlanets();
    planets = await readFile(join(project.directory, "data/planets.csv"), "utf8");
    await waitForGate();
    served = await servePage(project.directory);
  });
  afterEach(openGate);
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  const gate = () => join(project.directory, "gate");

  /** Has the heavy cell wait, not for seconds, but for as long as there is a file. */
  async function waitForGate(): Promise<void> {
    const cell = "cells/03-planets.ts";
    const source = await readFile(join(project.directory, cell), "utf8");
    const second = "await setTimeout(1_000, undefined, { signal });";
    expect(source).toContain(second);
    const waiting = `while (existsSync(${JSON.stringify(gate())})) await setTimeout(20, undefined, { signal });`;
    const imports = 'import { existsSync } from "node:fs";\n';
    await project.write(cell, `${imports}${source.replace(second, waiting)}`);
  }

  function openGate(): Promise<void> {
    return rm(gate(), { force: true });
  }

  async function publish(): Promise<void> {
    await project.write("data/planets.csv", planets);
    await project.publish();
  }

  it("refreshes, sees how far the run is, and then its results, with the inputs as they were", async () => {
    await publish();
    const page = await pages.open(`${served.address}/?_method=Transit`);
    await untilRows(page, "Planets", "397 rows");
    await project.write("data/planets.csv", ONE_PLANET);
    await project.write("gate", "");
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await page.getByRole("progressbar").first().waitFor();
    await page.getByText("Simulating heavy compute").first().waitFor();
    await openGate();
    await untilRows(page, "Planets", "1 row");
    expect(await chosenOf(page, "Discovery method")).toBe("Transit");
    await page.getByRole("progressbar").first().waitFor({ state: "detached" });
  });

  it("cancels a run, and keeps what there was", async () => {
    await publish();
    const page = await pages.open(served.address);
    await untilRows(page, "Planets", "1,035 rows");
    await project.write("data/planets.csv", ONE_PLANET);
    await project.write("gate", "");
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await page.getByText("Simulating heavy compute").first().waitFor();
    await page.getByRole("button", { name: /^Cancel/ }).click();
    await page.getByRole("progressbar").first().waitFor({ state: "detached" });
    await untilRows(page, "Planets", "1,035 rows");
  });

  it("is told that the newest run has failed, and still sees the last good results", async () => {
    await publish();
    await project.write("data/planets.csv", "");
    const page = await pages.open(served.address);
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await page
      .getByText(/failed/i)
      .first()
      .waitFor();
    await untilRows(page, "Planets", "1,035 rows");
  });
});

describe.skipIf(program === null)("a viewer of an app of which nothing is published", () => {
  const pages = usePages(program);

  it("is told so, and sees the page as soon as something is", async () => {
    const project = await makePlanets();
    onTestFinished(() => project.remove());
    const served = await servePage(project.directory);
    onTestFinished(() => served.stop());
    const page = await pages.open(served.address);
    await page
      .getByText(/nothing .*published/i)
      .first()
      .waitFor();
    await project.publish({ sleep_time: 0 });
    await untilRows(page, "Planets", "1,035 rows");
  });
});
