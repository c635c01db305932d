import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { RunList } from "../../src/page/history-state.ts";
import { faultsOf } from "./axe-faults.ts";
import { usePages } from "./open-page.ts";
import { makeCells, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");
const PHONE = { width: 390, height: 844 };

const CELLS = {
  "01-count.ts": `import { slider } from "hex-runtime";
export default slider({ min: 0, max: 100, default: 3 });
`,
  "02-numbers.ts": `import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached } from "hex-runtime";
import count from "./01-count.ts";
export default cached("numbers", { count }, async ({ count }, { log, progress, signal }) => {
  log("counting to " + count + " <script>alert(1)</script>");
  if (count === 13) throw new Error("no thirteen <b>here</b>");
  progress(0.5, "half way");
  while (count > 50 && !existsSync("gate-" + count)) await wait(20, undefined, { signal });
  log("counted");
  return Array.from({ length: count }, (_, number) => ({ number }));
});
`,
  "03-sum.ts": `import { cell } from "hex-runtime";
import numbers from "./02-numbers.ts";
export default cell({ numbers }, ({ numbers }) => numbers.numRows);
`,
};

const SCHEDULES = [{ name: "nightly", cron: "30 2 * * *", timezone: "Asia/Kathmandu" }];

describe.skipIf(program === null)("a viewer who looks back", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;

  beforeAll(async () => {
    project = await makeCells(CELLS, { schedules: SCHEDULES });
    await project.publish();
    await project.publish({ count: 5 });
    await project.hex("run", "--quiet", "--input", "count=13");
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  async function submit(count: number): Promise<string> {
    const { stdout } = await project.hex("run", "--detach", "--input", `count=${count}`);
    return stdout.trim();
  }

  const stateOf = (page: Page) => page.locator(".runs-state").first().innerText();

  it("finds the run that failed by its state, and reads why, when and what it logged", async () => {
    const page = await pages.open(`${served.address}/runs`);
    await page.getByRole("row").nth(3).waitFor();
    await page.getByLabel("State").selectOption("failed");
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    await expect.poll(() => new URL(page.url()).search).toBe("?state=failed");
    await page.reload();
    await page.getByRole("row").getByRole("link").click();
    await page.getByText("no thirteen <b>here</b>").first().waitFor();
    const picture = page.getByRole("img", { name: /^Timeline of .*: 2 of 3 cells ran/ });
    await expect.poll(() => picture.locator(".is-failed").count()).toBe(1);
    await page.getByText("The timeline as a table").click();
    await page.getByRole("row", { name: /^numbers failed.*no thirteen/ }).waitFor();
    await page.getByText("counting to 13 <script>alert(1)</script>").waitFor();
    await page.goBack();
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    await expect.poll(() => new URL(page.url()).search).toBe("?state=failed");
  });

  it("sees a run grow, and its log come, until its end, and keeps the log", async () => {
    const runId = await submit(51);
    const page = await pages.open(`${served.address}/runs/${runId}`);
    await page.locator(".runs-timeline-bar.is-running").waitFor();
    await page.getByText("50 % · half way", { exact: true }).last().waitFor();
    await page.getByText("counting to 51").waitFor();
    await project.write("gate-51", "");
    await expect.poll(() => stateOf(page)).toMatch("completed");
    await page.getByText("counted", { exact: true }).waitFor();
    await page.getByRole("link", { name: /^published \d+$/ }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    const log = await readFile(await download.path(), "utf8");
    expect(log).toMatch(/^\S+ \S+ {2}numbers: counting to 51 <script>.*\n.*counted\n$/);
  });

  it("cancels a run by keyboard, once it is said what that does", async () => {
    const page = await pages.open(`${served.address}/runs/${await submit(52)}`);
    await page.locator(".runs-timeline-bar.is-running").waitFor();
    const button = page.getByRole("button", { name: "Cancel this run" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Cancel this run?" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => button.evaluate((element) => element.matches(":focus"))).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Cancel this run?" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => stateOf(page)).toMatch("cancelled");
    await page.locator(".runs-timeline-bar.is-interrupted").waitFor();
  });

  it("compares two versions, and goes back to one", async () => {
    const page = await pages.open(`${served.address}/versions?from=1&to=2`);
    await page.getByRole("row", { name: "numbers changed 3 → 5 +2" }).waitFor();
    await page.getByText("Input count: 3 → 5").waitFor();
    await page.getByRole("button", { name: "Go back to version 1", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Go back to version 1?" });
    await dialog.getByRole("button", { name: "Publish version 1 anew" }).click();
    await page.getByText(/^Version \d+ is published, with the frames of version 1\.$/).waitFor();
    await page.getByRole("row", { name: /current.*rollback to 1/ }).waitFor();
    await page.getByLabel("Compare from version 1", { exact: true }).check();
    await page.getByRole("row", { name: "numbers same 3" }).waitFor();
  });

  it("is asked for a token where one is needed, and then comes back to where it was", async () => {
    const other = await makeCells(CELLS);
    const { stdout, stderr } = await other.hex("token", "create", "viewer", "--scope", "read");
    const [token = ""] = /hxt\w_\w+/.exec(stdout + stderr) ?? [];
    const closed = await servePage(other.directory);
    try {
      const page = await pages.open(`${closed.address}/schedules`, { expected: /401/ });
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("The project has no schedules").waitFor();
    } finally {
      await closed.stop();
      await other.remove();
    }
  });

  it.each(["light", "dark"] as const)("breaks no rule of accessibility when %s", async (theme) => {
    const answer = await fetch(`${served.address}/page/runs?state=failed`);
    const [failed] = ((await answer.json()) as RunList).runs;
    const page = await pages.open(`${served.address}/schedules`, { colorScheme: theme });
    await page.getByText("by the clocks of Asia/Kathmandu").waitFor();
    const places = ["/runs", `/runs/${failed?.runId}`, "/versions?from=1&to=2", "/schedules"];
    for (const place of places) {
      await page.goto(`${served.address}${place}`);
      await page.locator("table, .runs-timeline, .runs-schedule").first().waitFor();
      for (const viewport of [{ width: 1_280, height: 800 }, PHONE]) {
        await page.setViewportSize(viewport);
        expect(await faultsOf(page), place).toEqual([]);
        const width = () => page.evaluate<number>("document.scrollingElement.scrollWidth");
        await expect.poll(width, { message: place }).toBeLessThanOrEqual(viewport.width);
      }
    }
  });
});
