import { describe, expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { frame } from "../../src/frame/rows.ts";
import { sealManifest } from "../../src/store/manifest/swap-manifest.ts";
import { publish, type StagedFrame } from "../../src/store/publication.ts";
import type { Store, WriteOptions, WriteResult } from "../../src/store/store.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";
import { toArray } from "./store-contract.ts";

const MANIFEST = ".hex/manifest.json";
const planets = frame([{ name: "Earth" }]);
const failure = new Error("the reply was lost");

describe("a write of the manifest that fails", () => {
  it("has won when its commit is found", async () => {
    const store = new MemoryStore();
    onManifestWrite(store, async (write) => {
      await write();
      throw failure;
    });
    expect(await publish(store, publication({ planets }))).toBe(1);
    expect(await listVersions(store)).toHaveLength(1);
  });

  it("has won when its commit is found below that of another", async () => {
    const store = new MemoryStore();
    onManifestWrite(store, async (write) => {
      await write();
      await publish(store, publication({ stars: planets }));
      throw failure;
    });
    expect(await publish(store, publication({ planets }))).toBe(1);
    expect(await listVersions(store)).toHaveLength(2);
  });

  it("has won when something in between repeated it, which then met a conflict", async () => {
    const store = new MemoryStore();
    onManifestWrite(store, async (write) => {
      await write();
      return write();
    });
    expect(await publish(store, publication({ planets }))).toBe(1);
  });

  it("is built anew upon the version of another that came first", async () => {
    const store = new MemoryStore();
    onManifestWrite(store, async () => {
      await publish(store, publication({ stars: planets }));
      throw failure;
    });
    expect(await publish(store, publication({ planets }))).toBe(2);
    const version = await openVersion(store);
    expect([...version.frames().keys()].sort()).toEqual(["planets", "stars"]);
  });

  it("is tried again after a conflict that decided nothing", async () => {
    const store = new MemoryStore();
    onManifestWrite(store, async () => ({ status: "conflict", reason: "undecided" }));
    expect(await publish(store, publication({ planets }))).toBe(1);
  });
});

describe("a publication whose outcome is unknown", () => {
  const sentence =
    "Expected version 1 in memory:test to be either published or refused, got no answer (the reply was lost): " +
    "the state of version 1 is unknown (nothing was deleted; `hex versions` tells once the store answers)";

  it("says so, and keeps every object", async () => {
    const store = new MemoryStore();
    onManifestWrite(store, async () => {
      store.read = async () => {
        throw failure;
      };
      throw failure;
    });
    await expect(publish(store, publication({ planets }))).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message: sentence,
      cause: failure,
    });
    expect(await toArray(store.list(".hex/runs/"))).toHaveLength(3);
  });

  it("is unknown too when it is interrupted while a write may still arrive", async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    onManifestWrite(store, async () => {
      controller.abort(new Error("enough"));
      throw failure;
    });
    const { signal } = controller;
    await expect(publish(store, publication({ planets }, { signal }))).rejects.toThrow(sentence);
  });

  it("is none once it is interrupted before a write, or after one that was refused", async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    onManifestWrite(store, async () => {
      controller.abort(new Error("enough"));
      return { status: "conflict", reason: "undecided" };
    });
    const { signal } = controller;
    await expect(publish(store, publication({ planets }, { signal }))).rejects.toThrow("enough");
    expect(await openVersion(store)).toMatchObject({ number: null });
  });

  it("is published, although it is interrupted while it is written", async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    onManifestWrite(store, async (write) => {
      controller.abort(new Error("enough"));
      return write();
    });
    const { signal } = controller;
    expect(await publish(store, publication({ planets }, { signal }))).toBe(1);
  });
});

describe("a manifest that others meddle with", () => {
  it("raises an alarm when it vanishes", async () => {
    const store = await storeWith(2);
    onManifestWrite(store, async (write) => {
      await store.delete(MANIFEST);
      return write();
    });
    await expect(publish(store, publication({ planets }))).rejects.toMatchObject({
      code: "HEX_STORE_DAMAGED",
      message:
        "Expected `.hex/manifest.json` in memory:test to be replaced by newer ones only, got no manifest any more " +
        "(it was removed or put back by something else, or the store ignores conditions of writes)",
    });
    // Nobody knows what it will point at when it is put back.
    expect(await toArray(store.list(".hex/runs/"))).toHaveLength(9);
  });

  it("raises an alarm when an older one is put back", async () => {
    const store = await storeWith(1);
    const older = await store.read(MANIFEST);
    await publish(store, publication({ planets }));
    onManifestWrite(store, async (write) => {
      await store.write(MANIFEST, older?.body ?? new Uint8Array());
      return write();
    });
    const publishing = publish(store, publication({ planets }));
    await expect(publishing).rejects.toThrow("got an older one than before");
  });

  it("tells of a store that refuses conditions that hold", async () => {
    const store = await storeWith(1);
    onManifestWrite(store, async () => ({ status: "conflict" }), Number.POSITIVE_INFINITY);
    await expect(publish(store, publication({ planets }))).rejects.toThrow(
      "Expected the store memory:test to be ready to write under a condition that holds, got a refusal",
    );
  });

  it("gives up when others always come first", async () => {
    const store = await storeWith(1);
    let others = 0;
    const overtake = async (write: () => Promise<WriteResult>) => {
      if (++others % 2 === 1) await publish(store, publication({ stars: planets }));
      return write();
    };
    onManifestWrite(store, overtake, Number.POSITIVE_INFINITY);
    await expect(publish(store, publication({ planets }))).rejects.toThrow(
      /free to be replaced within 200 tries, got another writer each time/,
    );
  });
});

describe("the fence", () => {
  it("can be raised before anything is published, by whoever goes past another run", async () => {
    const store = await storeWith(0);
    await sealManifest(store, { fence: 3 });
    expect(await openVersion(store)).toMatchObject({ number: null, fence: 3 });
    const late = publication({ planets }, { runId: "late", fence: 2 });
    await expect(publish(store, late)).rejects.toThrow(
      "got 2: another run took over the lease, which has not published yet (nothing of it was",
    );
    expect(await publish(store, publication({ planets }, { fence: 3 }))).toBe(1);
  });

  it("meets a publication that is on its way when it is raised", async () => {
    const store = await storeWith(1);
    const raiseFirst = async (write: () => Promise<WriteResult>) => {
      await sealManifest(store, { fence: 9 });
      return write();
    };
    onManifestWrite(store, raiseFirst, 1);
    const late = publication({ planets }, { runId: "late", fence: 8 });
    await expect(publish(store, late)).rejects.toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
    expect((await openVersion(store)).number).toBe(1);
  });

  it("keeps out one run that others went past, whatever fence it comes under, and no other", async () => {
    const store = await storeWith(1);
    await sealManifest(store, { runId: "silent" });
    await sealManifest(store, { runId: "silent" });
    const silent = publication({ planets }, { runId: "silent", fence: 99 });
    await expect(publish(store, silent)).rejects.toThrow(
      "Expected run silent to be heard of while it went, got silence for so long that others went past it",
    );
    expect(await publish(store, publication({ planets }, { fence: 1 }))).toBe(2);
    await expect(publish(store, silent)).rejects.toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
  });

  it("is raised once although the answer is lost, and fails where the store is gone", async () => {
    const store = await storeWith(1);
    onManifestWrite(
      store,
      async (write) => {
        await write();
        throw new HexError("HEX_STORE_UNAVAILABLE", "the reply was lost");
      },
      1,
    );
    const quick = { sleep: async () => {} };
    await sealManifest(store, { fence: 4, ...quick });
    expect((await openVersion(store)).fence).toBe(4);
    onManifestWrite(
      store,
      async () => {
        throw new HexError("HEX_STORE_UNAVAILABLE", "gone");
      },
      Number.POSITIVE_INFINITY,
    );
    await expect(sealManifest(store, { fence: 5, ...quick })).rejects.toThrow("gone");
  });

  it("lets nobody publish below the highest one, and leaves nothing of who tried", async () => {
    const store = await storeWith(1);
    await publish(store, publication({ planets }, { fence: 5 }));
    await publish(store, publication({ planets }, { fence: 5 }));
    await publish(store, publication({ planets }, { publishedBy: "ada@home:7" }));
    expect((await openVersion(store)).fence).toBe(5);
    const before = await toArray(store.list(""));
    const late = publication({ planets }, { runId: "late", fence: 4 });
    await expect(publish(store, late)).rejects.toMatchObject({
      code: "HEX_RUN_SUPERSEDED",
      message:
        "Expected run late to be under a fence of at least 5, got 4: another run took over the lease, and " +
        "the newest version is 4, by ada@home:7 (nothing of it was published: use the newest " +
        "version, or run again)",
    });
    expect(await toArray(store.list(""))).toEqual(before);
  });

  it("removes what was staged when it is overtaken on the way", async () => {
    const store = await storeWith(1);
    onManifestWrite(store, async (write) => {
      await publish(store, publication({ planets }, { runId: "new", fence: 5 }));
      return write();
    });
    const publishing = publish(store, publication({ planets }, { runId: "late", fence: 4 }));
    await expect(publishing).rejects.toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
    const runs = (await toArray(store.list(".hex/runs/"))).map(({ key }) => key.split("/")[2]);
    expect(new Set(runs)).toEqual(new Set(["run1-1", "new-1"]));
  });

  it("removes what was staged when the lease turns out to be lost meanwhile", async () => {
    const store = await storeWith(1);
    const lost = new AbortController();
    const late = publication({ planets, stars: planets }, { runId: "late", signal: lost.signal });
    const frames = [...late.frames].map(([name, staged]): [string, StagedFrame] => [
      name,
      {
        ...staged,
        // Looked at when it is the frame's turn: the files of the one before are written by then.
        get readers() {
          if (name === "stars") lost.abort(new HexError("HEX_RUN_SUPERSEDED", "the lease is lost"));
          return undefined;
        },
      },
    ]);
    const publishing = publish(store, { ...late, frames: new Map(frames) });
    await expect(publishing).rejects.toThrow("the lease is lost");
    const runs = (await toArray(store.list(".hex/runs/"))).map(({ key }) => key.split("/")[2]);
    expect(new Set(runs)).toEqual(new Set(["run1-1"]));
  });

  it("is not needed for a run to be published only once, by whichever attempt", async () => {
    const store = await storeWith(1);
    for (const attempt of [1, 2]) {
      const again = publish(store, publication({ planets }, { runId: "run1", attempt }));
      await expect(again).rejects.toThrow("got version 1, which attempt 1 has published");
    }
    expect((await (await openVersion(store)).readFrame("planets"))?.source).toBe("version");
  });
});

describe("a store without conditions", () => {
  it("is written to plainly, and looked at again", async () => {
    const store = await storeWith(1);
    const asked: (WriteOptions["condition"] | undefined)[] = [];
    onManifestWrite(store, (write, options) => {
      asked.push(options?.condition);
      return write();
    });
    expect(await publish(store, publication({ planets }, { conditions: "unavailable" }))).toBe(2);
    expect(asked).toEqual([undefined]);
  });

  it("makes a writer try again that was overwritten at the same moment", async () => {
    const store = await storeWith(1);
    const conditions = "unavailable";
    const more = { runId: "other", conditions } as const;
    const others = await new Promise<Store>((resolve) => {
      const other = copyOf(store);
      void publish(other, publication({ stars: planets }, more)).then(() => resolve(other));
    });
    onManifestWrite(store, async (write) => {
      const result = await write();
      for await (const { key } of others.list(".hex/")) {
        await store.write(key, (await others.read(key))?.body ?? new Uint8Array());
      }
      return result;
    });
    expect(await publish(store, publication({ planets }, { runId: "own", conditions }))).toBe(3);
    const runs = (await listVersions(store)).map(({ runId }) => runId);
    expect(runs).toEqual(["own", "other", "run1"]);
  });
});

/** A store with so many versions, by runs named `run1` and on. */
async function storeWith(versions: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (let version = 1; version <= versions; version++) {
    await publish(store, publication({ planets }, { runId: `run${version}` }));
  }
  return store;
}

type Meddle = (
  write: () => Promise<WriteResult>,
  options: WriteOptions | undefined,
) => Promise<WriteResult>;

/** Puts something in the way of the next writes of the manifest. */
function onManifestWrite(store: MemoryStore, meddle: Meddle, times = 1): void {
  const write = store.write.bind(store);
  let left = times;
  store.write = (key, body, options) => {
    if (key !== MANIFEST || left-- <= 0) return write(key, body, options);
    return meddle(() => write(key, body, options), options);
  };
}

function copyOf(store: MemoryStore): MemoryStore {
  const copy = new MemoryStore();
  for (const [key, object] of store.objects) copy.objects.set(key, object);
  return copy;
}
