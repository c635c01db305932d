import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startHexWorker } from "./worker-processes.ts";
import { workerProject } from "./worker-project.ts";

const CANARY = "canary/7f+3a=9c&sings";
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString("base64"),
  Buffer.from(CANARY).toString("base64").replace(/=+$/, ""),
  encodeURIComponent(CANARY),
];

/** Tells its secret in every way that cells have, also encoded. */
const loudCell = `import { cached } from "hex-runtime";
import act from "./01-act.ts";

export default cached("work", { act }, ({ act }, { log, progress, secrets }) => {
  const secret = secrets.CANARY;
  const forms = [secret, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)];
  for (const form of forms) {
    log("logs " + form);
    console.log("prints " + form);
    console.error("complains " + form);
    progress(0.5, "at " + form);
  }
  if (act.startsWith("throw")) throw new Error("unlucky with " + forms.join(" and "));
  if (act.startsWith("late")) setTimeout(() => { throw new Error("late with " + forms.join()); }, 10);
  if (act.startsWith("late")) return new Promise(() => {});
  return [{ act: "done" }];
});
`;

it("leaves a secret nowhere: not in records, logs, results, the queue or what a worker prints", async () => {
  const { directory, submit, untilEnded } = await workerProject({
    config: { secrets: ["CANARY"] },
    files: { "cells/02-work.ts": loudCell, ".env": `CANARY="${CANARY}"\n` },
  });
  const asked = [`ok ${CANARY}`, `throw ${encodeURIComponent(CANARY)}`, "late"];
  const ids = await Promise.all(asked.map((act) => submit(act)));
  const worker = startHexWorker(directory);
  const records = await Promise.all(ids.map(untilEnded));
  expect(records.map(({ state }) => state)).toEqual(["completed", "failed", "failed"]);
  expect(records[1]?.error?.message).toContain("unlucky with [SECRET] and [SECRET] and [SECRET]");
  expect(records[2]?.attempts[0]?.cause).toContain("late with [SECRET]");
  worker.send("SIGTERM");
  await worker.exitCode;
  expect(worker.printed()).toContain("job-ended");
  for (const form of FORMS) expect(worker.printed()).not.toContain(form);
  const files = await readdir(join(directory, ".hex"), { recursive: true, withFileTypes: true });
  const whole = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  expect(whole.some((file) => file.endsWith("queue.db"))).toBe(true);
  expect(whole.filter((file) => file.endsWith("log.jsonl"))).toHaveLength(3);
  const found: string[] = [];
  for (const file of whole) {
    const bytes = await readFile(file);
    if (FORMS.some((form) => bytes.includes(form))) found.push(file);
  }
  expect(found).toEqual([]);
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
