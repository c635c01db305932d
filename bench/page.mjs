import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { openDoors } from "./doors.mjs";
import { preparePlanetsPage, prepareWidePage } from "./page-apps.mjs";
import { hasPeer } from "./peers.mjs";
import { openTimer } from "./time-page.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

const TARGET_MS = 50;
/** Of the networks on which pages are opened, how long each request is under way at least. */
const DELAYS_MS = [0, 50];
/** Of the time of another tool until the first table. */
const OPEN_TARGETS = { before: 0.35, Streamlit: 0.1 };

/** What a viewer waits for in Chromium: the first table, and the answer to an input. */
export async function printPages({ root, before, python, rounds, isSmall, record }) {
  const { openChromium } = await openDoors(root);
  const options = { env: process.env, projectDirectory: root, log: console.error };
  const program = await openChromium(options);
  if (program === null) return;
  const streamlit = hasPeer(python, "streamlit") ? python : undefined;
  console.log(
    `Pages in Chromium, from hex serve on this machine (load average ${loadavg()[0]?.toFixed(1)})\n`,
  );
  console.log(
    "To repaint: from the input's event to the end of the frame that painted the answer's figure\n" +
      "and table; until changed: to the change of both in the document.\n",
  );
  const timer = await openTimer(program);
  const wide = isSmall ? [] : [100_000, 1_000_000];
  const prepare = [
    () => preparePlanetsPage(root),
    ...wide.map((rows) => () => prepareWidePage(root, rows)),
  ];
  try {
    for (const each of prepare)
      await printApp(await each(), { root, before, timer, rounds, streamlit, record });
  } finally {
    await timer.close();
  }
  if (streamlit === undefined)
    console.log("Streamlit was not timed: this Python does not have it.\n");
}

async function printApp(app, { root, before, timer, rounds, streamlit, record }) {
  try {
    const choices = await countChoices(app);
    console.log(app.title);
    const asked = { ...app, ...choices };
    const builds = before === undefined ? [root] : [before, root, before, root];
    const timed = new Map();
    for (const build of builds) {
      const share = Math.ceil((2 * rounds) / builds.length);
      const figures = await timeOurs(build, asked, { timer, rounds: Math.min(rounds, share) });
      timed.set(build, joinFigures(timed.get(build), figures));
    }
    const ours = timed.get(root);
    const tools = new Map([["hex", ours]]);
    if (before !== undefined) tools.set("before", timed.get(before));
    if (streamlit !== undefined)
      tools.set("Streamlit", await timeStreamlit(root, asked, { timer, rounds, streamlit }));
    for (const [tool, figures] of tools) {
      printFigures(NAMES[tool] ?? tool, figures, ours);
      keepFigures({ tool, size: app.rows, figures, record });
    }
  } finally {
    await app.remove();
  }
}

const NAMES = { hex: "hex serve", before: "the build before" };

function keepFigures({ tool, size, figures: { opens, repaint }, record }) {
  for (const { delayMs, open } of opens) {
    const row = `open to first table${delayMs === 0 ? "" : `, ${delayMs} ms of network delay`}`;
    const { medianMs: wallMs, bytes } = open;
    record({ table: "Page", row, size, tool, wallMs, bytes, target: OPEN_TARGETS[tool] });
  }
  record({ table: "Page", row: "input to repaint", size, tool, wallMs: repaint.medianMs });
}

/** How many rows each choice leaves, so that a page's answer is known to be the one to it. */
async function countChoices({ peer: { csv, column, every }, choices }) {
  const [header, ...lines] = (await readFile(csv, "utf8")).trimEnd().split("\n");
  const index = header.split(",").indexOf(column);
  const counts = new Map();
  for (const line of lines) {
    const value = line.split(",")[index];
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const [first] = counts.keys();
  return {
    firstFound: String(every === "" ? counts.get(first) : lines.length),
    choices: choices.map((choice) => ({ choice, found: String(counts.get(choice)) })),
  };
}

async function timeOurs(root, app, { timer, rounds }) {
  const argv = ["node", `${root}dist/hex.js`, "serve", "--project", app.project, "--port", "0"];
  const server = await startWorkerProcess(argv, { readyLine: /"server-started"/ });
  try {
    return await timeApp(timer, rounds, {
      ...app,
      address: JSON.parse(server.readyAs).address,
      places: {
        event: "input",
        found: "#cell-found .value",
        table: "#cell-filtered tbody",
        // what the server has drawn, until the page's code takes its place
        drawn: "#still",
        ...(app.chart && { chart: app.chart }),
      },
      change: (page, choice) =>
        page.getByRole("combobox", { name: app.input, exact: true }).selectOption(choice),
    });
  } finally {
    await server.stop();
  }
}

/** Its table is painted on a canvas, so its figure alone tells when the answer is there. */
async function timeStreamlit(root, app, { timer, rounds, streamlit }) {
  const { csv, column, value, every } = app.peer;
  const script = `${root}bench/peers/page_streamlit.py`;
  const flags = ["--server.headless=true", "--server.address=127.0.0.1", "--server.port=0"];
  const quiet = ["--browser.gatherUsageStats=false", "--server.fileWatcherType=none"];
  const argv = ["-m", "streamlit", "run", ...flags, ...quiet, script, csv, column, value, every];
  const server = await startWorkerProcess([streamlit, ...argv], { readyLine: /URL: http/ });
  try {
    return await timeApp(timer, rounds, {
      ...app,
      address: /http:\S+/.exec(server.readyAs)[0],
      places: {
        event: "keydown",
        key: "Enter",
        found: "[data-testid=stMetricValue]",
        isThere: "[data-testid=stDataFrame] canvas",
      },
      prepareChange: async (page, choice) => {
        await page.getByRole("combobox").click();
        await page.keyboard.type(choice);
      },
      change: (page) => page.keyboard.press("Enter"),
    });
  } finally {
    await server.stop("SIGKILL");
  }
}

async function timeApp(timer, rounds, app) {
  const opens = [];
  for (const delayMs of DELAYS_MS)
    opens.push({ delayMs, open: await timer.timeOpen(app, Math.ceil(rounds / 2), delayMs) });
  return { opens, ...(await timer.timeChanges(app, rounds * 2)) };
}

/** Of two turns of one build the mean of each figure. */
function joinFigures(first, second) {
  if (first === undefined) return second;
  const join = (one, other) =>
    typeof one === "number" ? (one + other) / 2 : one && joinFigures(one, other);
  if (Array.isArray(first)) return first.map((each, index) => join(each, second[index]));
  return Object.fromEntries(Object.keys(first).map((key) => [key, join(first[key], second[key])]));
}

function printFigures(name, { opens, repaint, change, answer, drawing }, ours) {
  for (const [index, { delayMs, open }] of opens.entries()) {
    const title =
      delayMs === 0 ? `${name}: open to first table` : `    with ${delayMs} ms of delay`;
    printLine(title, open, ours.opens[index].open);
    const { takenMs, bytes, requests } = open;
    const taken = takenMs === undefined ? "" : `, its code goes after ${takenMs.toFixed(0)} ms`;
    console.log(
      `  ${"".padEnd(40)}${(bytes / 1_000).toFixed(0)} kB in ${requests} requests${taken}`,
    );
  }
  printLine(`${name}: input to repaint`, repaint, ours.repaint, TARGET_MS);
  printLine("    of that until the page has changed", change, ours.change);
  if (answer !== undefined) printLine("    of that the server's answer", answer, ours.answer);
  if (drawing !== undefined) printLine("    until its chart, out of sight", drawing, ours.drawing);
}

function printLine(name, { medianMs, p95Ms, minMs, maxMs }, ours, target) {
  const figures = `p50 ${show(medianMs)}p95 ${show(p95Ms)}${show(minMs)}to ${show(maxMs)}`;
  const isOurs = medianMs === ours.medianMs;
  const ratios = [ours.medianMs / medianMs, ours.p95Ms / p95Ms].map((each) => each.toFixed(2));
  const ratio = isOurs ? "" : `ours is ${ratios.join(" and ")} of it`;
  const end = isOurs && target !== undefined ? `(target below ${target} ms)` : ratio;
  console.log(`  ${name.padEnd(40)}${figures}ms  ${end}`);
}

function show(ms) {
  return ms.toFixed(1).padEnd(8);
}
