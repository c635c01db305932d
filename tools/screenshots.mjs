// Draws the pictures of docs/images: two apps and the views of their author, light and dark, wide
// and on a phone. Needs Chromium; `npm test` does not call this.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const images = `${root}docs/images`;
const hex = `${root}dist/hex.js`;
const executablePath = process.env["HEX_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

// Taller than screens are: a picture of a page shows more of it.
const WIDE = { width: 1440, height: 1400 };
const PHONE = { width: 390, height: 1400 };

/** Addresses by the name of their picture; those with a phone's are drawn on one as well. */
const planets = {
  name: "planets",
  project: root,
  inputs: ["--input", "sleep_time=0"],
  views: { planets: "/", runs: "/runs", versions: "/versions" },
  onPhone: ["planets"],
};
const flights = {
  name: "flights",
  project: `${root}examples/flights`,
  inputs: [],
  views: { flights: "/", "flights-where": "/#tab=where", "flights-all": "/#tab=all-flights" },
  onPhone: ["flights"],
};

const LOOK_MS = 100;
const MARGIN = 24;
/** No picture tells who made it, and where. */
const FORGET_WHO = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(/^[\\w.-]+@[\\w.-]+/, "user@host");
  }
})()`;
/** Whether nothing is busy or goes, and every chart and every table has been drawn. */
const IS_STILL = `document.querySelector("main.skeleton, [aria-busy=true]") === null
  && !/Looking up|Run \\d+ goes/.test(document.body.innerText)
  && [...document.querySelectorAll(".cell--chart")].every((cell) => cell.querySelector("canvas, svg.marks, .vega-embed, [role=graphics-document]"))
  && [...document.querySelectorAll("table")].every((table) => table.querySelector("td"))`;

/** Only some of them, when their names are told. */
const asked = process.argv.slice(2);

await mkdir(images, { recursive: true });
const browser = await chromium.launch({ executablePath, args });
try {
  for (const app of [planets, flights]) await drawApp(app);
  await drawNotebook(planets);
} finally {
  await browser.close();
}

async function drawApp({ name, project, inputs, views, onPhone }) {
  if (!isAsked(name)) return;
  await inOwnStore(async (env) => {
    publish({ project, inputs, env });
    // Of the smaller one twice, so that there is something to compare.
    if (name === "planets") publish({ project, inputs, env });
    const server = await startServer(["serve", "--port", "0", "--project", project], env);
    try {
      for (const [view, path] of Object.entries(views)) {
        const look = { view, address: new URL(path, server.address).href };
        await drawBoth({ ...look, viewport: WIDE, size: "wide" });
        if (onPhone.includes(view)) await drawBoth({ ...look, viewport: PHONE, size: "phone" });
      }
    } finally {
      await server.stop();
    }
  });
}

/** The same cells as their author sees them. */
async function drawNotebook({ project }) {
  if (!isAsked("notebook")) return;
  await inOwnStore(async (env) => {
    const server = await startServer(["dev", "--port", "0", "--project", project], env);
    try {
      const { address } = server;
      await drawBoth({ view: "notebook", address, viewport: WIDE, size: "wide" });
    } finally {
      await server.stop();
    }
  });
}

function isAsked(name) {
  return asked.length === 0 || asked.includes(name);
}

/** Nothing of what is published for a picture stays. */
async function inOwnStore(draw) {
  const store = await mkdtemp(join(tmpdir(), "hex-images-"));
  try {
    await draw({ ...process.env, HEX_STORE: `file:${store}` });
  } finally {
    await rm(store, { recursive: true, maxRetries: 5 });
  }
}

async function drawBoth(look) {
  for (const colorScheme of ["light", "dark"]) await draw({ ...look, colorScheme });
}

async function draw({ view, address, colorScheme, viewport, size }) {
  const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1 });
  const page = await context.newPage();
  await page.goto(address);
  await untilStill(page);
  await page.evaluate(FORGET_WHO);
  const { height } = viewport;
  const clip = { x: 0, y: 0, ...viewport, height: Math.min(height, await heightOf(page)) };
  await page.screenshot({ path: `${images}/${view}-${size}-${colorScheme}.png`, clip });
  await context.close();
}

/** Until nothing is being drawn any more. */
async function untilStill(page) {
  await page.locator("main").first().waitFor();
  // Looked at from here: the page's own policy lets nobody wait inside it.
  while (!(await page.evaluate(IS_STILL))) await wait(LOOK_MS);
  await page.evaluate("document.fonts.ready.then(() => true)");
}

/** Of what there is to see, and a margin. */
async function heightOf(page) {
  const box = await page.locator("main").first().boundingBox();
  return Math.ceil(box.y + box.height) + MARGIN;
}

function publish({ project, inputs, env }) {
  const argv = [hex, "run", "--quiet", "--project", project, ...inputs];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`The logic run of ${project} failed: ${stderr}`);
}

/** `hex serve` tells its address in its log, and `hex dev` on standard output. */
async function startServer(argv, env) {
  const child = spawn(process.execPath, [hex, ...argv], { env });
  const closed = once(child, "close");
  const address = await new Promise((resolve, reject) => {
    const look = (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found !== null) resolve(found[0]);
    };
    for (const lines of [child.stdout, child.stderr]) createInterface(lines).on("line", look);
    closed.then(() => reject(new Error(`hex ${argv.join(" ")} did not start`)));
  });
  return {
    address,
    async stop() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}
