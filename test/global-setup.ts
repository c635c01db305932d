import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { openChromium } from "./servers/chromium.ts";
import { openPostgres } from "./servers/postgres-server.ts";
import { makeProgramsFolder } from "./servers/programs-folder.ts";
import { openPython } from "./servers/python.ts";
import { startRedisServers } from "./servers/redis-servers.ts";
import { startS3Servers } from "./servers/s3-servers.ts";

const projectDirectory = fileURLToPath(new URL("..", import.meta.url));

/** Builds the command and starts the servers that this run's tests need; returns how to end them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  build();
  const options = { env: process.env, projectDirectory, log };
  const stops: (() => Promise<void>)[] = [];
  const programs = makeProgramsFolder(projectDirectory);
  project.provide("programsFolder", programs.path);
  project.onTestsRerun(async () => programs.clear());
  stops.push(async () => programs.remove());
  // Not provided at all when no test file asks, so that a test which asks in vain fails.
  if (isInjected(project, "s3Servers")) {
    const { servers, stop } = await startS3Servers(options);
    project.provide("s3Servers", servers);
    stops.push(stop);
  }
  if (isInjected(project, "redisServers")) {
    const { servers, stop } = await startRedisServers(options);
    project.provide("redisServers", servers);
    stops.push(stop);
  }
  if (isInjected(project, "postgres")) {
    const { server, stop } = await openPostgres(options);
    project.provide("postgres", server);
    stops.push(stop);
  }
  if (isInjected(project, "chromium")) project.provide("chromium", await openChromium(options));
  if (isInjected(project, "python")) project.provide("python", await openPython(options));
  // Tests wait for run processes, whose priority is 10: beside busy tests of an ordinary one they
  // would hardly go at all. The servers above keep theirs.
  setPriority(9);
  const putBack = lowerSession();
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
    putBack();
  };
}

/**
 * Gives our session the priority of our threads, for the same reason: workers let everybody's session go
 * before those of their runs. Only root may put it back, so nobody else does it.
 */
function lowerSession(): () => void {
  if (process.getuid?.() !== 0) return () => undefined;
  const setSession = (priority: number) => {
    try {
      writeFileSync("/proc/self/autogroup", `${priority}`);
    } catch {
      // There are no such priorities of sessions here.
    }
  };
  setSession(9);
  return () => setSession(0);
}

/** Whether a test file of this run, be it of all or of the named ones, injects a provided value. */
function isInjected(project: TestProject, key: string): boolean {
  const paths = project.vitest.state.getPaths();
  return paths.some((path) => readFileSync(path, "utf8").includes(`inject("${key}")`));
}

/** Brings `dist` up to date, since end-to-end tests run the built command. */
function build(): void {
  const { status } = spawnSync(process.execPath, ["tools/setup.mjs"], {
    cwd: projectDirectory,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status === 0) return;
  // Half-written code elsewhere must not keep anybody from running the tests of one file.
  if (process.env["CI"] === "true") throw new Error("The package cannot be built");
  log("The package cannot be built, so tests of the built command tell nothing");
}

function log(line: string): void {
  console.error(line);
}
