import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  CANARIES,
  CANARY_FILE,
  FORMS_CODE,
  findCanaries,
  findCanaryFiles,
} from "../fixtures/canaries.ts";
import { until } from "../work/project-processes.ts";
import { hex, hexJson, startHex } from "./hex.ts";
import { shareProject } from "./share-project.ts";

// Secrets that tell themselves in every form, and others that are words, numbers and names of the
// project, through every door of a whole project.

const PROJECT_ID = "7d9a1b52-3c40-4e8f-9b61-2f0c5a7e8d13";
const ORDINARY = { REGION: "sales", YEAR: "2026", FLAG: "true", STATE: "completed" };
const NAMED = { NAMED: "north_and_south" };

/** Tells its secrets in every way that cells have. */
const TELLS = `${FORMS_CODE}
const tell = async (secrets, { log, progress }) => {
  for (const form of toForms(secrets)) {
    log("logs " + form);
    console.log("prints " + form);
    console.error("complains " + form);
    progress(0.5, "at " + form);
  }
  for (const line of toLines(secrets)) {
    log(line);
    console.log(line);
    console.error(line);
  }
  for (const part of secrets.CANARY.match(/.{1,7}/g)) {
    await new Promise((resolve) => process.stdout.write(part, resolve));
  }
  console.log("");
};
`;

const FILES = {
  "hex.config.json": JSON.stringify({
    name: "Told",
    projectId: PROJECT_ID,
    secrets: [...Object.keys(CANARIES), ...Object.keys(ORDINARY), ...Object.keys(NAMED)],
    page: { access: "anyone" },
  }),
  ".env": `${CANARY_FILE}${Object.entries({ ...ORDINARY, ...NAMED })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("")}`,
  "cells/01-region.ts": `import { dropdown } from "hex-runtime";
export default dropdown({ options: ["sales", "marketing", "north_and_south"], default: "sales" });
`,
  "cells/02-sales.ts": `import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cached } from "hex-runtime";
${TELLS}
export default cached("sales", async (_, { secrets, log, progress }) => {
  await tell(secrets, { log, progress });
  writeFileSync("processes", execFileSync("ps", ["-eo", "args"]));
  return [{ sales: 1, day: new Date("2026-01-31"), north_and_south: "north_and_south" }];
});
`,
  "cells/03-shown.ts": `import { cell } from "hex-runtime";
import region from "./01-region.ts";
import sales from "./02-sales.ts";
${TELLS}
export default cell({ region, sales }, async ({ region }, { secrets, log, progress }) => {
  await tell(secrets, { log, progress });
  return { region, keys: Object.fromEntries(toForms(secrets).map((form) => [form, form])) };
});
`,
  "cells/04-prose.ts": `import { cell, markdown } from "hex-runtime";
${FORMS_CODE}
export default cell((_, { secrets }) => markdown("In 2026: " + toForms(secrets).join("\\n\\n")));
`,
  "cells/05-table.ts": `import { cell } from "hex-runtime";
${FORMS_CODE}
export default cell((_, { secrets }) => toForms(secrets).map((text) => ({ sales: text })));
`,
  "cells/06-chart.ts": `import { cell, chart } from "hex-runtime";
${FORMS_CODE}
export default cell((_, { secrets }) => chart(
  toForms(secrets).map((text) => ({ sales: text })),
  { title: toForms(secrets).join(" "), mark: "bar", encoding: { x: { field: "sales" } } },
));
`,
  "cells/07-fails.ts": `import { cell } from "hex-runtime";
${FORMS_CODE}
export default cell((_, { runContext, secrets }) => {
  if (runContext === "app") throw new Error("unlucky with " + toForms(secrets).join(" and "));
  return 1;
});
`,
};

const { "cells/07-fails.ts": _, ...GOOD } = FILES;

const project = shareProject(GOOD, async (directory) => {
  const ended = await hexJson(["run", "--context", "logic", "--project", directory]);
  return { directory, ended };
});

test("a run tells no form of a secret, and none of its structure is changed by ordinary ones", async () => {
  const { directory, ended } = await project();
  const { exitCode, stdout, stderr, result } = ended;
  expect(stderr).toContain("logs [SECRET]");
  expect(findCanaries(stdout + stderr)).toEqual([]);
  expect({ exitCode, status: result.status, version: result.version }).toEqual({
    exitCode: 0,
    status: "completed",
    version: 1,
  });
  expect(result.cells.find(({ name }) => name === "sales")?.output).toMatchObject({
    columns: [{ name: "sales" }, { name: "day" }, { name: "north_and_south" }],
    head: [{ sales: 1, day: "2026-01-31T00:00:00.000Z", north_and_south: "[SECRET]" }],
  });
  const told = await hex(["runs", "show", result.runId, "--json", "--project", directory]);
  expect(JSON.parse(told.stdout)).toMatchObject({ runId: result.runId, state: "completed" });
  const logs = await hex(["runs", "logs", result.runId, "--project", directory]);
  expect(logs.exitCode).toBe(0);
  expect(findCanaries(told.stdout + logs.stdout + logs.stderr)).toEqual([]);
});

test("secrets that stand all over are told before the run by name, and never by value", async () => {
  const { ended } = await project();
  const names = [...ended.stderr.matchAll(/Expected secret (\w+), listed in/g)].map(
    ([, name]) => name,
  );
  expect(names).toEqual(["REGION", "YEAR", "FLAG", "STATE", "NAMED"]);
  const line = /^.*Expected secret REGION.*$/m.exec(ended.stderr)?.[0];
  expect(line).not.toContain(ORDINARY.REGION);
});

test("no argument of any process holds a secret", async () => {
  const { directory } = await project();
  const processes = await readFile(join(directory, "processes"), "utf8");
  expect(processes).toContain("run-child.js");
  expect(findCanaries(processes)).toEqual([]);
});

test("no file of the store and the queue holds a secret but the tables that cells put it into", async () => {
  const { directory } = await project();
  const files = await findCanaryFiles(join(directory, ".hex"));
  expect(files.filter((file) => !/\.(csv|arrow)$/.test(file))).toEqual([]);
});

test("an exported page shows no form of a secret", async () => {
  const { directory } = await project();
  const file = join(await mkdtemp(join(tmpdir(), "hex-exported-")), "page.html");
  const ended = await hex(["export", "--project", directory, "--out", file]);
  expect(ended).toMatchObject({ exitCode: 0 });
  const html = await readFile(file, "utf8");
  expect(html).toContain("[SECRET]");
  expect(findCanaries(html + ended.stdout + ended.stderr)).toEqual([]);
});

test("a run that does not publish tells none on the terminal, and why a cell failed without them", async () => {
  const { directory } = await shareOther();
  const { stdout, stderr } = await hex(["run", "--context", "app", "--project", directory]);
  expect(stdout).toContain("prints [SECRET]");
  expect(stdout).toContain("unlucky with [SECRET]");
  expect(findCanaries(stdout + stderr)).toEqual([]);
});

const shareOther = shareProject(FILES, async (directory) => {
  await hex(["run", "--context", "logic", "--project", directory]);
  return { directory };
});

test("a served project answers no form of a secret, and its inputs can be used", async () => {
  const { directory, ended } = await project();
  const server = startHex(["serve", "--project", directory, "--port", "0"]);
  onTestFinished(() => {
    server.child.kill("SIGKILL");
  });
  const started = () =>
    /"event":"server-started".*?"address":"([^"]+)"/.exec(server.printed.stderr);
  await until("the server to listen", () => started() !== null);
  const address = started()?.[1] ?? "";
  const told: string[] = [];
  const ask = async (path: string, body?: object): Promise<string> => {
    const init = body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const answer = await fetch(address + path, init);
    const text = await answer.text();
    told.push(text);
    expect({ path, status: answer.status, text: answer.ok ? "" : text }).toMatchObject({
      text: "",
    });
    return text;
  };
  const state = JSON.parse(await ask("/page/state"));
  expect(state.publishedAt).toMatch(/^20\d\d-/);
  const shown = ["region", "shown", "prose", "table", "chart"];
  for (const region of ["sales", "marketing", "north_and_south"]) {
    const { version, commit } = state;
    const asked = { version, commit, cells: shown, inputs: { region } };
    const evaluation = JSON.parse(await ask("/page/run", asked));
    expect(evaluation.inputs).toEqual({ region });
    const of = { evaluation: evaluation.evaluation, cell: "table" };
    const rows = JSON.parse(await ask("/page/rows", { ...of, offset: 0, limit: 50 }));
    expect(Object.keys(rows.head[0])).toEqual(["sales"]);
    const csv = await ask(`/page/csv?ask=${encodeURIComponent(JSON.stringify(of))}`);
    expect(csv).toMatch(/^"sales"\n"\[SECRET\]"\n/);
  }
  const { runId } = ended.result;
  const api = `/api/v1/projects/${PROJECT_ID}/runs`;
  for (const path of [
    ...["/page/runs", `/page/runs/${runId}`, `/page/runs/${runId}/log`, "/page/versions"],
    ...[`/page/runs/${runId}/log?as=text`, `/page/runs/${runId}/events`, "/page/schedules"],
    ...[api, `${api}/${runId}`, `${api}/${runId}/events`, `${api}/${runId}/cells/shown/output`],
    ...[`${api}/${runId}/cells/prose/output`, "/metrics"],
  ]) {
    await ask(path);
  }
  const filed = JSON.parse(await ask(api, { inputParams: { region: "sales" } }));
  const events = await ask(`${api}/${filed.runId}/events`);
  expect(events).toContain('"status":"COMPLETED"');
  expect(findCanaries(told.join("\n") + server.printed.stderr)).toEqual([]);
}, 180_000);

test("a notebook tells no form of a secret", async () => {
  const { directory } = await shareOther();
  const notebook = startHex(["dev", "--project", directory, "--port", "0"]);
  onTestFinished(() => {
    notebook.child.kill("SIGKILL");
  });
  await until("an address", () => notebook.printed.stdout.includes("\n"));
  const address = notebook.printed.stdout.trim();
  const state = async () => await (await fetch(`${address}notebook/state`)).text();
  await until("a run to end", () => /run \d+ \(start\)/.test(notebook.printed.stderr));
  const text = await state();
  expect(text).toContain("[SECRET]");
  const { shown } = JSON.parse(text);
  const [table] = shown.filter(({ name }: { name: string }) => name === "table");
  expect(findCanaries(withoutSources(text) + notebook.printed.stderr)).toEqual([]);
  expect(notebook.printed.stderr).toContain("Expected secret REGION");
  const of = { evaluation: table.rowsKey, cell: "table", offset: 0, limit: 50 };
  const answer = await fetch(`${address}notebook/rows`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(of),
  });
  const rows = await answer.text();
  expect(rows).toContain('"sales":"[SECRET]"');
  expect(findCanaries(rows)).toEqual([]);
}, 120_000);

/** The author's own code is told as it is. */
function withoutSources(text: string): string {
  return JSON.stringify(JSON.parse(text), (key, value) => (key === "source" ? "" : value));
}

test("a cell whose columns are named after a secret fails, and the name is told nowhere", async () => {
  const directory = await leakingProject();
  const { exitCode, stdout, stderr } = await hexJson(["run", "--project", directory]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("the value of secret CANARY stands");
  expect(findCanaries(stdout + stderr)).toEqual([]);
  expect(await findCanaryFiles(join(directory, ".hex"))).toEqual([]);
});

const leakingProject = shareProject(
  {
    "hex.config.json": JSON.stringify({ name: "Leaks", secrets: ["CANARY"] }),
    ".env": CANARY_FILE,
    "cells/01-leaks.ts": `import { cached } from "hex-runtime";
export default cached("leaks", (_, { secrets }) => [{ ["of " + secrets.CANARY]: 1 }]);
`,
  },
  async (directory) => directory,
);

test("a cell that cannot be read tells why without what it has read of the environment", async () => {
  const directory = await unreadableProject();
  const { exitCode, stdout, stderr } = await hex(["run", "--project", directory]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("[SECRET]");
  expect(findCanaries(stdout + stderr)).toEqual([]);
});

const unreadableProject = shareProject(
  {
    "hex.config.json": JSON.stringify({ name: "Unreadable", secrets: ["CANARY", "PEM"] }),
    ".env": CANARY_FILE,
    "cells/01-throws.ts": `import { readFileSync } from "node:fs";
import { text } from "hex-runtime";
const file = readFileSync(new URL("../.env", import.meta.url), "utf8");
console.log(file);
throw new Error("cannot do with " + file);
export default text({});
`,
  },
  async (directory) => directory,
);
