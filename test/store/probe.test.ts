import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { probeStore } from "../../src/store/probe.ts";
import type { ProbeNotes, Store, WriteOptions } from "../../src/store/store.ts";
import { FaultyStore } from "../fakes/faulty-store.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { startLosingRelay } from "../servers/cutting-relay.ts";
import { type BucketKind, createBucket, openServer } from "./server-store.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 100);
const GOOD = { conditionalWrites: true, faults: [] };
const sleep = async () => undefined;

describe("probeStore", () => {
  it("finds no fault with a directory, and leaves nothing there", async () => {
    const store = new DirectoryStore(await temporaryFolder());
    expect(await probeStore(store)).toEqual(GOOD);
    expect(await toArray(store.list(""))).toEqual([]);
  });

  it("finds a store that ignores conditions", async () => {
    const memory = new MemoryStore();
    const store = over(memory, { write: (key, body) => memory.write(key, body) });
    expect(await probeStore(store)).toEqual({
      conditionalWrites: false,
      faults: [
        "it lets several writers at once create one object",
        "it lets several writers at once replace one object in spite of If-Match",
        "it overwrites an object in spite of If-None-Match: *",
        "it overwrites an object in spite of an older If-Match",
      ],
    });
    expect(await toArray(memory.list(""))).toEqual([]);
  });

  it("finds a store that refuses every If-Match, and has seen it twice", async () => {
    const { store, keys } = counting(refusingIfMatch(new MemoryStore()));
    expect((await probeStore(store)).faults).toEqual([
      "it refuses an If-Match that holds: refused",
    ]);
    expect(keys.size).toBe(2);
  });

  it("finds a server that says it knows no conditions", async () => {
    const told = serviceFailure("NotImplemented", 501);
    const store = over(new MemoryStore(), {
      write: async () => {
        throw told;
      },
    });
    expect((await probeStore(store)).faults).toEqual([
      `it refuses to create an object if there is none: ${told.message}`,
    ]);
  });

  it.each([
    ["create", "it lets several writers at once create one object", "ifNoneMatch"],
    [
      "replace",
      "it lets several writers at once replace one object in spite of If-Match",
      "ifMatch",
    ],
  ])("finds that writers who meet can each %s one object", async (_, fault, forgotten) => {
    const { faults } = await probeStore(forgettingMeetings(new MemoryStore(), forgotten));
    expect(faults).toEqual([fault]);
  });

  it("names versioning and its cure when only writes that meet go wrong", async () => {
    const memory = new MemoryStore();
    const findVersioning = async () => ({ text: "the bucket keeps versions", cure: "use another" });
    const meeting = over(forgettingMeetings(memory, "ifNoneMatch"), { findVersioning });
    expect(await probeStore(meeting)).toEqual({
      conditionalWrites: false,
      faults: ["it lets several writers at once create one object", "the bucket keeps versions"],
      cure: "use another",
    });
    const refusing = await probeStore(over(refusingIfMatch(memory), { findVersioning }));
    expect(refusing.faults).toHaveLength(1);
  });

  it("does not ask a store that does right whether it keeps versions", async () => {
    const findVersioning = () => expect.fail("asked");
    expect(await probeStore(over(new MemoryStore(), { findVersioning }))).toEqual(GOOD);
  });

  it(`never takes lost, late, repeated and undecided answers for its nature, over ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const faulty = new FaultyStore(new MemoryStore(), {
        random: seededRandom(seed),
        percent: () => (seed % 2 === 0 ? 10 : 25),
      });
      expect(await probeStore(faulty, { sleep }).catch(toOutcome), `seed ${seed}`).toEqual(GOOD);
    }
  });

  it("says that it could not be tried out, and why, when no answer comes", async () => {
    const store = over(new MemoryStore(), {
      write: async () => {
        throw new HexError("HEX_STORE_UNAVAILABLE", "Expected the server to answer, got 503");
      },
    });
    await expect(probeStore(store, { sleep })).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message:
        "Expected the store memory:test to be ready to be tried out for its write conditions, before anything is " +
        "published, got trouble on the way: it could not be tried out in 6 rounds, the last of which said: " +
        "Expected the server to answer, got 503 (try again; nothing is known against the store itself)",
    });
  });

  it("passes on what is no failure of the store", async () => {
    const bug = new Error("a bug");
    const store = over(new MemoryStore(), { write: () => Promise.reject(bug) });
    await expect(probeStore(store)).rejects.toBe(bug);
  });

  it("ends with the signal", async () => {
    const reason = new HexError("HEX_CANCELLED", "enough");
    const probing = probeStore(new MemoryStore(), { signal: AbortSignal.abort(reason) });
    await expect(probing).rejects.toBe(reason);
  });
});

describe("what a probe has found", () => {
  it("is known for ten minutes when it is good", async () => {
    const { store, keys } = counting(new MemoryStore());
    for (const [minute, rounds] of [
      [0, 3],
      [9.9, 3],
      [10, 6],
    ] as const) {
      expect(await probeStore(store, { now: () => minute * 60_000 })).toEqual(GOOD);
      expect(keys.size).toBe(rounds);
    }
  });

  it("is known for a minute when it is bad, so that whoever mends it need not wait", async () => {
    const { store, keys } = counting(forgettingMeetings(new MemoryStore(), "ifMatch"));
    for (const [second, rounds] of [
      [0, 1],
      [59, 1],
      [60, 2],
    ] as const) {
      const { conditionalWrites } = await probeStore(store, { now: () => second * 1000 });
      expect([conditionalWrites, keys.size]).toEqual([false, rounds]);
    }
  });

  it("is noted for other processes: a good store is not asked, one that was bad is asked longer", async () => {
    const noted = { found: "good" as "good" | "bad" };
    const probeNotes: ProbeNotes = {
      read: async () => noted.found,
      note: async (found) => {
        noted.found = found;
      },
    };
    const asked = async () => {
      const { store, keys } = counting(new MemoryStore());
      await probeStore(over(store, { probeNotes }));
      return keys.size;
    };
    expect(await asked()).toBe(0);
    noted.found = "bad";
    expect(await asked()).toBe(10);
    expect(noted.found).toBe("good");
    // Nothing is noted of it that would spare it the next probe.
    noted.found = "bad";
    await probeStore(over(forgettingMeetings(new MemoryStore(), "ifMatch"), { probeNotes }));
    expect(noted.found).toBe("bad");
  });
});

describe.each(inject("s3Servers"))("probeStore on $name", (server) => {
  const open = async (kind?: BucketKind, endpoint = server.endpoint) => {
    const bucket = `probe-${randomUUID()}`;
    await createBucket(server, bucket, kind);
    return openServer({ ...server, endpoint }, { bucket, prefix: "app" });
  };

  it(`finds that it ${server.conditionalWrites ? "keeps" : "breaks"} conditions`, async () => {
    const store = await open();
    const { conditionalWrites, faults } = await probeStore(store);
    expect(conditionalWrites).toBe(server.conditionalWrites);
    expect(faults.length > 0).toBe(!server.conditionalWrites);
    expect(await toArray(store.list(""))).toEqual([]);
    await store.close();
  });

  it.skipIf(!server.name.startsWith("radosgw-20")).each([
    ["versioned", "keeps versions (versioning is enabled)", "or suspend it there"],
    ["locked", "has object lock", "use a bucket without object lock"],
  ] as const)("finds and names that a %s bucket breaks them when writers meet", async (...row) => {
    const [kind, reason, cure] = row;
    const store = await open(kind);
    const probe = await probeStore(store);
    expect(probe.faults[0]).toContain("it lets several writers at once");
    expect(probe.faults.at(-1)).toContain(reason);
    expect(probe.cure).toContain(cure);
    expect(await toArray(store.list(""))).toEqual([]);
    await store.close();
  });

  it.runIf(server.conditionalWrites)(
    "finds nothing wrong where versioning is suspended",
    async () => {
      const store = await open("suspended");
      expect(await probeStore(store)).toEqual(GOOD);
      await store.close();
    },
  );

  it.runIf(server.conditionalWrites)("takes no answer that is lost for its nature", async () => {
    const relay = await startLosingRelay(server.endpoint, 10);
    const store = await open(undefined, `http://127.0.0.1:${relay.port}`);
    for (let minute = 0; minute < 100 && relay.lost() < 10; minute += 10) {
      expect(await probeStore(store, { now: () => minute * 60_000 })).toEqual(GOOD);
    }
    expect(relay.lost()).toBeGreaterThan(0);
    await store.close();
  });
});

/** A store over another one, with some of its methods replaced. */
function over(store: Store, replaced: Partial<Store>): Store {
  return new Proxy<Store>(store, {
    get: (_, name) => {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name);
      const value: unknown = Reflect.get(store, name);
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}

/** Counts the objects that are written to, one a round. */
function counting(store: Store): { readonly store: Store; readonly keys: ReadonlySet<string> } {
  const keys = new Set<string>();
  const write: Store["write"] = (key, body, options) => {
    keys.add(key);
    return store.write(key, body, options);
  };
  return { store: over(store, { write }), keys };
}

function refusingIfMatch(store: Store): Store {
  return over(store, {
    write: async (key, body, options) => {
      if (options?.condition && "ifMatch" in options.condition) return { status: "conflict" };
      return store.write(key, body, options);
    },
  });
}

/** Looks first and writes later, as servers do that forget a condition when writers meet. */
function forgettingMeetings(store: Store, forgotten: string): Store {
  const holds = async (key: string, condition: NonNullable<WriteOptions["condition"]>) => {
    const etag = (await store.read(key))?.etag;
    return "ifMatch" in condition ? etag === condition.ifMatch : etag === undefined;
  };
  return over(store, {
    write: async (key, body, options = {}) => {
      const { condition } = options;
      if (condition === undefined || !(forgotten in condition)) {
        return store.write(key, body, options);
      }
      if (!(await holds(key, condition))) return { status: "conflict", reason: "changed" };
      await new Promise(setImmediate);
      return store.write(key, body);
    },
  });
}

function serviceFailure(name: string, status: number): HexError {
  const cause = Object.assign(new Error("refused"), {
    name,
    $fault: "server",
    $metadata: { httpStatusCode: status },
  });
  return new HexError("HEX_STORE_UNAVAILABLE", `Expected an answer, got ${status} ${name}`, {
    cause,
  });
}

function toOutcome(error: unknown): unknown {
  return error;
}
