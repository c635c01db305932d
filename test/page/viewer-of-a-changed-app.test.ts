import { describe, expect, inject, it, onTestFinished } from "vitest";
import { usePages } from "./open-page.ts";
import { chosenOf, untilRows } from "./page-parts.ts";
import { makePlanets } from "./published-project.ts";
import { servePage } from "./served-page.ts";

const program = inject("chromium");
/** What the browser itself says while no server listens. */
const UNREACHED = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|net::ERR_/;

describe.skipIf(program === null)("a viewer of an app that is deployed anew", () => {
  const pages = usePages(program);

  it("is told that it has changed, and has it with the same inputs after a reload", async () => {
    const project = await makePlanets();
    onTestFinished(() => project.remove());
    await project.publish({ sleep_time: 0 });
    let served = await servePage(project.directory);
    onTestFinished(() => served.stop());
    const page = await pages.open(`${served.address}/?_method=Transit`, { expected: UNREACHED });
    await untilRows(page, "Planets", "397 rows");
    const notice = page.getByText("This app has changed.");
    expect(await notice.count()).toBe(0);

    await served.stop();
    await project.write("cells/09-added.md", "# What was added\n");
    served = await servePage(project.directory, "--port", new URL(served.address).port);
    // As a network that came back would: the page need not wait until it tries again by itself.
    await page.evaluate("dispatchEvent(new Event('online'))");
    await notice.waitFor({ timeout: 90_000 });
    expect(await page.getByText("What was added").count()).toBe(0);
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByText("What was added").waitFor();
    await untilRows(page, "Planets", "397 rows");
    expect(await chosenOf(page, "Discovery method")).toBe("Transit");
    expect(await notice.count()).toBe(0);
  });
});
