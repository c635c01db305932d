import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { identifyProcess, isProcessGone } from "../../src/store/holder.ts";
import { buildProgram } from "./build-program.ts";
import { inNamespaces, inOwnTable, underShell } from "./namespaces.ts";

const program = new URL("./programs/identify.ts", import.meta.url);
const inHiddenTable = inNamespaces(["--pid", "--fork"]);
const inOwnTime = inNamespaces(["--time", "--boottime", "100000", "--fork"]);
const [boot, space, , start] = identifyProcess().split(".");

describe("a process that is there", () => {
  it("has one identity, and is not gone", () => {
    expect(identifyProcess()).toBe(identifyProcess());
    expect(identifyProcess()).toMatch(
      process.platform === "linux" ? /^[0-9a-f]{12}\.[0-9a-f]{12}\.\d+\.\d+$/ : /^\S+$/,
    );
    expect(isProcessGone(identifyProcess())).toBe(false);
  });

  it("is known by its identity though further words follow", () => {
    expect(isProcessGone(`${identifyProcess()}.more.1`)).toBe(false);
  });

  it("is not gone while it is stopped", async () => {
    const { child, identity } = await startIdentified();
    child.kill("SIGSTOP");
    expect(isProcessGone(identity)).toBe(false);
  });

  it("is not gone because its user is another one", () => {
    // The first process of the machine, which a user that is no root may send nothing.
    expect(isProcessGone([boot, space, 1, ""].join("."))).toBe(false);
  });
});

describe("a process that ended", () => {
  it("is gone at once", async () => {
    const { child, identity } = await startIdentified();
    child.kill("SIGKILL");
    await once(child, "close");
    expect(isProcessGone(identity)).toBe(true);
    expect(isProcessGone(`${identity}.more.1`)).toBe(true);
  });

  it("is gone though its parent has not cleared it away", async () => {
    const parent = spawn("sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"]);
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [line] = await once(parent.stdout, "data");
    const pid = Number(`${line}`);
    const stat = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1] ?? "";
    const identity = [boot, space, pid, (await stat()).split(" ")[19]].join(".");
    expect(isProcessGone(identity)).toBe(false);
    // Only once the shell has become one that waits for no child.
    await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n");
    process.kill(pid, "SIGKILL");
    await expect.poll(stat).toMatch(/^Z/);
    expect(isProcessGone(identity)).toBe(true);
  });

  it.skipIf(process.platform !== "linux")("is gone though another one has its id by now", () => {
    const later = [boot, space, process.pid, Number(start) + 1].join(".");
    expect(isProcessGone(later)).toBe(true);
  });
});

describe("a process of which nothing is certain", () => {
  it.each([
    ["of another machine, or of one that was started anew", ["0f0f0f0f0f0f", space, 99999999, 1]],
    ["of another container", [boot, "0f0f0f0f0f0f", 99999999, 1]],
    ["whose start is not known, while its id is in use", [boot, space, process.pid, ""]],
    ["whose start is left out", [boot, space, process.pid]],
    ["whose start is no number", [boot, space, process.pid, "later"]],
    ["whose id is none", [boot, space, "x", 1]],
    ["whose id is 0, which means a group", [boot, space, 0, 1]],
    ["whose id no system gives", [boot, space, "9".repeat(30), 1]],
  ])("is one %s", (_, words) => {
    expect(isProcessGone(words.join("."))).toBe(false);
  });

  it.each(["", "...", "manifest", "a.b.c.d.e.f"])("is one called `%s`", (identity) => {
    expect(isProcessGone(identity)).toBe(false);
  });

  it("is one whose id is in use, while no descriptor is left to look with", async () => {
    const later = [boot, space, process.pid, Number(start) + 1].join(".");
    expect(isProcessGone(later)).toBe(true);
    expect((await runIdentify("descriptors", [later])).stdout).toBe("false\n");
  });

  it("is one that had no descriptor left to find its own identity with, and keeps it", async () => {
    const runs = await Promise.all([runIdentify("nameless", []), runIdentify("nameless", [])]);
    const [[one, again] = [], [other] = []] = runs.map(({ stdout }) => stdout.trim().split("\n"));
    expect(one).toBe(again);
    // What names no machine must not be the same on two machines.
    expect(one?.split(".")[0]).not.toBe(other?.split(".")[0]);
    expect(isProcessGone(one ?? "")).toBe(false);
  });
});

describe.skipIf(inOwnTable === undefined)("a process in another container", () => {
  it("is not gone, and takes nobody outside for gone", async () => {
    const [inner, isGone] = await identifyIn(inOwnTable, [identifyProcess()]);
    expect(inner?.split(".").slice(0, 1)).toEqual([boot]);
    expect(inner?.split(".")[1]).not.toBe(space);
    expect(isProcessGone(inner ?? "")).toBe(false);
    expect(isGone).toBe("false");
  });
});

describe.skipIf(inHiddenTable === undefined)("a process that is shown its host's table", () => {
  it("takes nobody for gone by the ids of that table", async () => {
    // Its own identity names an id that means another process there, or none.
    const [, isOwnGone, isChildGone] = await identifyIn(inHiddenTable, ["own", "child"]);
    expect([isOwnGone, isChildGone]).toEqual(["false", "false"]);
  });
});

describe.skipIf(inOwnTime === undefined)("a process whose clock counts from elsewhere", () => {
  it("is not gone because it seems to have begun at another time", async () => {
    const { identity } = await startIdentified(inOwnTime);
    expect(isProcessGone(identity)).toBe(false);
    const [, isGone] = await identifyIn(inOwnTime, [identifyProcess()]);
    expect(isGone).toBe("false");
  });
});

/** Prints its identity, then of each identity that it was told whether it is gone. */
async function identifyIn(namespace: readonly string[] | undefined, identities: readonly string[]) {
  const args = [await buildProgram(program), "once", ...identities];
  const [file = "", ...rest] = [...(namespace ?? []), ...underShell(args)];
  const { stdout } = await promisify(execFile)(file, rest);
  return stdout.trim().split("\n");
}

async function runIdentify(mode: string, identities: readonly string[]) {
  return promisify(execFile)(process.execPath, [await buildProgram(program), mode, ...identities]);
}

/** A process that has told its identity, and lives on. */
async function startIdentified(namespace: readonly string[] = []) {
  const args = [process.execPath, await buildProgram(program), "on"];
  const [file = "", ...rest] = [...namespace, ...args];
  const child = spawn(file, rest);
  onTestFinished(() => {
    child.stdin.end();
    child.kill("SIGKILL");
  });
  const [line] = await once(child.stdout, "data");
  return { child, identity: `${line}`.trim() };
}
