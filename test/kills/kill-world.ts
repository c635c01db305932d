import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { toFrame } from "../../src/frame/to-frame.ts";
import { isFinal, type RunRecord } from "../../src/run/history/run-record.ts";
import { acquireLease, type Lease } from "../../src/store/lease/lease.ts";
import { publish } from "../../src/store/publication.ts";
import { openProjectRuns, type ProjectRuns } from "../../src/work/project-runs.ts";
import { submitRun } from "../../src/work/submit-run.ts";
import { makeProject } from "../fixtures/make-project.ts";
import type { S3Server } from "../servers/s3-server.ts";
import { buildProgram } from "../store/build-program.ts";
import { publication } from "../store/published-frames.ts";
import { findRunProcesses } from "../work/chaos-world.ts";
import { runtimeUrl } from "../work/worker-project.ts";
import { isContainer, isQueued, isRunProcess, type KillCase } from "./kill-cases.ts";
import { familyOf, isAlive, type Member } from "./process-family.ts";

const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));
const standStill = new URL("./programs/stand-still.ts", import.meta.url);
/** Before a victim stands where it is to be killed, on a machine that is busy elsewhere. */
const PATIENCE_MS = 120_000;
const STEP_MS = 10;

/** Tells that it begins, stands still where it is told to, and then waits for a file, if it is the next. */
const work = `import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached } from "hex-runtime";
import name from "./01-name.ts";

export default cached("work", { name }, async ({ name }) => {
  writeFileSync("began-" + name, "");
  await globalThis.standAt?.("computing");
  while (name === "next" && !existsSync("may-end")) await wait(20);
  return [{ name, pid: process.pid }];
});
`;

/** The servers that a table needs besides this machine. */
export interface KillServers {
  readonly s3: { readonly server: S3Server; readonly bucket: string } | undefined;
  readonly redisUrl: string | undefined;
}

/** One project in which something is killed, and what is going on there. */
export class KillWorld {
  readonly runs: ProjectRuns;
  readonly directory: string;
  readonly #kill: KillCase;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #children: ChildProcess[] = [];
  #printed = "";

  private constructor(
    kill: KillCase,
    directory: string,
    environment: NodeJS.ProcessEnv,
    runs: ProjectRuns,
  ) {
    this.#kill = kill;
    this.directory = directory;
    this.#environment = environment;
    this.runs = runs;
  }

  /** Makes the project, with a version published in it. */
  static async open(kill: KillCase, servers: KillServers): Promise<KillWorld> {
    const { config, secrets } = toConfig(kill, servers);
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify(config),
      "cells/01-name.ts": `import { text } from "hex-runtime";\nexport default text({ default: "first" });`,
      "cells/02-work.ts": work,
    });
    const environment = { ...process.env, NO_COLOR: "1", ...secrets };
    const runs = await openProjectRuns(directory, { runtimeUrl, environment });
    const frame = toFrame([{ name: "first", pid: process.pid }]);
    if (frame === undefined) throw new Error("rows are a frame");
    await publish(runs.store, publication({ work: frame }));
    return new KillWorld(kill, directory, environment, runs);
  }

  /** All that its processes have printed, for whoever looks for a fault. */
  get printed(): string {
    return this.#printed;
  }

  /** Starts who is to be killed, and waits until it stands where it is to be killed. */
  async startVictim(): Promise<ChildProcess> {
    const folder = join(this.directory, "standing");
    await mkdir(folder);
    if (isQueued(this.#kill)) await this.submit("victim");
    const child = this.#start(toCommand(this.#kill), {
      NODE_OPTIONS: `--import ${pathToFileURL(await buildProgram(standStill))}`,
      HEX_TEST_STAND_AT: this.#kill.place,
      HEX_TEST_STAND_FOLDER: folder,
    });
    await this.until("the victim stands still", PATIENCE_MS, () =>
      existsSync(join(folder, "stands")),
    );
    await this.until("its run is known", PATIENCE_MS, async () => {
      return (await this.record("victim"))?.state === "running";
    });
    return child;
  }

  /** The process that carries the victim's run out. */
  async runPid(): Promise<number> {
    return Number(await readFile(join(this.directory, "standing/runs"), "utf8"));
  }

  /** Starts who takes over, and waits until it takes jobs. */
  async startSurvivor(): Promise<void> {
    const isServer = this.#kill.victim === "hex serve";
    const before = this.#printed.length;
    this.#start(isServer ? ["serve", "--port", "0"] : ["worker", "--json"]);
    await this.until("the survivor takes jobs", PATIENCE_MS, () =>
      this.#printed.slice(before).includes("worker-started"),
    );
  }

  /** Asks for the next run; `ended` is to be waited for besides its record. */
  async startNext(): Promise<{ readonly ended: Promise<unknown> }> {
    if (isQueued(this.#kill)) {
      await this.submit("next");
      return { ended: Promise.resolve() };
    }
    const child = this.#start(["run", "--json", "--input", "name=next"]);
    return { ended: once(child, "close") };
  }

  async submit(name: string): Promise<void> {
    const inputs = new Map([["name", { value: name, form: "json", place: "name" } as const]]);
    const request = { context: "logic", trigger: "api", inputs } as const;
    await submitRun(this.runs, request, { requestedBy: "tess" });
  }

  hasBegun(name: string): boolean {
    return existsSync(join(this.directory, `began-${name}`));
  }

  async letNextEnd(): Promise<void> {
    await writeFile(join(this.directory, "may-end"), "");
  }

  hold(): Promise<Lease> {
    return acquireLease(this.runs.store, { holder: `tess@here:${process.pid}` });
  }

  async record(name: string): Promise<RunRecord | undefined> {
    const { runs } = await this.runs.history.list({ limit: 100 });
    return runs.find(({ inputs }) => inputs["name"] === name);
  }

  /** Whether a run has ended, and nobody looks after it any more. */
  async isTold(name: string): Promise<boolean> {
    const record = await this.record(name);
    if (record === undefined || !isFinal(record.state)) return false;
    for await (const runId of this.runs.history.unfinished()) {
      if (runId === record.runId) return false;
    }
    return true;
  }

  /** Whether it came true in time. */
  async comesTrue(isTrue: () => boolean | Promise<boolean>, untilMs: number): Promise<boolean> {
    while (!(await isTrue())) {
      if (performance.now() > untilMs) return false;
      await wait(STEP_MS);
    }
    return true;
  }

  async until(
    what: string,
    patienceMs: number,
    isTrue: () => boolean | Promise<boolean>,
  ): Promise<void> {
    if (await this.comesTrue(isTrue, performance.now() + patienceMs)) return;
    throw new Error(`waited in vain until ${what}; printed: ${this.#printed}`);
  }

  /** Ends all that was started here, and gives what is left of it nevertheless. */
  async close(): Promise<readonly Member[]> {
    const left = this.#children.flatMap(({ pid }) => familyOf(pid ?? 0));
    for (const child of this.#children) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    }
    const isOver = () => !left.some(isAlive) && findRunProcesses(this.directory).length === 0;
    await this.comesTrue(isOver, performance.now() + 10_000);
    await this.runs.close();
    return left.filter(isAlive);
  }

  #start(argv: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess {
    const isVictim = more["HEX_TEST_STAND_AT"] !== undefined;
    const around = isVictim && isContainer(this.#kill) ? CONTAINER : [];
    const whole = [...around, process.execPath, command, ...argv, "--project", this.directory];
    const child = spawn(whole[0] ?? "", whole.slice(1), {
      env: { ...this.#environment, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#printed += text;
      });
    }
    this.#children.push(child);
    return child;
  }
}

/** A table of processes of its own: others can prove nothing of those in it. */
const CONTAINER = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
  ...["--pid", "--fork", "--kill-child", "--mount-proc"],
];

/** Whether this machine lets us make one. */
export function canContain(): boolean {
  return spawnSync(CONTAINER[0] ?? "", [...CONTAINER.slice(1), "true"]).status === 0;
}

function toCommand(kill: KillCase): readonly string[] {
  if (!isQueued(kill)) return ["run", "--json", "--input", "name=victim"];
  return kill.victim === "hex serve" ? ["serve", "--port", "0"] : ["worker", "--json"];
}

function toConfig({ store, queue }: KillCase, { s3, redisUrl }: KillServers) {
  const runs = {
    environment: ["NODE_OPTIONS", "HEX_TEST_STAND_AT", "HEX_TEST_STAND_FOLDER"],
  };
  const config = {
    name: "Killed",
    projectId: randomUUID(),
    runs,
    ...(queue === "Redis" && { queue: redisUrl }),
  };
  if (store === "directory") return { config, secrets: {} };
  if (s3 === undefined) throw new Error("a row on S3 needs a server");
  const { server, bucket } = s3;
  const onServer = {
    url: `s3://${bucket}/${config.projectId}`,
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    accessKeyIdSecret: "STORE_KEY_ID",
    secretAccessKeySecret: "STORE_SECRET_KEY",
  };
  return {
    config: { ...config, store: onServer, secrets: ["STORE_KEY_ID", "STORE_SECRET_KEY"] },
    secrets: { STORE_KEY_ID: server.accessKeyId, STORE_SECRET_KEY: server.secretAccessKey },
  };
}

/** Kills what the row says; gives all that has to be gone then. */
export async function killVictim(
  world: KillWorld,
  kill: KillCase,
  child: ChildProcess,
): Promise<readonly Member[]> {
  const pid = isRunProcess(kill) ? await world.runPid() : (child.pid ?? 0);
  const family = familyOf(pid);
  process.kill(pid, "SIGKILL");
  return family;
}
