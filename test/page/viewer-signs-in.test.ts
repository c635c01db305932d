import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { usePages } from "./open-page.ts";
import { untilRows } from "./page-parts.ts";
import { makePlanets, type PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");
/** What the browser itself says of an answer of 401, or of a frame that it refuses. */
const REFUSED = /status of 401/;

/** A page of another site of this machine, which shows an address inside itself. */
async function startSite(): Promise<{ origin: string; show(address: string): void }> {
  let shown = "";
  const site = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>Site</title><iframe src="${shown}"></iframe>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  const address = site.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    show(address) {
      shown = address;
    },
  };
}

describe.skipIf(program === null)("a viewer of a page with tokens", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;
  let [reader, runner] = ["", ""];

  beforeAll(async () => {
    project = await makePlanets();
    await project.publish({ sleep_time: 0 });
    const create = async (...argv: readonly string[]) =>
      (await project.hex("token", "create", ...argv)).stdout.trim();
    reader = await create("reader", "--scope", "read");
    runner = await create("runner", "--scope", "run");
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  it("signs in with a token, stays so, and signs out", async () => {
    const page = await pages.open(served.address, { expected: REFUSED });
    const token = page.getByLabel(/token/i);
    await token.waitFor();
    expect(await page.getByRole("grid").count()).toBe(0);
    await token.fill(`hxtw_${"0".repeat(96)}`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(/unknown, expired or revoked/).waitFor();
    await token.fill(reader);
    await page.getByRole("button", { name: "Sign in" }).click();
    await untilRows(page, "Planets", "1,035 rows");
    await page.reload();
    await untilRows(page, "Planets", "1,035 rows");
    const kept = await page.evaluate("document.cookie + JSON.stringify({ ...localStorage })");
    expect(kept).not.toContain("hxtw_");
    await page.getByRole("button", { name: "Sign out" }).click();
    await token.waitFor();
  });

  it("may refresh only with a token that may run", async () => {
    const signIn = async (secret: string) => {
      const page = await pages.open(served.address, { expected: REFUSED });
      await page.getByLabel(/token/i).fill(secret);
      await page.getByRole("button", { name: "Sign in" }).click();
      await untilRows(page, "Planets", "1,035 rows");
      return page.getByRole("button", { name: /^Refresh/ }).count();
    };
    expect(await signIn(reader)).toBe(0);
    expect(await signIn(runner)).toBe(1);
  });
});

describe.skipIf(program === null)("a page inside a page of another site", () => {
  const pages = usePages(program);

  it("is shown where the config allows it, without what is around the cells", async () => {
    const [friend, stranger] = [await startSite(), await startSite()];
    const project = await makePlanets({ page: { access: "anyone", embedIn: [friend.origin] } });
    await project.publish({ sleep_time: 0 });
    const served = await servePage(project.directory);
    onTestFinished(async () => {
      await served.stop();
      await project.remove();
    });
    friend.show(`${served.address}/?_embed=true&_method=Transit`);
    stranger.show(served.address);

    const shown = (await pages.open(friend.origin)).frameLocator("iframe");
    await shown.getByRole("grid", { name: "Planets, 397 rows" }).waitFor();
    expect(await shown.getByRole("button", { name: /^Refresh/ }).count()).toBe(0);

    const page = await pages.open(stranger.origin, { expected: /frame-ancestors/ });
    await expect.poll(() => page.frames().at(-1)?.url()).toMatch(/^chrome-error:/);
  });
});
