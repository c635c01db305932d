import { readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";
import { until } from "../work/project-processes.ts";
import { hex, startHex } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";

/** Starts the notebook of a project, and gives its address when it listens. */
async function startDev(project: string, ...argv: string[]) {
  const started = startHex(["dev", "--project", project, ...argv]);
  onTestFinished(() => {
    started.child.kill("SIGKILL");
  });
  await until("an address", () => started.printed.stdout.includes("\n"));
  return { ...started, address: started.printed.stdout.trim() };
}

/** The events of a notebook as they come, until the test ends. */
function listen(address: string): { readonly text: () => string } {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let text = "";
  const read = async () => {
    const { body } = await fetch(`${address}notebook/events`, { signal: stop.signal });
    const decoder = new TextDecoder();
    for await (const block of body ?? []) text += decoder.decode(block as Uint8Array);
  };
  read().catch(() => undefined);
  return { text: () => text };
}

test("shows a cell anew when its file is saved, without computing what is above it", async () => {
  const project = await planetsProject();
  await writeFile(
    join(project, "hex.config.json"),
    JSON.stringify({ name: "Planets", inputs: { sleep_time: 0 } }),
  );
  const { address, child, ended, printed } = await startDev(project, "--port", "0");
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const events = listen(address);
  await until("the planets", () => events.text().includes('"value":1035'));
  const file = join(project, "cells/06-found.ts");
  const source = await readFile(file, "utf8");
  // At once, as editors do: half of it would be a change of its own.
  await writeFile(join(project, "saved"), source.replace("filtered.numRows", "-filtered.numRows"));
  await rename(join(project, "saved"), file);
  await until("the saved cell", () => events.text().includes('"value":-1035'));
  await expect
    .poll(() => printed.stderr)
    .toMatch(/\(files changed\) completed in \d+ ms: computed found; 7 as before/);

  child.kill("SIGINT");
  expect((await ended).exitCode).toBe(0);
});

test("refuses a port that is taken", async () => {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Small" }),
    "cells/1-one.md": "One",
  });
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    other.close();
  });
  const address = other.address();
  const port = typeof address === "object" ? `${address?.port}` : "";
  const { exitCode, stderr } = await hex(["dev", "--project", directory, "--port", port]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("--port");
});

test("does not start without a config that can be read", async () => {
  const { directory } = await makeProject({ "hex.config.json": "{", "cells/1-one.md": "One" });
  const { exitCode, stderr } = await hex(["dev", "--project", directory]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("hex.config.json");
});
