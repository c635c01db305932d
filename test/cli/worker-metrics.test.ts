import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { serveMetrics } from "../../src/cli/worker-metrics.ts";
import { HexError } from "../../src/errors.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { hex } from "./hex.ts";
import { startWorker } from "./worker.ts";

const files = {
  "hex.config.json": JSON.stringify({ name: "Test" }),
  "cells/01-n.ts": `import { number } from "hex-runtime";\nexport default number({ default: 1 });`,
  "cells/02-rows.ts": `import { cached, over } from "hex-runtime";
import n from "./01-n.ts";
export default cached("rows", { n }, over(
  ({ n }) => [n, n + 1],
  (part) => {
    if (part === 13) throw new Error("unlucky");
    return [{ part }];
  },
));`,
};

const NO_COUNT = { queued: 0, claimed: 0 };
const emptyQueue = { count: async () => ({ run: NO_COUNT, part: NO_COUNT }) };

/** The values that a scrape gives, by name and labels. */
async function scrape(url: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(url);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(lines.map((line) => line.split(/ (?=\S+$)/)).map(([k = "", v]) => [k, Number(v)]));
}

/** Serves the metrics of a queue at a free port until the test ends; gives their address. */
async function serve(queue: Parameters<typeof serveMetrics>[1]["queue"]) {
  const told: string[] = [];
  const metrics = await serveMetrics("0", { queue, onEvent: ({ url }) => told.push(url) });
  onTestFinished(() => metrics.close());
  return { metrics, url: told[0] ?? "" };
}

describe("hex worker --metrics", () => {
  it("tells what a worker has claimed, what became of it and how long it took", async () => {
    const { directory } = await makeProject(files);
    const worker = await startWorker(directory, ["--metrics", "0"]);
    const [, url = ""] = await worker.untilPrinted(
      /served at (http:\/\/127\.0\.0\.1:\d+\/metrics)/,
    );
    const submit = async (n: number) => {
      const flags = ["--detach", "--input", `n=${n}`, "--project", directory];
      return (await hex(["run", ...flags])).stdout.trim();
    };
    const good = await submit(1);
    await worker.untilPrinted(new RegExp(`run ${good}: completed after`));
    const bad = await submit(12);
    await worker.untilPrinted(new RegExp(`run ${bad}: failed after`));
    const values = await scrape(url);
    expect(values.get('hex_jobs_claimed_total{lane="run"}')).toBe(2);
    expect(values.get('hex_jobs_ended_total{lane="run",outcome="completed"}')).toBe(1);
    expect(values.get('hex_jobs_ended_total{lane="run",outcome="failed"}')).toBe(1);
    expect(values.get('hex_jobs_ended_total{lane="part",outcome="failed"}')).toBe(1);
    expect(values.get('hex_job_seconds_count{lane="run"}')).toBe(2);
    expect(values.get('hex_job_seconds_bucket{le="3600",lane="run"}')).toBe(2);
    expect(values.get('hex_queue_jobs{lane="run",state="queued"}')).toBe(0);
    expect(values.get('hex_queue_jobs{lane="run",state="claimed"}')).toBe(0);
    expect(values.get("process_resident_memory_bytes")).toBeGreaterThan(2 ** 20);
    expect(values.has("nodejs_eventloop_lag_seconds")).toBe(true);
    expect((await worker.stop()).exitCode).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  it("counts what waits in the queue when it is asked", async () => {
    const jobs = { queued: 3, claimed: 2 };
    const { url } = await serve({ count: async () => ({ run: jobs, part: NO_COUNT }) });
    expect((await scrape(url)).get('hex_queue_jobs{lane="run",state="queued"}')).toBe(3);
    jobs.queued = 4;
    expect((await scrape(url)).get('hex_queue_jobs{lane="run",state="queued"}')).toBe(4);
    expect((await scrape(url)).get('hex_queue_jobs{lane="run",state="claimed"}')).toBe(2);
  });

  it("goes on telling the rest while the queue is away", async () => {
    const away = new HexError("HEX_QUEUE_UNAVAILABLE", "away");
    const { metrics, url } = await serve({ count: () => Promise.reject(away) });
    metrics.take({ type: "job-claimed", id: "one", lane: "run" });
    const values = await scrape(url);
    expect(values.get('hex_jobs_claimed_total{lane="run"}')).toBe(1);
    expect([...values.keys()].filter((key) => key.startsWith("hex_queue_jobs"))).toEqual([]);
  });

  it("answers nothing but /metrics", async () => {
    const { url } = await serve(emptyQueue);
    expect((await fetch(new URL("/", url))).status).toBe(404);
    expect((await fetch(url, { method: "POST" })).status).toBe(404);
  });

  it.each(["", "x", "70000", "host:", "1.2.3.4:5:6", "-1"])("refuses the address %j", (address) =>
    expect(serveMetrics(address, { queue: emptyQueue, onEvent: () => undefined })).rejects.toThrow(
      `Expected --metrics to be a port such as 9464, or host:port, got ${JSON.stringify(address)}`,
    ),
  );

  it("tells of an address that something else has", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => {
      other.close();
    });
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const { directory } = await makeProject(files);
    const flags = ["--metrics", `${port}`, "--project", directory];
    expect(await hex(["worker", ...flags])).toMatchObject({
      exitCode: 2,
      stderr: `Expected --metrics to be one that is free on this machine, got ${port}: EADDRINUSE [HEX_USAGE]\n`,
    });
  });
});
