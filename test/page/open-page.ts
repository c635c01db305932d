import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { ChromiumProgram } from "../servers/chromium-program.ts";

interface PageOptions extends BrowserContextOptions {
  /** faults that the test expects, such as the browser's word on an answer of 401 */
  readonly expected?: RegExp;
}

/** Pages of one browser, which lives as long as the tests of a file. */
export interface Pages {
  /** Opens an address in a context of its own; it is closed after the test. */
  open(address: string, options?: PageOptions): Promise<Page>;
}

/** Told by the page itself, before any of its own scripts run. */
const TELL_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample))`;

/**
 * Opens pages, and fails a test whose pages log an error, break their content security policy or
 * ask anything of another machine than this one.
 */
export function usePages(program: ChromiumProgram | null): Pages {
  let browser: Browser;
  let close: (() => Promise<void>)[] = [];
  let faults: string[] = [];
  beforeAll(async () => {
    if (program !== null) browser = await chromium.launch({ ...program, args: [...program.args] });
  });
  afterEach(async () => {
    const found = faults;
    await Promise.all(close.map((each) => each()));
    [close, faults] = [[], []];
    expect(found).toEqual([]);
  });
  afterAll(() => browser?.close());
  return {
    async open(address, { expected = /^$/, ...options } = {}) {
      const context = await browser.newContext({ ...options });
      close.push(() => context.close());
      const tell = (fault: string) => {
        if (!expected.test(fault)) faults.push(fault);
      };
      await context.addInitScript(TELL_VIOLATIONS);
      await context.route(isElsewhere, (route) => {
        tell(`a request to ${route.request().url()}`);
        return route.abort();
      });
      context.on("console", (message) => {
        if (message.type() === "error") tell(`${message.text()} (${message.location().url})`);
      });
      context.on("weberror", (error) => tell(String(error.error())));
      const page = await context.newPage();
      await page.goto(address);
      return page;
    },
  };
}

function isElsewhere({ protocol, hostname }: URL): boolean {
  return protocol.startsWith("http") && hostname !== "127.0.0.1";
}
