import { chromium } from "playwright-core";
import { describe, expect, inject, test } from "vitest";

const program = inject("chromium");

describe.skipIf(program === null)("the browser that tests look at pages with", () => {
  test("runs scripts, lays out text in a font, and prints", async () => {
    const browser = await chromium.launch({ ...program, args: [...(program?.args ?? [])] });
    try {
      const page = await browser.newPage();
      await page.setContent("<h1>Planets</h1><script>document.title = 6 * 7</script>");

      expect(await page.title()).toBe("42");
      expect((await page.locator("h1").boundingBox())?.height).toBeGreaterThan(10);
      expect((await page.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
    } finally {
      await browser.close();
    }
  });
});
