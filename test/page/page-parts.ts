import { readFile } from "node:fs/promises";
import type { Download, Locator, Page } from "playwright-core";
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

/** The rows in sight of a table, each as the texts of its cells. */
export async function rowsInSight(page: Page, title: string): Promise<string[][]> {
  return tableOf(page, title).evaluate((table) =>
    [...table.querySelectorAll("tbody [role=row]")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? ""),
    ),
  );
}

/** Scrolls a table, 0 to its first rows and 1 to its last. */
export async function scrollTable(page: Page, title: string, part: number): Promise<void> {
  await tableOf(page, title).evaluate((table, to) => {
    let box = table;
    while (box.scrollHeight <= box.clientHeight + 1 && box.parentElement !== null) {
      box = box.parentElement;
    }
    box.scrollTop = to * box.scrollHeight;
  }, part);
}

/** What a link or a button of this name downloads. */
export async function download(page: Page, name: string): Promise<string> {
  const wanted = { name, exact: true };
  const link = page.getByRole("link", wanted).or(page.getByRole("button", wanted));
  return (await bytesOf(await save(page, () => link.click()))).toString();
}

/** The file that comes of an action. */
export async function save(page: Page, act: () => Promise<void>): Promise<Download> {
  const [saved] = await Promise.all([page.waitForEvent("download"), act()]);
  return saved;
}

export async function bytesOf(saved: Download): Promise<Buffer> {
  return readFile(await saved.path());
}
