import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { ChromiumProgram } from "../servers/chromium-program.ts";

interface PageOptions extends BrowserContextOptions {
  /** faults that the test expects, such as the browser's word on an answer of 401 */
  readonly expected?: RegExp;
}

/** Pages of one browser, which lives as long as the tests of a file. */
export interface Pages {
  /**
   * Opens an address as a viewer who was never here before. The page is the test's own until its
   * end; then it is emptied for a later one, since a page of a new process takes three times as long.
   */
  open(address: string, options?: PageOptions): Promise<Page>;
}

/** Told by the page itself, before any of its own scripts run. */
const TELL_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample))`;

/** No other machine is found. Intercepting requests would do the same, and keep no file of the page. */
const STAY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

/** Far above what anything takes, also on a busy machine. */
const LONGEST_MS = 60_000;

/** An address of no server of ours: what it answers runs nothing, and what it keeps can be removed. */
const NOWHERE = "/assets/nothing";

/** A page of a context of its own. */
interface Tab {
  readonly page: Page;
  readonly options: BrowserContextOptions;
  /** gets what is wrong, while a test has the page */
  tell: (fault: string) => void;
}

/**
 * Opens pages, and fails a test whose pages log an error, break their content security policy or
 * ask anything of another machine than this one.
 */
export function usePages(program: ChromiumProgram | null): Pages {
  let browser: Browser;
  let free: Tab[] = [];
  let taken: Tab[] = [];
  let faults: string[] = [];
  beforeAll(async () => {
    if (program === null) return;
    browser = await chromium.launch({ ...program, args: [...program.args, STAY_HERE] });
  });
  afterEach(async () => {
    const found = faults;
    const kept = await Promise.all(taken.map(emptied));
    free = [...free, ...kept.filter((tab) => tab !== undefined)];
    [taken, faults] = [[], []];
    expect(found).toEqual([]);
  });
  afterAll(() => browser?.close());
  return {
    async open(address, { expected = /^$/, ...options } = {}) {
      const isSame = (tab: Tab) => JSON.stringify(tab.options) === JSON.stringify(options);
      const tab = free.find(isSame) ?? (await openTab(browser, options));
      free = free.filter((each) => each !== tab);
      taken.push(tab);
      tab.tell = (fault) => {
        if (!expected.test(fault)) faults.push(fault);
      };
      if (address === "about:blank") return tab.page;
      await tab.page.goto(address);
      // what the server has drawn looks the same, and takes nothing
      if (options.javaScriptEnabled !== false)
        await tab.page.locator("#still").waitFor({ state: "detached" });
      return tab.page;
    },
  };
}

async function openTab(browser: Browser, options: BrowserContextOptions): Promise<Tab> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(LONGEST_MS);
  await context.addInitScript(TELL_VIOLATIONS);
  const page = await context.newPage();
  const tab: Tab = { page, options, tell: () => undefined };
  context.on("request", (request) => {
    if (isElsewhere(new URL(request.url()))) tab.tell(`a request to ${request.url()}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error") tab.tell(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => tab.tell(String(error.error())));
  return tab;
}

/** Leaves a page as if nobody had been there; closes one of which that cannot be said. */
async function emptied(tab: Tab): Promise<Tab | undefined> {
  const { page, options } = tab;
  tab.tell = () => undefined;
  try {
    const { origin } = new URL(page.url());
    if (!origin.startsWith("http://127.0.0.1:")) throw new Error("nothing to go on with");
    await page.goto(`${origin}${NOWHERE}`);
    await page.evaluate("localStorage.clear(); sessionStorage.clear()");
    await page.mouse.move(0, 0);
    await page.context().clearCookies();
    await page.emulateMedia({ media: null, colorScheme: options.colorScheme ?? "light" });
    await page.setViewportSize(options.viewport ?? { width: 1280, height: 720 });
    return tab;
  } catch {
    await page.context().close();
    return undefined;
  }
}

function isElsewhere({ protocol, hostname }: URL): boolean {
  return protocol.startsWith("http") && hostname !== "127.0.0.1";
}
