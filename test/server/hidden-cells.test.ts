import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runWorker } from "../../src/work/worker.ts";
import { until } from "../work/project-processes.ts";
import { carryOut } from "./carry-out.ts";
import { type ServedProject, serveProject } from "./served-project.ts";

const PRESS = "7c1f1d6e-7a39-4d7c-9f0e-2f6a1f6f6a11";
const RUN_ID = "01900000-0000-7000-8000-000000000000";
/** Stands in the name of everything that is kept off the page, and in all that it says. */
const SECRET = /kept_off/i;

/** The heavy cell goes on until the file is there, so that it is looked at meanwhile. */
const CELLS = {
  "cells/01-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
  "cells/02-kept_off_input.ts": `import { number } from "hex-runtime";
export default number({ default: 1, min: 0, max: 100, label: "kept_off_label" });
`,
  "cells/03-kept_off_button.ts": `import { button } from "hex-runtime";
export default button({ label: "kept_off_label" });
`,
  "cells/04-kept_off_frame.ts": `import { existsSync } from "node:fs";
import { cached } from "hex-runtime";
export default cached("kept_off_frame", async (_inputs, { progress }) => {
  progress(0.5, "kept_off_message");
  while (!existsSync("go-on")) await new Promise((resolve) => setTimeout(resolve, 50));
  return [{ kept_off_column: 1 }];
});
`,
  "cells/05-kept_off_light.ts": `import { cell } from "hex-runtime";
import amount from "./01-amount.ts";
import frame from "./04-kept_off_frame.ts";
import input from "./02-kept_off_input.ts";
import button from "./03-kept_off_button.ts";
export default cell({ amount, frame, input, button }, ({ amount, frame, input }) => {
  if (amount === 9) throw new Error("kept_off_failure");
  return frame.numRows + input;
});
`,
  "cells/06-count.ts": `import { cell } from "hex-runtime";
import light from "./05-kept_off_light.ts";
export default cell({ light }, ({ light }) => light, { title: "Count" });
`,
};

const HIDE = ["kept_off_input", "kept_off_button", "kept_off_frame", "kept_off_light"];

/** A page that anyone may look at, with a run under way in a cell that is kept off it. */
async function serveOpenPage() {
  const config = { page: { access: "anyone", hide: HIDE } };
  const served = await serveProject({ cells: CELLS, config });
  const token = await served.makeToken("run");
  return { ...served, token, goOn: () => writeFile(join(served.directory, "go-on"), "") };
}

/** The state and every answer that somebody who has not signed in can get of a page. */
async function lookEverywhere({ call }: ServedProject): Promise<readonly string[]> {
  const state = await call("GET", "/page/state");
  const { version, commit, evaluation } = state.json();
  const place = { version, commit };
  const ask = (more: object) =>
    call("POST", "/page/run", {
      body: { ...place, inputs: {}, cells: ["count", "amount"], ...more },
    });
  const rows = { evaluation: evaluation ?? "none", cell: "count" };
  const answers = [
    state,
    await ask({}),
    await ask({ inputs: { amount: 9 } }),
    await ask({ inputs: { amount: "many" } }),
    await ask({ texts: { amount: "many", other: "1" } }),
    await ask({ press: { other: PRESS } }),
    await ask({ cells: ["other"] }),
    await call("POST", "/page/rows", { body: { ...rows, offset: 0, limit: 5 } }),
    await call("POST", "/page/rows", { body: { ...rows, cell: "other", offset: 0, limit: 5 } }),
    await call("GET", `/page/csv?ask=${encodeURIComponent(JSON.stringify(rows))}`),
    await call("GET", "/page/state?version=7"),
    await call("GET", "/"),
    await call("GET", "/runs"),
    await call("GET", "/page/runs"),
    await call("GET", `/page/runs/${RUN_ID}`),
    await call("GET", `/page/runs/${RUN_ID}/log`),
    await call("GET", `/page/runs/${RUN_ID}/events`),
    await call("GET", "/page/versions"),
    await call("GET", "/page/versions/compare?left=1&right=1"),
    await call("GET", "/page/schedules"),
    await call("POST", "/page/refresh"),
    await call("DELETE", `/page/refresh/${RUN_ID}`),
    await call("GET", "/api/v1/cells"),
    await call("GET", "/api/v1/openapi.json"),
    await call("GET", "/metrics"),
  ];
  return answers.map(({ body, headers }) => JSON.stringify([headers, body]));
}

/** Everything that an open page hears, as text. */
async function listenTo(served: ServedProject): Promise<() => string> {
  const leave = new AbortController();
  const address = await served.listen();
  const stream = await fetch(`${address}/page/events`, { signal: leave.signal });
  let heard = "";
  const listening = (async () => {
    for await (const bytes of stream.body ?? []) heard += new TextDecoder().decode(bytes);
  })().catch(() => undefined);
  onTestFinished(async () => {
    leave.abort();
    await listening;
  });
  return () => heard;
}

test("an open page tells nothing of cells that are kept off it, before, while and after a run goes", async () => {
  const served = await serveOpenPage();
  const { call, token, runs, goOn } = served;
  const heard = await listenTo(served);
  const seen = [...(await lookEverywhere(served))];
  const { runId } = (await call("POST", "/page/refresh", { token })).json();
  const stop = new AbortController();
  const work = runWorker(runs, { signal: stop.signal, drainMs: 10_000, onEvent: () => undefined });
  try {
    await until("the hidden cell to tell how far it is", async () => {
      const job = await runs.queue.find(runId);
      return JSON.stringify(job?.progress ?? {}).includes("kept_off_message");
    });
    await until("the page to hear how far the run is", () => heard().includes('"fraction":0.'));
    seen.push(...(await lookEverywhere(served)));
    await goOn();
    await until("the version to be heard of", () => heard().includes("version-published"));
  } finally {
    stop.abort();
    await work;
  }
  const opened = await lookEverywhere(served);
  expect(opened[1]).toContain('\\"value\\":2');
  seen.push(...opened, heard());
  expect(seen.filter((each) => SECRET.test(each))).toEqual([]);
});

test("a cell that comes with a config which keeps it off the page is not told by a server that goes", async () => {
  const served = await serveOpenPage();
  const file = join(served.directory, "hex.config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  config.page.hide.push("later");
  await writeFile(file, JSON.stringify(config));
  await writeFile(join(served.directory, "cells/07-later.md"), "# kept_off_prose\n");
  const names = async () => {
    const { cells } = (await served.call("GET", "/page/state")).json();
    return cells.map(({ name }: { name: string }) => name);
  };
  await until("the server to tell that it has to be started again", async () => {
    expect(await names()).toEqual(["amount", "count"]);
    return served.lines.some((line) => line.includes("project-unread"));
  });
  expect(served.lines.join()).toContain("start it again");
  expect(await names()).toEqual(["amount", "count"]);
});

test("what is kept off a page and what does not exist are answered the same", async () => {
  const served = await serveOpenPage();
  const { call, token, goOn } = served;
  await goOn();
  const { runId } = (await call("POST", "/page/refresh", { token })).json();
  await carryOut(served, runId);
  const { commit, evaluation } = (await call("GET", "/page/state")).json();
  const run = (more: object) => {
    const body = { version: 1, commit, inputs: {}, cells: ["count"], ...more };
    return call("POST", "/page/run", { body });
  };
  const rows = (cell: string, of: string) => {
    return call("POST", "/page/rows", { body: { evaluation: of, cell, offset: 0, limit: 5 } });
  };
  const csv = (cell: string) => {
    const ask = JSON.stringify({ evaluation, cell });
    return call("GET", `/page/csv?ask=${encodeURIComponent(ask)}`);
  };
  /** Everything that names a cell or an input, asked as anyone and as who has signed in. */
  const askAll = async (name: string) => {
    const answers = [
      await run({ cells: [name] }),
      await run({ cells: ["count", name] }),
      await run({ inputs: { [name]: 2 } }),
      await run({ inputs: { [name]: "no number" } }),
      await run({ texts: { [name]: "2" } }),
      await run({ texts: { [name]: "" }, inputs: { [name]: null } }),
      await run({ press: { [name]: PRESS } }),
      await run({ has: { [name]: "some" } }),
      await rows(name, evaluation),
      await rows(name, "gone"),
      await csv(name),
    ];
    return answers.map(({ statusCode, headers, body }) => {
      const { "content-type": type, "content-length": length } = headers;
      const text = body
        .replaceAll(name, "NAME")
        .replace(/"(traceId|evaluation|startedAt)":"[^"]*"|"elapsedMs":\d+/g, "");
      return [statusCode, type, Number(length) > 0, text];
    });
  };
  const nothing = await askAll("kept_off_nothing");
  expect(nothing.map(([status]) => status)).toEqual([
    ...[200, 200, 200, 200, 200, 200, 422, 200],
    ...[404, 404, 404],
  ]);
  for (const name of HIDE) expect(await askAll(name), name).toEqual(nothing);
});
