import { expect, test } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";
import { hex } from "./hex.ts";

const config = {
  name: "Test",
  projectId: "5d9b3f4e-70a4-4c5f-9b0e-2f6d1c8a7e31",
  // a port on which nothing listens
  queue: "redis://127.0.0.1:1",
};

test.each([
  ["run", "--detach"],
  ["schedule", "run", "nightly"],
  ["worker", "--drain", "1s"],
])("hex %s %s says in one sentence that Redis is out of reach", async (...argv) => {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({
      ...config,
      schedules: [{ name: "nightly", cron: "0 3 * * *" }],
    }),
    "cells/01-n.ts": 'import { cell } from "hex-runtime";\nexport default cell(() => 7);',
  });
  const { stdout, stderr, exitCode } = await hex([...argv, "--project", directory]);
  expect([exitCode, stdout]).toEqual([3, ""]);
  expect(stderr).toMatch(
    /Expected the Redis server redis:\/\/127\.0\.0\.1:1 to be reachable, got .* \[HEX_QUEUE_UNAVAILABLE\]\n$/,
  );
});
