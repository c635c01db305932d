import { expect, inject, it, onTestFinished } from "vitest";
import { startRedis } from "../servers/redis.ts";
import { buildProgram } from "../store/build-program.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";
import { ChaosWorld } from "./chaos-world.ts";
import { workerProject } from "./worker-project.ts";

/** So many runs are accepted; `npm run test:chaos` asks for more. */
const RUNS = Number(process.env["HEX_TEST_RUNS"] ?? "20");

/** Each run that publishes makes a version of its own; the others fail, or read the newest one. */
const cellThatWrites = `import { cell } from "hex-runtime";
import act from "./01-act.ts";

export default cell({ act }, async ({ act }, { runContext, store }) => {
  if (act.startsWith("throw")) throw new Error("unlucky");
  if (runContext === "logic") await store.writeFrame("work", [{ act }]);
  return store.readFrame("work");
});
`;

interface Setting {
  readonly config: object;
  /** what may be killed besides processes of ours */
  readonly killServer?: () => Promise<void>;
}

chaos("embedded", async () => ({ config: {} }));
for (const { name, root } of inject("redisServers")) {
  if (root === undefined) it.skip(`${name}: the server is not ours to kill`);
  else chaos(name, () => redisSetting(root));
}

/** A server that is killed and started again with what it has kept. */
async function redisSetting(root: string): Promise<Setting> {
  const directory = await temporaryFolder();
  let server = await startRedis({ root, directory });
  const { port, url } = server;
  onTestFinished(() => server.kill());
  return {
    config: { queue: url },
    killServer: async () => {
      await server.kill();
      server = await startRedis({ root, directory, port });
    },
  };
}

function chaos(name: string, open: () => Promise<Setting>): void {
  const title = `${name}: brings ${RUNS} accepted runs to one end each, whatever is killed meanwhile`;
  it(title, async () => {
    const seed = Number(process.env["HEX_TEST_FIRST_SEED"] ?? Date.now() % 1_000_000);
    const { config, killServer } = await open();
    const project = await workerProject({
      config: { ...config, runs: { atOnce: 4 }, retention: { versions: 1_000 } },
      files: { "cells/02-work.ts": cellThatWrites },
    });
    const [workProgram, submitProgram] = [
      await buildProgram(new URL("./programs/work.ts", import.meta.url)),
      await buildProgram(new URL("./programs/submit.ts", import.meta.url)),
    ];
    const programs = { workProgram, submitProgram };
    const world = new ChaosWorld({ project, ...programs, runs: RUNS, seed, killServer });
    const counts = await world.run();
    const told = `${name}, seed ${seed}: ${JSON.stringify(counts)}`;
    console.log(told);
    expect(counts, told).toMatchObject({ lost: 0, stuck: 0, doubled: 0, changed: 0, wrong: 0 });
  }, 1_800_000);
}
