import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";
import { until } from "../work/project-processes.ts";

// What becomes of a server that may open no more files: by too many connections, or because its limit
// is lowered below what it has open, so that nothing can be opened, accepted or started.

const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));
const PROJECT_ID = "7c1d52a4-0b9e-4f6e-9a35-1f2e3d4c5b6a";
/** Sets the limits of a process that runs. */
const PRLIMIT = "/usr/bin/prlimit";
const isPossible = existsSync(PRLIMIT) && existsSync("/proc/self/stat");

const CELLS = {
  "cells/01-amount.ts": `import { slider } from "hex-runtime";
export default slider({ label: "Amount", min: 0, max: 10, default: 3 });
`,
  "cells/02-shown.ts": `import { cell } from "hex-runtime";
import amount from "./01-amount.ts";
export default cell({ amount }, ({ amount }) => "it is " + amount, { title: "Shown" });
`,
  "cells/03-slow.ts": `import { spawn } from "node:child_process";
import { cached } from "hex-runtime";
export default cached("slow", async () => {
  spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }).unref();
  await new Promise((resolve) => setTimeout(resolve, 1_000_000));
  return [{ a: 1 }];
});
`,
};

test.runIf(isPossible)(
  "150 clients of a server that may open 96 files leave it room to answer",
  async () => {
    const served = await serve("96");
    expect(await served.health()).toBe(200);
    const clients = Array.from({ length: 150 }, () => connect(served.port, "127.0.0.1"));
    let refused = 0;
    for (const each of clients) each.on("error", () => undefined).on("close", () => refused++);
    // Those that are let in stay; all others are closed at once.
    await until("some to be refused", () => refused >= 80);
    expect(await served.ask(4)).toMatchObject({ status: 200 });
    expect(served.log()).toContain("connections-refused");
    for (const each of clients) each.destroy();
    await until("others to be let in", async () => (await served.health()) === 200);
    await served.end();
  },
);

test.runIf(isPossible)(
  "a server that can open nothing for a while goes on, and ends when it is told",
  async () => {
    const served = await serve("1024");
    const run = await served.send("POST", `/api/v1/projects/${PROJECT_ID}/runs`, {
      updatePublishedResults: true,
    });
    expect(run.status).toBe(201);
    await until("the cell to go", () =>
      served.processes().some((each) => each.startsWith("sleep")),
    );
    const shown = await served.ask(4);
    served.allowFiles(1);
    const before = served.cpuTicks();
    const startedMs = performance.now();
    // Several looks at the run's memory fail meanwhile.
    await until("two seconds to pass", () => performance.now() - startedMs > 2_000);
    // The process that answers viewers is still there, and holds what it has computed.
    expect(toResult(await served.ask(4))).toBe(toResult(shown));
    expect(served.cpuTicks() - before).toBeLessThan(100);
    served.allowFiles(1_024);
    expect(await served.health()).toBe(200);
    expect(served.log()).not.toContain("job-ended");
    // Told twice, it waits for no run.
    served.process.kill("SIGTERM");
    await until("it to drain", () => served.log().includes("server-draining"));
    await served.end();
  },
);

test.runIf(isPossible)(
  "a server that can start no process says so, and starts one when it can",
  async () => {
    const served = await serve("1024");
    expect(await served.health()).toBe(200);
    served.allowFiles(1);
    const refusal = await served.ask(4);
    expect(refusal).toMatchObject({ status: 503 });
    expect(refusal.text).toMatch(/the store to answer|able to start another process/);
    served.allowFiles(1_024);
    await until("it to answer", async () => (await served.ask(4)).status === 200);
    await served.end();
  },
);

test.runIf(isPossible)(
  "a server that can open nothing any more ends when it is told, with its processes",
  async () => {
    const served = await serve("1024");
    expect((await served.ask(4)).status).toBe(200);
    served.allowFiles(1);
    await served.end();
  },
);

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Serves a project by the built command, which may open so many files. */
async function serve(files: string) {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Starved", projectId: PROJECT_ID }),
    ...CELLS,
  });
  const argv = [process.execPath, command, "serve", "--project", directory, "--port", "0"];
  const child = spawn("sh", ["-c", `ulimit -n ${files}; exec "$@"`, "sh", ...argv], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => endAll(child, directory));
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const toPort = () => /"address":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(printed)?.[1];
  await until("it to listen", () => toPort() !== undefined || child.exitCode !== null);
  const port = Number(toPort());
  // One connection, which is there before there is room for no other.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const send = (method: string, path: string, body?: object) =>
    sendTo({ port, agent, method, path }, body);
  return {
    port,
    process: child,
    send,
    log: () => printed,
    ask: (amount: number) =>
      send("POST", "/page/run", {
        ...{ version: null, commit: null, inputs: { amount }, cells: ["shown"] },
      }),
    health: async () => (await send("GET", "/healthz").catch(() => ({ status: 0 }))).status,
    allowFiles: (most: number) =>
      void execFileSync(PRLIMIT, ["--pid", `${child.pid}`, `--nofile=${most}:`]),
    cpuTicks: () => toCpuTicks(child.pid ?? 0),
    processes: () => processesIn(directory).map(({ name }) => name),
    /** Tells it to end, and waits until it has, and all that it has started. */
    end: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await until("its processes to be gone", () => processesIn(directory).length === 0);
    },
  };
}

interface Sent {
  readonly port: number;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
}

function sendTo({ port, ...sent }: Sent, body: object | undefined): Promise<Answer> {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, headers, ...sent }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (more) => {
        text += more;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Names what was computed; no other computation has the name. */
function toResult({ text }: Answer): unknown {
  return JSON.parse(text).cells[0].result;
}

interface Found {
  readonly pid: number;
  readonly name: string;
}

/** The processes that run in a project's folder. */
function processesIn(directory: string): readonly Found[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || readlinkSync(`/proc/${pid}/cwd`) !== directory) return [];
      return [{ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, "utf8").trim() }];
    } catch {
      // Gone meanwhile.
      return [];
    }
  });
}

function toCpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function endAll(child: ChildProcess, directory: string): void {
  child.kill("SIGKILL");
  for (const { pid } of processesIn(directory)) process.kill(pid, "SIGKILL");
}
