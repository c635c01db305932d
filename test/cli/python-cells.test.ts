import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, inject, it } from "vitest";
import type { RunResult } from "../../src/run/run-event.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { hex, hexJson, statusesOf } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";
import { startWorker } from "./worker.ts";

const python = inject("python");
const servers = inject("s3Servers");

/** Has a project's Python cells carried out by the Python of the tests, or by what is given. */
async function usePython(directory: string, path = python): Promise<void> {
  const file = join(directory, "hex.config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...config, python: path }));
}

function outputOf({ cells }: RunResult, name: string) {
  return cells.find((cell) => cell.name === name)?.output;
}

describe.runIf(python !== null)("Python cells", () => {
  it("compute in logic runs, are kept while nothing changed, and need no Python to be read", async () => {
    const directory = join(await planetsProject(), "examples/python");
    const here = ["run", "--project", directory];
    await usePython(directory);
    const logic = await hexJson([...here, "--input", "sleep_time=1"]);
    expect(logic.result).toMatchObject({ status: "completed", version: 1 });
    expect(logic.stderr).toContain("Simulating heavy compute");
    expect(await readFile(join(directory, ".hex/cells.d.ts"), "utf8")).toContain(
      'Cell<Frame<{ readonly "method": string | null;',
    );
    const changed = await hex([...here, "--changed", "--plan", "--input", "sleep_time=1"]);
    expect(changed.stdout).toMatch(/planets +kept +nothing it hangs on changed/);

    await usePython(directory, "nowhere/python");
    const app = await hexJson([...here, "--context", "app", "--input", "method=Transit"]);
    expect(statusesOf(app.result)).toMatchObject({ planets: "read", filtered: "computed" });
    expect(outputOf(app.result, "filtered")).toMatchObject({ kind: "frame", rows: 397 });
    const anew = await hex([...here, "--changed", "--plan", "--input", "sleep_time=1"]);
    expect(anew.stdout).toMatch(/planets +computed +its code changed/);
  });

  it("are split into parts, which any worker computes", async () => {
    const { directory } = await makeProject({
      "hex.config.json": JSON.stringify({ name: "Parts" }),
      "cells/1-most.ts":
        'import { number } from "hex-runtime"; export default number({ default: 3 });',
      "cells/2-squares.py": `from hex_runtime import cached


def numbers(most):
    return list(range(most))


@cached("squares", over=numbers)
def squares(number, *, log):
    log(f"square of {number}")
    return [{"number": number, "square": number * number}]
`,
      "cells/3-total.sql": "SELECT sum(square)::INTEGER AS total FROM squares",
      "cells/4-script.py":
        "script = {'total': total['total'][0].item(), 'context': hex_run_context}\n",
    });
    await usePython(directory);
    const worker = await startWorker(directory);
    const run = await hex(["run", "--detach", "--project", directory]);
    await worker.untilRun(run.stdout.trim(), "completed");
    const { result } = await hexJson(["run", "--context", "app", "--project", directory]);
    expect(outputOf(result, "squares")).toMatchObject({
      rows: 3,
      head: [{ square: 0 }, { square: 1 }, { square: 4 }],
    });
    expect(outputOf(result, "script")).toMatchObject({ json: { total: 5, context: "app" } });
    const { stdout } = await hex(["runs", "logs", run.stdout.trim(), "--project", directory]);
    expect(stdout.match(/squares: part \d: square of \d/g)).toHaveLength(3);
    expect((await worker.stop()).exitCode).toBe(0);
  });

  it.runIf(servers.length > 0)(
    "write to a bucket themselves, and read it back, in the explicit form",
    async () => {
      const [server] = servers;
      if (server === undefined) throw new Error("there is no server");
      const { endpoint, region, accessKeyId, secretAccessKey } = server;
      const credentials = { accessKeyId, secretAccessKey };
      const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      const Bucket = `hex-python-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      const directory = join(await planetsProject(), "examples/python-explicit");
      await usePython(directory);
      const env = {
        PLANETS_ENDPOINT: endpoint,
        PLANETS_BUCKET: Bucket,
        PLANETS_KEY_ID: accessKeyId,
        PLANETS_SECRET_KEY: secretAccessKey,
      };
      const here = ["run", "--project", directory];
      const logic = await hexJson([...here, "--input", "sleep_time=1"], { env });
      expect(logic.result.error).toBeUndefined();
      expect(logic.stderr).toContain("Simulating heavy compute");
      const app = await hexJson([...here, "--context", "app", "--input", "method=Transit"], {
        env,
      });
      expect(statusesOf(app.result)).toMatchObject({ planets: "computed" });
      expect(outputOf(app.result, "filtered")).toMatchObject({ kind: "frame", rows: 397 });
      const Key = "planets/planet_data.csv";
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const csv = (await Body?.transformToString()) ?? "";
      expect(csv.split("\n")[0]).toBe("method,number,orbital_period,mass,distance,year");
      client.destroy();
    },
  );
});
