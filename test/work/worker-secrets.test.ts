import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  CANARIES,
  CANARY_FILE,
  FORMS_CODE,
  findCanaries,
  findCanaryFiles,
} from "../fixtures/canaries.ts";
import { startHexWorker } from "./worker-processes.ts";
import { workerProject } from "./worker-project.ts";

const { CANARY } = CANARIES;

/** Tells its secrets in every way that cells have, in every form. */
const loudCell = `import { cached } from "hex-runtime";
import act from "./01-act.ts";
${FORMS_CODE}
export default cached("work", { act }, ({ act }, { log, progress, secrets }) => {
  const forms = toForms(secrets);
  for (const form of forms) {
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
  console.log("x".repeat(8000) + forms.join(" "));
  if (act.startsWith("throw")) throw new Error("unlucky with " + forms.join(" and "));
  if (act.startsWith("late")) setTimeout(() => { throw new Error("late with " + forms.join()); }, 10);
  if (act.startsWith("late")) return new Promise(() => {});
  return [{ act: "done" }];
});
`;

it("leaves a secret nowhere: not in records, logs, results, the queue or what a worker prints", async () => {
  const { directory, submit, untilEnded } = await workerProject({
    config: { secrets: Object.keys(CANARIES) },
    files: { "cells/02-work.ts": loudCell, ".env": CANARY_FILE },
  });
  const asked = [`ok ${CANARY}`, `throw ${encodeURIComponent(CANARY)}`, "late"];
  const ids = await Promise.all(asked.map((act) => submit(act)));
  const worker = startHexWorker(directory);
  const records = await Promise.all(ids.map(untilEnded));
  expect(records.map(({ state }) => state)).toEqual(["completed", "failed", "failed"]);
  expect(records[1]?.error?.message).toContain("unlucky with [SECRET] and [SECRET]");
  expect(records[2]?.attempts[0]?.cause).toContain("late with [SECRET]");
  worker.send("SIGTERM");
  await worker.exitCode;
  expect(worker.printed()).toContain("job-ended");
  expect(findCanaries(worker.printed())).toEqual([]);
  const files = await readdir(join(directory, ".hex"), { recursive: true });
  expect(files.some((file) => file.endsWith("queue.db"))).toBe(true);
  expect(files.filter((file) => file.endsWith("log.jsonl"))).toHaveLength(3);
  expect(await findCanaryFiles(join(directory, ".hex"))).toEqual([]);
});

it("tells of secrets that are ordinary words or numbers before it takes a job, and runs with them", async () => {
  const { directory, submit, untilEnded } = await workerProject({
    config: { secrets: ["NAME", "YEAR"] },
    files: { ".env": "NAME=work\nYEAR=2026\n" },
  });
  const runId = await submit("publish");
  const worker = startHexWorker(directory);
  const record = await untilEnded(runId);
  expect(record).toMatchObject({ runId, state: "completed", version: 1 });
  expect(record.submittedAt).toMatch(/^20\d\d-/);
  expect(record.cells.map(({ name }) => name)).toEqual(["act", "work"]);
  worker.send("SIGTERM");
  await worker.exitCode;
  const told = worker.printed();
  for (const name of ["NAME", "YEAR"]) {
    expect(told.indexOf(`Expected secret ${name}`)).toBeGreaterThan(-1);
    expect(told.indexOf(`Expected secret ${name}`)).toBeLessThan(told.indexOf("job-claimed"));
  }
});

const tellingCell = `import { cell } from "hex-runtime";
export default cell(() => Object.keys(process.env).sort().join(" "));
`;

it("lets a run's process see what it needs of the environment, what the config names, and no more", async () => {
  const { directory, submit, untilEnded, runs } = await workerProject({
    config: { secrets: ["CANARY"], runs: { environment: ["LISTED"] } },
    files: { "cells/02-work.ts": tellingCell, ".env": `CANARY="${CANARY}"\n` },
  });
  const runId = await submit("tell");
  const store = `file:${join(directory, ".hex/store")}`;
  startHexWorker(directory, { CANARY, LISTED: "yes", UNLISTED: "no", HEX_STORE: store });
  expect(await untilEnded(runId)).toMatchObject({ state: "completed" });
  const result = await runs.history.readResult(runId);
  const output = result?.cells.find(({ name }) => name === "work")?.output;
  const names = output?.kind === "value" ? String(output.value).split(" ") : [];
  expect(names).toEqual(expect.arrayContaining(["CANARY", "HEX_STORE", "LISTED", "PATH"]));
  const usual =
    /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.+|TZ|TMPDIR|AWS_.+|.*_(PROXY|proxy)|SSL_.+|NODE_EXTRA_CA_CERTS)$/;
  const others = names.filter((name) => !usual.test(name));
  // By the last one the processes of a run are found again.
  expect(others).toEqual(["CANARY", "HEX_STORE", "LISTED", "HEX_PROCESS_MARK"].sort());
});
