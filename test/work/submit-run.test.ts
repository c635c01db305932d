import { expect, it } from "vitest";
import { KEYS_PREFIX } from "../../src/store/key.ts";
import type { Store } from "../../src/store/store.ts";
import { submitRun } from "../../src/work/submit-run.ts";
import { openRuns, toRequest, workerProject } from "./worker-project.ts";

it("gives one run to 50 who ask at once with the same key, in two places", async () => {
  const { directory, runs } = await workerProject();
  const others = await openRuns(directory);
  const submission = { requestedBy: "tess", idempotencyKey: "order 7" };
  const asked = Array.from({ length: 50 }, (_, index) =>
    submitRun(index % 2 === 0 ? runs : others, toRequest("print"), submission),
  );
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1);
  expect(answers.filter(({ isKnown }) => !isKnown)).toHaveLength(1);
  expect(await runs.queue.count()).toMatchObject({ run: { queued: 1 } });
  expect((await runs.history.list({ limit: 10 })).runs).toHaveLength(1);
});

it("gives one run for a key also on a store that ignores conditions, for the one machine that may", async () => {
  const { runs } = await workerProject();
  const { store, config } = runs;
  const careless = new Proxy(store, {
    get: (target, key) => {
      if (key === "write")
        return (...[at, body]: Parameters<Store["write"]>) => store.write(at, body);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const s3 = { ...config.store, kind: "s3" } as typeof config.store;
  const alone = {
    ...runs,
    store: careless,
    config: { ...config, machines: "one", store: s3 } as const,
  };
  const submission = { requestedBy: "tess", idempotencyKey: "order 7" };
  const first = await submitRun(alone, toRequest("print"), submission);
  const again = await submitRun(alone, toRequest("print"), submission);
  expect(again).toEqual({ runId: first.runId, isKnown: true });
});

it("refuses a key that came with another request, and keeps keys of several callers apart", async () => {
  const { runs } = await workerProject();
  const submission = { requestedBy: "tess", idempotencyKey: "order 7" };
  const first = await submitRun(runs, toRequest("print:1"), submission);
  await expect(submitRun(runs, toRequest("print:2"), submission)).rejects.toMatchObject({
    code: "HEX_KEY_REUSED",
  });
  const other = await submitRun(runs, toRequest("print:2"), { ...submission, requestedBy: "ada" });
  expect(other).toMatchObject({ isKnown: false });
  expect(other.runId).not.toBe(first.runId);
});

it("takes the same request for the same, whatever the order of its inputs", async () => {
  const { runs } = await workerProject();
  const submission = { requestedBy: "tess", idempotencyKey: "order 7" };
  const inputs = (["act", "beat"] as const).map(
    (name) => [name, { value: name, form: "json", place: name }] as const,
  );
  const one = await submitRun(runs, { ...toRequest(""), inputs: new Map(inputs) }, submission);
  const reversed = new Map(inputs.toReversed());
  const two = await submitRun(runs, { ...toRequest(""), inputs: reversed }, submission);
  expect(two).toEqual({ runId: one.runId, isKnown: true });
});

it("keeps a record whole though a secret has the value of a word in it", async () => {
  const config = { secrets: ["WORD"] };
  const files = { ".env": "WORD=queued" };
  const { runs, submit } = await workerProject({ config, files });
  const runId = await submit("say queued");
  expect(await runs.history.read(runId)).toMatchObject({
    state: "queued",
    inputs: { act: "say [SECRET]" },
  });
});

it("keeps what a run is asked to do otherwise, and takes that for another request", async () => {
  const { runs } = await workerProject();
  const submission = { requestedBy: "tess", idempotencyKey: "order 7" };
  const wishes = { compute: "changed", overwrite: ["planets"] } as const;
  const { runId } = await submitRun(runs, { ...toRequest("print"), ...wishes }, submission);
  expect(await runs.history.read(runId)).toMatchObject({ ...wishes, acceptSchema: false });
  await expect(submitRun(runs, toRequest("print"), submission)).rejects.toMatchObject({
    code: "HEX_KEY_REUSED",
  });
});

it("refuses a key whose claim something has damaged, rather than run twice for it", async () => {
  const { runs } = await workerProject();
  const submission = { requestedBy: "tess", idempotencyKey: "order 7" };
  await submitRun(runs, toRequest("print"), submission);
  const claims: string[] = [];
  for await (const { key } of runs.store.list(KEYS_PREFIX)) claims.push(key);
  for (const text of ["", "null", "{", "[]", '{"runId":"../x","request":"y"}']) {
    for (const key of claims) await runs.store.write(key, new TextEncoder().encode(text));
    await expect(submitRun(runs, toRequest("print"), submission)).rejects.toMatchObject({
      code: "HEX_KEY_REUSED",
      message: expect.stringContaining("got one of which the store does not tell"),
    });
  }
  expect((await runs.history.list({ limit: 10 })).runs).toHaveLength(1);
});
