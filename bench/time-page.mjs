import { chromium } from "playwright-core";
import { summarise } from "./summarise.mjs";

/**
 * Runs in the page: from the event by which an input changes until the end of the frame that painted
 * the figure and the table of the answer. What a page draws before a frame is in that frame, and a
 * message that is sent within its callbacks arrives as soon as it has been rendered; a second frame
 * would only be waited for.
 */
const HARNESS = `globalThis.hexBench = {
  read(selector) { return document.querySelector(selector)?.textContent ?? ""; },
  /** A figure: its digits, since thousands may be set apart. */
  digits(selector) { return this.read(selector).replace(/[^0-9]/g, ""); },
  afterFrame(then) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    requestAnimationFrame(() => port2.postMessage(null));
  },
  arm({ event, key, found, table, chart }, expected) {
    const before = table && this.read(table);
    let startedMs;
    this.drawn = chart === undefined ? undefined : new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        this.afterFrame(() => resolve(performance.now() - startedMs));
      });
      observer.observe(document.querySelector(chart), { subtree: true, childList: true, attributes: true });
    });
    const start = (change) => { if (key === undefined || change.key === key) startedMs ??= performance.now(); };
    addEventListener(event, start, { capture: true });
    this.changed = new Promise((resolve) => {
      const look = () => {
        if (startedMs === undefined || this.digits(found) !== expected) return;
        if (table && this.read(table) === before) return;
        observer.disconnect();
        removeEventListener(event, start, { capture: true });
        const changedMs = performance.now() - startedMs;
        this.afterFrame(() => resolve({ changedMs, repaintMs: performance.now() - startedMs }));
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, characterData: true });
    });
  },
  /** From the start of the navigation until the end of the frame that painted the first figure and table. */
  opened({ found, table, isThere }, expected) {
    return new Promise((resolve) => {
      const look = () => {
        if (this.digits(found) !== expected || document.querySelector(table ?? isThere) === null) return;
        observer.disconnect();
        this.afterFrame(() => resolve(performance.now()));
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, characterData: true });
      look();
    });
  },
  /** From the start of the navigation until the page's code has taken the place of what was drawn. */
  gone({ drawn }) {
    return new Promise((resolve) => {
      const look = () => {
        if (document.querySelector(drawn) !== null) return;
        observer.disconnect();
        this.afterFrame(() => resolve(performance.now()));
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true });
      look();
    });
  },
};`;

/** Opens pages of an app in a browser, and times what a viewer waits for. */
export async function openTimer(program) {
  const browser = await chromium.launch({ ...program, args: [...program.args] });
  return {
    timeOpen: (app, rounds, delayMs) => timeOpen(browser, app, { rounds, delayMs }),
    timeChanges: (app, rounds) => timeChanges(browser, app, rounds),
    close: () => browser.close(),
  };
}

/** Each time in a context of its own, with nothing kept by the browser; one that does not count. */
async function timeOpen(browser, app, { rounds, delayMs }) {
  const times = [];
  const taken = [];
  let weight;
  for (let round = 0; round <= rounds; round++) {
    const { context, page } = await openContext(browser);
    weight = await watchWeight(page, delayMs);
    await page.goto(app.address, { waitUntil: "commit" });
    const openMs = await page.evaluate(toCall("opened", app.places, app.firstFound));
    if (round > 0) times.push(openMs);
    if (app.places.drawn !== undefined) {
      const takenMs = await page.evaluate(toCall("gone", app.places));
      if (round > 0) taken.push(takenMs);
    }
    await context.close();
  }
  const takenMs = taken.length === 0 ? undefined : summarise(taken).medianMs;
  return { ...summarise(times), takenMs, ...weight };
}

/** Goes through the choices again and again; the first way through does not count. */
async function timeChanges(browser, app, rounds) {
  const { context, page } = await openContext(browser);
  await page.goto(app.address, { waitUntil: "commit" });
  await page.evaluate(toCall("opened", app.places, app.firstFound));
  if (app.places.drawn !== undefined) await page.evaluate(toCall("gone", app.places));
  if (app.places.chart !== undefined) await page.locator(app.places.chart).waitFor();
  const [repaints, changes, answers, drawings] = [[], [], [], []];
  const choices = app.choices.filter(({ found }) => found !== app.firstFound);
  const warm = choices.length;
  for (let turn = 0; turn < warm + rounds; turn++) {
    const { choice, found } = choices[turn % choices.length];
    await app.prepareChange?.(page, choice);
    await page.evaluate(`performance.clearResourceTimings();${toCall("arm", app.places, found)}`);
    await app.change(page, choice);
    const { changedMs, repaintMs } = await page.evaluate("hexBench.changed");
    const drawnMs = await page.evaluate("hexBench.drawn");
    const asked = await page.evaluate(
      `performance.getEntriesByType("resource").filter(({ name }) => name.includes("/page/run")).map(({ duration }) => duration)`,
    );
    if (turn < warm) continue;
    repaints.push(repaintMs);
    changes.push(changedMs);
    answers.push(...asked);
    if (drawnMs !== undefined) drawings.push(drawnMs);
  }
  await context.close();
  const [answer, drawing] = [answers, drawings].map((times) =>
    times.length === 0 ? undefined : summarise(times),
  );
  return { repaint: summarise(repaints), change: summarise(changes), answer, drawing };
}

async function openContext(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.addInitScript(HARNESS);
  return { context, page: await context.newPage() };
}

/** What comes over the wire until the page is left, counted by the browser, which delays each request. */
async function watchWeight(page, delayMs) {
  const weight = { requests: 0, bytes: 0 };
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const network = {
    offline: false,
    latency: delayMs,
    downloadThroughput: -1,
    uploadThroughput: -1,
  };
  if (delayMs > 0) await session.send("Network.emulateNetworkConditions", network);
  session.on("Network.requestWillBeSent", () => {
    weight.requests += 1;
  });
  session.on("Network.dataReceived", ({ encodedDataLength }) => {
    weight.bytes += encodedDataLength;
  });
  session.on("Network.responseReceived", ({ response }) => {
    weight.bytes += response.encodedDataLength;
  });
  session.on("Network.webSocketFrameReceived", ({ response }) => {
    weight.bytes += response.payloadData.length;
  });
  return weight;
}

function toCall(name, ...given) {
  const written = given.map((each) => JSON.stringify(each));
  return `hexBench.${name}(${written.join(", ")})`;
}
