import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../work/project-processes.ts";
import { hex } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";

const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));
const PROJECT_ID = "2f6b1c0e-7d34-4c58-9a41-5e0b8f3d6a17";

interface Served {
  readonly address: string;
  readonly process: ChildProcess;
  readonly lines: () => readonly { readonly event: string; readonly address?: string }[];
}

/** Serves a project by the built command, on any free port, until the test ends. */
async function serve(project: string, ...argv: string[]): Promise<Served> {
  const child = spawn(
    process.execPath,
    [command, "serve", "--project", project, "--port", "0", ...argv],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const lines: Served["lines"] = () =>
    printed
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const started = () => lines().find(({ event }) => event === "server-started");
  await until("the server to listen", () => started() !== undefined || child.exitCode !== null);
  return { address: started()?.address ?? printed, process: child, lines };
}

interface ToldRun {
  readonly runId: string;
  readonly status: string;
}

/** A client as teams have them: it starts a run, polls until it is over, and knows nothing of us. */
function toClient(base: string, token: string) {
  const send = async (method: string, path: string, body?: object): Promise<ToldRun> => {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (answer.status === 204 ? {} : await answer.json()) as ToldRun;
  };
  const project = `/project/${PROJECT_ID}`;
  return {
    run: (body?: object) => send("POST", `${project}/run`, body),
    /** asked for eight times a second at most, since a server takes 600 requests a minute */
    status: async (runId: string) => {
      await wait(125);
      return send("GET", `${project}/run/${runId}`);
    },
    cancel: (runId: string) => send("DELETE", `${project}/run/${runId}`),
  };
}

test("a program starts a run, polls it and reads what it came to; another it cancels", async () => {
  const project = await planetsProject();
  const created = await hex(["token", "create", "orchestrator", "--project", project]);
  const { address, process: server, lines } = await serve(project);
  const client = toClient(address, created.stdout.trim());

  const headers = { authorization: `Bearer ${created.stdout.trim()}` };
  const metrics = await (await fetch(`${address}/metrics`, { headers })).text();
  expect(metrics).toMatch(/^hex_http_requests_in_progress 1$/m);
  expect(metrics).toMatch(/^hex_queue_jobs\{lane="run",state="queued"\} 0$/m);

  const { runId } = await client.run({
    inputParams: { sleep_time: 0 },
    updatePublishedResults: true,
  });
  await until("the run to complete", async () => {
    const { status } = await client.status(runId);
    if (["ERRORED", "KILLED"].includes(status)) throw new Error(status);
    return status === "COMPLETED";
  });
  const done = await client.status(runId);
  expect(done).toMatchObject({ status: "COMPLETED", projectVersion: 1, runTrigger: "API" });

  const long = await client.run({ inputParams: { sleep_time: 30 }, updatePublishedResults: true });
  await until("it to go", async () => (await client.status(long.runId)).status === "RUNNING");
  await client.cancel(long.runId);
  await expect(client.cancel(long.runId)).rejects.toThrow("422");
  await until("it to stop", async () => (await client.status(long.runId)).status === "KILLED");

  server.kill("SIGTERM");
  const [exitCode] = await once(server, "exit");
  expect(exitCode).toBe(0);
  expect(lines().at(-1)?.event).toBe("server-stopped");
  expect(JSON.stringify(lines())).not.toContain(created.stdout.trim());
});

test("a token that is revoked lets nobody in, and the list says so", async () => {
  const project = await planetsProject();
  const create = ["token", "create", "ci", "--scope", "read", "--json", "--project", project];
  const { token, id } = JSON.parse((await hex(create)).stdout);
  expect(token).toMatch(/^hxtw_[0-9a-f]{96}$/);
  const { address } = await serve(project, "--no-worker", "--no-schedules");
  const me = () =>
    fetch(`${address}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status).toBe(200);
  await hex(["token", "revoke", id, "--project", project]);
  await until("the server to know", async () => (await me()).status === 401);
  const { stdout } = await hex(["token", "list", "--project", project]);
  expect(stdout).toMatch(new RegExp(`${id} +ci +read .* revoked`));
  expect(stdout).not.toContain("hxtw_");
});

test("an address that others reach is refused while there is no token", async () => {
  const project = await planetsProject();
  const { exitCode, stderr } = await hex(["serve", "--host", "0.0.0.0", "--project", project]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("hex token create NAME");
});
