import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** The table of a cell, by the title of the cell. */
export function tableOf(page: Page, title: string): Locator {
  return page.getByRole("grid", { name: new RegExp(`^${title}, `) });
}

/** Waits until a table has so many rows, and the first of them are there. */
export async function untilRows(page: Page, title: string, rows: string): Promise<void> {
  await page.getByRole("grid", { name: `${title}, ${rows}`, exact: true }).waitFor();
  await page.locator("[role=gridcell]").first().waitFor();
}

/** The part of the page that shows a cell. */
export function cellOf(page: Page, title: string): Locator {
  return page.getByRole("region", { name: title, exact: true });
}

/** Waits until a cell shows a text somewhere. */
export async function untilShown(page: Page, title: string, text: string | RegExp): Promise<void> {
  await cellOf(page, title).getByText(text).first().waitFor();
}

/** The texts of a column, of the rows in sight. */
export async function columnOf(page: Page, title: string, column: string): Promise<string[]> {
  // all at one moment: a row that goes while the others are read would be waited for
  const texts = await tableOf(page, title).evaluate((table, name) => {
    const heads = [...table.querySelectorAll("[role=columnheader]")];
    const index = heads.findIndex((head) => head.textContent.trim().startsWith(name));
    if (index === -1) return null;
    const rows = [...table.querySelectorAll("tbody [role=row]")];
    return rows.map((row) => row.querySelectorAll("th, td")[index]?.textContent ?? "");
  }, column);
  expect(texts, `column ${column}`).not.toBeNull();
  return texts ?? [];
}

/** What the page asks the server for from now on: method and path. */
export function watchRequests(page: Page): readonly string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  return asked;
}

/** The text of the option that a dropdown has. */
export async function chosenOf(page: Page, label: string): Promise<string> {
  return (
    (await page
      .getByRole("combobox", { name: label, exact: true })
      .locator("option:checked")
      .textContent()) ?? ""
  );
}
