import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { openDoors } from "./doors.mjs";
import { preparePlanetsPage, prepareWidePage } from "./page-apps.mjs";
import { hasPeer } from "./peers.mjs";
import { openTimer } from "./time-page.mjs";
import { startWorkerProcess } from "./worker-process.mjs";

const TARGET_MS = 50;
/** The size that the target is for. */
const LARGE = 1_000_000;

/** What a viewer waits for in Chromium: the first table, and the answer to an input. */
export async function printPages({ root, before, python, rounds }) {
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
  const prepare = [
    () => preparePlanetsPage(root),
    () => prepareWidePage(root, 100_000),
    () => prepareWidePage(root, LARGE),
  ];
  try {
    for (const each of prepare)
      await printApp(await each(), { root, before, timer, rounds, streamlit });
  } finally {
    await timer.close();
  }
  if (streamlit === undefined)
    console.log("Streamlit was not timed: this Python does not have it.\n");
}

async function printApp(app, { root, before, timer, rounds, streamlit }) {
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
    printFigures("hex serve", ours, ours);
    if (before !== undefined) printFigures("the build before", timed.get(before), ours);
    if (streamlit === undefined) return;
    const peer = await timeStreamlit(root, { ...app, ...choices }, { timer, rounds, streamlit });
    printFigures("Streamlit", peer, ours);
  } finally {
    await app.remove();
  }
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
  const open = await timer.timeOpen(app, Math.ceil(rounds / 2));
  return { open, ...(await timer.timeChanges(app, rounds * 2)) };
}

/** Of two turns of one build the mean of each figure. */
function joinFigures(first, second) {
  if (first === undefined) return second;
  const join = (one, other) =>
    typeof one === "number" ? (one + other) / 2 : one && joinFigures(one, other);
  return Object.fromEntries(Object.keys(first).map((key) => [key, join(first[key], second[key])]));
}

function printFigures(name, { open, repaint, change, answer, drawing }, ours) {
  printLine(`${name}: open to first table`, open, ours.open);
  const weight = `${(open.bytes / 1_000).toFixed(0)} kB in ${open.requests} requests`;
  console.log(`  ${"".padEnd(40)}${weight}`);
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
