// Five everyday walks through a copy of the package in which each function says that it was entered.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { chromium } from "playwright-core";
import ts from "typescript";

const executablePath = process.env["HEX_TEST_CHROMIUM"] ?? "/usr/bin/chromium";

/** Notes each file once in a tenth of a second: in a file, or in the browser in an array. */
const ENTERED = `
const seen = new Map();
const place = globalThis.process?.env?.HEX_WALK_FILE;
const write = place === undefined ? undefined : process.getBuiltinModule("node:fs").appendFileSync;
export function entered(file) {
  const now = Date.now();
  if (now - (seen.get(file) ?? 0) < 100) return;
  seen.set(file, now);
  if (write !== undefined) write(place, now + " " + file + "\\n");
  else if (globalThis.document !== undefined) (globalThis.hexEntered ??= []).push([now, file]);
}
`;

const SLIDER_PROJECT = {
  "hex.config.json":
    '{ "name": "Walk", "projectId": "f32fc2bf-726f-4e86-90d4-23d6b9b49a76", "store": "file:.hex/store" }',
  "cells/01-rows.ts": `import { cached, frame } from "hex-runtime";
export default cached("rows", {}, () =>
  frame(Array.from({ length: 1000 }, (_, at) => ({ at, of: at % 7 }))),
);`,
  "cells/02-from.ts": `import { slider } from "hex-runtime";
export default slider({ label: "From", min: 0, max: 900, default: 0 });`,
  "cells/03-shown.ts": `import { cell } from "hex-runtime";
import from from "./02-from.ts";
import rows from "./01-rows.ts";
export default cell({ rows, from }, ({ rows, from }) => rows.filter((row) => (row.at ?? 0) >= from));`,
};

/** Walks by their letter, with the files that each entered. Built into a temporary folder. */
export async function takeWalks(root) {
  const copy = mkdtempSync(join(tmpdir(), "hex-walks-"));
  try {
    buildInstrumented(root, copy);
    return [
      { name: "a  hex run --context app", target: 70, entered: await walkRun(copy) },
      { name: "b  an input changes -> repaint", target: 90, entered: await walkSlider(copy) },
      { name: "c  schedule due -> published", target: 120, entered: await walkSchedule(copy) },
      { name: "d  API POST run -> outputs", target: 140, entered: await walkApi(copy) },
      { name: "e  foreign CSV -> column -> CSV", target: 20, entered: walkCsv(copy, READ_FOREIGN) },
      { name: "e  our CSV -> column", target: 20, entered: walkCsv(copy, READ_OWN) },
    ];
  } finally {
    rmSync(copy, { recursive: true, maxRetries: 5 });
  }
}

function buildInstrumented(root, copy) {
  for (const part of [
    "src",
    "tools",
    "cells",
    "data",
    "package.json",
    "hex.config.json",
    "hex.config.schema.json",
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  for (const file of readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name))) {
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const name of readdirSync(join(copy, "src"), { recursive: true })) {
    if (/\.tsx?$/.test(name)) instrument(copy, join(copy, "src", name));
  }
  writeFileSync(join(copy, "src/entered.ts"), ENTERED);
  mkdirSync(join(copy, "dist"));
  const built = spawnSync(process.execPath, ["tools/build.mjs"], { cwd: copy, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`The instrumented copy does not build: ${built.stderr}`);
}

/** Has each function of a file begin with a call that notes the file. */
function instrument(copy, file) {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const name = JSON.stringify(relative(copy, file));
  const edits = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const { body } = node;
      if (ts.isBlock(body)) edits.push([body.getStart() + 1, `__entered(${name});`]);
      else edits.push([body.getStart(), `(__entered(${name}),`], [body.end, ")"]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let result = text;
  // At one place the later edit ends what the earlier one began.
  for (const [at, what] of edits.toSorted(([a], [b]) => b - a)) {
    result = result.slice(0, at) + what + result.slice(at);
  }
  const path = relative(dirname(file), join(copy, "src/entered.ts"));
  const specifier = path.startsWith(".") ? path : `./${path}`;
  writeFileSync(file, `${result}\nimport { entered as __entered } from "${specifier}";\n`);
}

/** A project of its own, its store and the file in which what was entered is noted. */
function startWalk(copy, files) {
  const project = mkdtempSync(join(copy, "project-"));
  if (files === undefined) {
    for (const part of ["cells", "data", "hex.config.json"]) {
      cpSync(join(copy, part), join(project, part), { recursive: true });
    }
  } else {
    mkdirSync(join(project, "cells"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  }
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  const log = join(project, "entered.txt");
  writeFileSync(log, "");
  const env = { ...process.env, HEX_WALK_FILE: log };
  delete env["NODE_OPTIONS"];
  return { project, log, env, hex: join(copy, "dist/hex.js") };
}

function runHex({ hex, project, env }, ...argv) {
  const run = spawnSync(process.execPath, [hex, ...argv], { cwd: project, env, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`hex ${argv.join(" ")}: ${run.stdout}${run.stderr}`);
}

function readEntered({ log }, from = 0, to = Number.POSITIVE_INFINITY) {
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const noted = lines.map((line) => line.split(" "));
  return [
    ...new Set(noted.filter(([at]) => at >= from && at <= to).map(([, file]) => file)),
  ].sort();
}

async function walkRun(copy) {
  const walk = startWalk(copy);
  runHex(walk, "run", "--context", "logic", "--input", "sleep_time=0");
  runHex(walk, "run", "--context", "app", "--input", "method=Transit");
  writeFileSync(walk.log, "");
  runHex(walk, "run", "--context", "app", "--input", "method=Transit");
  return readEntered(walk);
}

async function startServer({ hex, project, env }) {
  const child = spawn(process.execPath, [hex, "serve", "--port", "0"], { cwd: project, env });
  const closed = once(child, "close");
  const said = [];
  const address = await new Promise((resolve, reject) => {
    const look = (line) => {
      said.push(line);
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found !== null) resolve(found[0]);
    };
    for (const lines of [child.stdout, child.stderr]) createInterface(lines).on("line", look);
    closed.then(() => reject(new Error(`hex serve did not start: ${said.join("\n")}`)));
  });
  return {
    address,
    async stop() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}

async function walkSlider(copy) {
  const walk = startWalk(copy, SLIDER_PROJECT);
  runHex(walk, "run", "--context", "logic");
  const server = await startServer(walk);
  const args = ["--no-sandbox", "--disable-gpu"];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    const slider = page.locator("input[type=range]");
    await slider.waitFor();
    await page.getByRole("gridcell", { name: "0", exact: true }).first().waitFor();
    // The first change loads what the later ones have.
    for (const value of ["100", "200"]) await change(page, slider, value);
    const from = await change(page, slider, "777");
    const inBrowser = await page.evaluate("globalThis.hexEntered ?? []");
    const files = inBrowser.filter(([at]) => at >= from).map(([, file]) => file);
    return [...new Set([...files, ...readEntered(walk, from)])].sort();
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** Moves the slider, waits until its first row is on the page, and for a second after that. */
async function change(page, slider, value) {
  const from = Date.now();
  await slider.evaluate((element, text) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    set.call(element, text);
    for (const type of ["input", "change"])
      element.dispatchEvent(new Event(type, { bubbles: true }));
  }, value);
  await page.getByRole("gridcell", { name: value, exact: true }).first().waitFor();
  await wait(200);
  return from;
}

async function walkSchedule(copy) {
  const walk = startWalk(copy);
  const path = join(walk.project, "hex.config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  const schedule = {
    name: "often",
    cron: "* * * * *",
    context: "scheduled",
    inputs: { sleep_time: 0 },
  };
  writeFileSync(
    path,
    JSON.stringify({ ...config, computeIn: ["logic", "scheduled"], schedules: [schedule] }),
  );
  const server = await startServer(walk);
  try {
    const due = Math.ceil(Date.now() / 60_000) * 60_000;
    const ended = await waitForRun(server.address, config.projectId);
    return readEntered(walk, due, ended);
  } finally {
    await server.stop();
  }
}

async function walkApi(copy) {
  const walk = startWalk(copy);
  const { projectId } = JSON.parse(readFileSync(join(walk.project, "hex.config.json"), "utf8"));
  const server = await startServer(walk);
  try {
    await wait(1_000);
    const from = Date.now();
    const runs = `${server.address}/api/v1/projects/${projectId}/runs`;
    const response = await fetch(runs, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ inputParams: { sleep_time: 0 }, updatePublishedResults: true }),
    });
    if (!response.ok) throw new Error(`POST ${runs}: ${response.status} ${await response.text()}`);
    const { runId } = await response.json();
    await waitForRun(server.address, projectId);
    await (await fetch(`${runs}/${runId}/cells/filtered/output?limit=1`)).text();
    return readEntered(walk, from, Date.now());
  } finally {
    await server.stop();
  }
}

/** When a run was seen to have ended well. */
async function waitForRun(address, projectId) {
  for (;;) {
    const response = await fetch(`${address}/api/v1/projects/${projectId}/runs`);
    const { runs = [] } = await response.json();
    if (runs.some(({ status }) => status === "ERRORED")) throw new Error("the run failed");
    if (runs.some(({ status }) => status === "COMPLETED")) return Date.now();
    await wait(100);
  }
}

const READ_FOREIGN = `
import { frameToCsv, readCsv } from "hex-runtime";
const read = await readCsv("foreign.csv");
if ([...read.column("n")].length !== 3) throw new Error("not read");
frameToCsv(read);`;
const READ_OWN = `
import { frameFromCsv } from "hex-runtime";
const bytes = new TextEncoder().encode('"n","d"\\n1,2026-01-01\\n2,\\n3,2026-01-03\\n');
const read = await frameFromCsv(bytes, [
  { name: "n", type: "integer" },
  { name: "d", type: "date" },
]);
if ([...read.column("n")].length !== 3) throw new Error("not read");`;

function walkCsv(copy, program) {
  const walk = startWalk(copy);
  writeFileSync(join(walk.project, "foreign.csv"), "n;d\n1;2026-01-01\n2;\n3;2026-01-03\n");
  const text = program.replace('"hex-runtime"', JSON.stringify(join(copy, "dist/index.js")));
  writeFileSync(join(walk.project, "walk.mjs"), text);
  const { project, env } = walk;
  const run = spawnSync(process.execPath, ["walk.mjs"], { cwd: project, env, encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return readEntered(walk);
}
