import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { publish } from "../../src/store/publication.ts";
import type { Store } from "../../src/store/store.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import { publication } from "./published-frames.ts";
import { createBucket, openServer } from "./server-store.ts";

const WRITERS = 8;
const GENERATIONS = 40;

const servers = inject("s3Servers").filter(({ conditionalWrites }) => conditionalWrites);

describe.each(servers)("8 writers on $name", (server) => {
  it(`get ${GENERATIONS} numbers, each one of them, and lose no version`, async () => {
    const bucket = `race-${randomUUID()}`;
    await createBucket(server, bucket);
    const stores = Array.from({ length: WRITERS }, () =>
      openServer(server, { bucket, prefix: "app" }),
    );
    const told = new Map<number, string>();
    await Promise.all(stores.map((store) => publishUntil(store, told)));
    const numbers = [...told.keys()].sort((one, other) => one - other);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const [store] = stores;
    const versions = store === undefined ? [] : await listVersions(store);
    expect(new Map(versions.map(({ generation, runId }) => [generation, runId]))).toEqual(told);
    const version = store && (await openVersion(store));
    const read = await version?.readFrame("planets");
    expect(read?.frame.at("run", 0)).toBe(told.get(numbers.length));
    console.log(`${WRITERS} writers on ${server.name}: ${numbers.length} versions`);
    await Promise.all(stores.map((one) => one.close()));
  });
});

async function publishUntil(store: Store, told: Map<number, string>): Promise<void> {
  for (let number = 0; number < GENERATIONS; ) {
    const runId = randomUUID();
    const content = frame([{ run: runId }]);
    const real = { sleep: undefined, keepVersions: 1000 };
    number = await publish(store, publication({ planets: content }, { runId, ...real }));
    told.set(number, runId);
  }
}

if (servers.length === 0) it.skip("8 writers: no server keeps the conditions of writes", () => {});
