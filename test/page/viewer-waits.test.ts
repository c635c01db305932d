import { describe, expect, inject, it, onTestFinished } from "vitest";
import { usePages } from "./open-page.ts";
import { chosenOf, untilRows } from "./page-parts.ts";
import { makePlanets } from "./published-project.ts";
import { servePage } from "./served-page.ts";

const program = inject("chromium");

/** Planets served until the test ends; nothing is published yet. */
async function servePlanets(config: object) {
  const project = await makePlanets(config);
  const served = await servePage(project.directory);
  onTestFinished(async () => {
    await served.stop();
    await project.remove();
  });
  return { project, served };
}

describe.skipIf(program === null)("a viewer who waits for results", () => {
  const pages = usePages(program);

  it("is told that nothing is published yet, and sees the page as soon as something is", async () => {
    const { project, served } = await servePlanets({});
    const page = await pages.open(served.address);
    await page
      .getByText(/nothing .*published/i)
      .first()
      .waitFor();
    await project.publish({ sleep_time: 0 });
    await untilRows(page, "Planets", "1,035 rows");
  });

  it("refreshes, sees how far the run is, and then its results, with the inputs as they were", async () => {
    const { project, served } = await servePlanets({ inputs: { sleep_time: 2 } });
    await project.publish({ sleep_time: 0 });
    const page = await pages.open(`${served.address}/?_method=Transit`);
    await untilRows(page, "Planets", "397 rows");
    await project.write(
      "data/planets.csv",
      "method,number,orbital_period,mass,distance,year\nTransit,1,3.5,1.2,100.5,2014\n",
    );
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await page.getByRole("progressbar").first().waitFor();
    await page.getByText("Simulating heavy compute").first().waitFor();
    await untilRows(page, "Planets", "1 row");
    expect(await chosenOf(page, "Discovery method")).toBe("Transit");
    await page.getByRole("progressbar").first().waitFor({ state: "detached" });
  });

  it("cancels a run, and keeps what there was", async () => {
    const { project, served } = await servePlanets({ inputs: { sleep_time: 30 } });
    await project.publish({ sleep_time: 0 });
    const page = await pages.open(served.address);
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await page.getByText("Simulating heavy compute").first().waitFor();
    await page.getByRole("button", { name: /^Cancel/ }).click();
    await page.getByRole("progressbar").first().waitFor({ state: "detached" });
    await untilRows(page, "Planets", "1,035 rows");
  });

  it("is told that the newest run has failed, and still sees the last good results", async () => {
    const { project, served } = await servePlanets({ inputs: { sleep_time: 0 } });
    await project.publish({ sleep_time: 0 });
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
