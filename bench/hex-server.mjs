import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startWorkerProcess } from "./worker-process.mjs";

const LOOK_MS = 50;
const ENDED = ["COMPLETED", "ERRORED", "KILLED"];

/** The config of a project whose server listens on any free port and refuses nobody for their number. */
export const SERVER_CONFIG = {
  server: {
    port: 0,
    limits: { requestsPerMinute: 1_000_000, pageRequestsPerMinute: 1_000_000 },
  },
};

/** A `hex serve` of a project with its embedded worker, and a token for it. */
export async function startHexServer(root, project) {
  const hex = `${root}dist/hex.js`;
  const flags = ["--project", project];
  const token = runCommand([hex, "token", "create", "bench", ...flags]);
  const process = await startWorkerProcess(["node", hex, "serve", ...flags], {
    readyLine: /"server-started"/,
  });
  const { address } = JSON.parse(process.readyAs);
  const { projectId } = JSON.parse(await readFile(join(project, "hex.config.json"), "utf8"));
  const headers = { authorization: `Bearer ${token}` };
  const runsUrl = `${address}/api/v1/projects/${projectId}/runs`;
  return {
    pid: process.pid,
    /** What a load is to ask for: something of a run. */
    toTarget: (path) => ({ url: `${runsUrl}/${path}`, headers }),
    /** The same of its page; `toBody` makes what is posted, a text for each request's number. */
    toPageTarget: (path, toBody) => ({
      url: `${address}${path}`,
      headers: {
        ...headers,
        "accept-encoding": "br",
        ...(toBody && { "content-type": "application/json" }),
      },
      toBody,
    }),
    /** Computes and publishes; gives the run's id, once it has ended well. */
    async publish() {
      const body = JSON.stringify({ updatePublishedResults: true });
      const json = { ...headers, "content-type": "application/json" };
      const answer = await fetch(runsUrl, { method: "POST", headers: json, body });
      const { runId } = await answer.json();
      await untilStatus({ runsUrl, headers }, runId, "COMPLETED");
      return runId;
    },
    /** Leaves a logic run to the worker; gives its id. */
    detach: (token) => runCommand([hex, "run", "--detach", ...flags, "--input", `token=${token}`]),
    readStatus: (runId) => readStatus({ runsUrl, headers }, runId),
    async cancel(runId) {
      await fetch(`${runsUrl}/${runId}`, { method: "DELETE", headers });
      await untilStatus({ runsUrl, headers }, runId, "KILLED");
    },
    stop: () => process.stop(),
  };
}

function runCommand(argv) {
  const { status, stdout, stderr } = spawnSync("node", argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`hex ${argv[1]} ended with ${status}: ${stdout}${stderr}`);
  return stdout.trim();
}

async function untilStatus(door, runId, expected) {
  for (;;) {
    const status = await readStatus(door, runId);
    if (status === expected) return;
    if (ENDED.includes(status)) throw new Error(`Run ${runId} is ${status}, not ${expected}`);
    await wait(LOOK_MS);
  }
}

async function readStatus({ runsUrl, headers }, runId) {
  const answer = await fetch(`${runsUrl}/${runId}`, { headers });
  const { status } = await answer.json();
  if (status === undefined) throw new Error(`The server answers ${answer.status} for run ${runId}`);
  return status;
}
