import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { faultsOf } from "./axe-faults.ts";
import { makeGallery } from "./gallery-project.ts";
import { usePages } from "./open-page.ts";
import { untilRows, untilShown } from "./page-parts.ts";
import type { PageProject } from "./published-project.ts";
import { type ServedPage, servePage } from "./served-page.ts";

const program = inject("chromium");
const PHONE = { width: 390, height: 844 };

describe.skipIf(program === null)("how the page looks", () => {
  const pages = usePages(program);
  let project: PageProject;
  let served: ServedPage;

  beforeAll(async () => {
    project = await makeGallery();
    await project.publish();
    served = await servePage(project.directory);
  });
  afterAll(async () => {
    await served?.stop();
    await project?.remove();
  });

  async function untilDrawn(page: Page): Promise<void> {
    await untilRows(page, "Found", "5,000 rows");
    await untilShown(page, "Rows found", "5,000");
    await page.locator("math").first().waitFor();
    await page.locator("canvas, svg.marks").first().waitFor();
  }

  it.each(["light", "dark"] as const)(
    "breaks no rule of accessibility when %s",
    async (colorScheme) => {
      const page = await pages.open(served.address, { colorScheme });
      await untilDrawn(page);
      expect(await faultsOf(page)).toEqual([]);
      await page.setViewportSize(PHONE);
      expect(await faultsOf(page)).toEqual([]);
    },
  );

  it("is dark where the viewer's machine is, or when asked, and stays so", async () => {
    const page = await pages.open(served.address, { colorScheme: "dark" });
    await untilDrawn(page);
    expect(await brightness(page)).toBeLessThan(0.3);
    const other = await pages.open(served.address, { colorScheme: "light" });
    await untilDrawn(other);
    expect(await brightness(other)).toBeGreaterThan(0.8);
    const toggle = other.getByRole("button", { name: /dark|theme|colou?rs/i });
    for (let presses = 0; presses < 3 && (await brightness(other)) > 0.3; presses++) {
      await toggle.click();
    }
    expect(await brightness(other)).toBeLessThan(0.3);
    await other.reload();
    await untilDrawn(other);
    expect(await brightness(other)).toBeLessThan(0.3);
  });

  it("fits a phone: nothing but tables scrolls sideways", async () => {
    const page = await pages.open(served.address, {
      viewport: PHONE,
      hasTouch: true,
      isMobile: true,
    });
    await untilDrawn(page);
    await expect
      .poll(() => page.evaluate("document.scrollingElement.scrollWidth"))
      .toBeLessThanOrEqual(PHONE.width);
  });

  it("prints", async () => {
    const page = await pages.open(served.address);
    await untilDrawn(page);
    const pdf = await page.pdf();
    expect(pdf.length).toBeGreaterThan(20_000);
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("button", { name: /^Refresh/ }).isVisible()).toBe(false);
    expect(await brightness(page)).toBeGreaterThan(0.8);
  });
});

/** Of what is behind everything, from 0 to 1. */
async function brightness(page: Page): Promise<number> {
  const colour = await page.evaluate<string>(
    `(() => {
      const canvas = document.createElement("canvas").getContext("2d");
      canvas.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      return canvas.getImageData(0, 0, 1, 1).data.slice(0, 3).join();
    })()`,
  );
  const [red = 0, green = 0, blue = 0] = colour.split(",").map(Number);
  return (red + green + blue) / 3 / 255;
}
