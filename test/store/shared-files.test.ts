import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { frame } from "../../src/frame/rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { MANIFEST_KEY, RUNS_PREFIX } from "../../src/store/key.ts";
import { type Publication, publish } from "../../src/store/publication.ts";
import { assertFree, claimPlaces } from "../../src/store/shared-files.ts";
import type { Store } from "../../src/store/store.ts";
import { openVersion } from "../../src/store/version.ts";
import { rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";
import { createBucket, openServer } from "./server-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const planets = frame([{ name: "Earth", mass: 1 }]);
const FOREIGN = "name,mass\nMars,0.1\n";

type Conditions = Publication["conditions"];

interface Place {
  readonly name: string;
  readonly conditions: Conditions;
  readonly open: () => Promise<Store>;
}

const places: readonly Place[] = [
  { name: "memory", conditions: "required", open: async () => new MemoryStore() },
  {
    name: "memory without conditions",
    conditions: "unavailable",
    open: async () => new MemoryStore(),
  },
  {
    name: "a directory",
    conditions: "required",
    open: async () => new DirectoryStore(await temporaryFolder()),
  },
  ...inject("s3Servers").map(
    (server): Place => ({
      name: server.name,
      conditions: server.conditionalWrites ? "required" : "unavailable",
      open: async () => {
        const bucket = `claims-${randomUUID()}`;
        await createBucket(server, bucket);
        return openServer(server, { bucket, prefix: "app" });
      },
    }),
  ),
];

async function put(store: Store, text: string, key = "planets.csv") {
  await store.write(key, new TextEncoder().encode(text));
}

async function textAt(store: Store, key: string) {
  return new TextDecoder().decode((await store.read(key))?.body);
}

describe.each(places)("a CSV of somebody else in $name", ({ conditions, open }) => {
  it("is not overwritten, and nothing is published", async () => {
    const store = await open();
    await put(store, FOREIGN);
    const publishing = publish(store, publication({ planets, stars: planets }, { conditions }));
    await expect(publishing).rejects.toMatchObject({
      code: "HEX_NAME_TAKEN",
      message:
        `Expected \`planets.csv\` in ${store.location} to be absent, since the CSV of frame ` +
        "planets goes there, got a file that no run has published (allow that it is replaced by " +
        "`hex run --overwrite planets`, or move the file)",
    });
    expect(await textAt(store, "planets.csv")).toBe(FOREIGN);
    expect(await store.read(MANIFEST_KEY)).toBeUndefined();
    for await (const { key } of store.list(RUNS_PREFIX)) throw new Error(`${key} is left`);
  });

  it("is replaced where that is allowed, and then is ours", async () => {
    const store = await open();
    await put(store, FOREIGN);
    const more = { conditions, overwrite: ["planets"] };
    expect(await publish(store, publication({ planets }, more))).toBe(1);
    expect(await textAt(store, "planets.csv")).toBe('"name","mass"\n"Earth",1\n');
    // Whatever others put there from now on was warned.
    await put(store, FOREIGN);
    expect(await publish(store, publication({ planets }, { conditions }))).toBe(2);
    expect(await textAt(store, "planets.csv")).toBe('"name","mass"\n"Earth",1\n');
  });

  it("is not overwritten when it is empty either", async () => {
    const store = await open();
    await put(store, "");
    const looking = assertFree(store, { name: "planets", format: "csv" }, {});
    await expect(looking).rejects.toMatchObject({ code: "HEX_NAME_TAKEN" });
    const publishing = publish(store, publication({ planets }, { conditions }));
    await expect(publishing).rejects.toMatchObject({ code: "HEX_NAME_TAKEN" });
  });

  it("is read as long as nothing is published", async () => {
    const store = await open();
    await put(store, FOREIGN);
    await expect(publish(store, publication({ planets }, { conditions }))).rejects.toThrow();
    const read = await (await openVersion(store)).readFrame("planets");
    expect([read?.source, read?.frame.at("name", 0)]).toEqual(["other-tool", "Mars"]);
  });
});

const conditional = places.filter(({ conditions }) => conditions === "required");

describe.each(conditional)("a name that a run has claimed in $name", ({ open }) => {
  it("can be taken by the next run when that one died, whatever its columns are", async () => {
    const store = await open();
    await claimPlaces(store, [{ name: "planets", format: "csv", frame: planets }]);
    expect(await textAt(store, "planets.csv")).toBe('"name","mass"\n');
    const other = frame([{ radius: 2 }]);
    expect(await publish(store, publication({ planets: other }))).toBe(1);
    expect(await textAt(store, "planets.csv")).toBe('"radius"\n2\n');
  });

  it("holds nothing for readers until it is published", async () => {
    const store = await open();
    await claimPlaces(store, [{ name: "planets", format: "csv", frame: planets }]);
    expect(await (await openVersion(store)).readFrame("planets")).toBeUndefined();
  });

  it("is no longer ours when somebody else has written there meanwhile", async () => {
    const store = await open();
    await claimPlaces(store, [{ name: "planets", format: "csv", frame: planets }]);
    await put(store, FOREIGN);
    const publishing = publish(store, publication({ planets }));
    await expect(publishing).rejects.toMatchObject({ code: "HEX_NAME_TAKEN" });
  });

  it("is claimed by several runs at once, of which each publishes", async () => {
    const store = await open();
    const more = { sleep: undefined };
    const numbers = await Promise.all(
      [1, 2, 3, 4].map((n) => publish(store, publication({ planets: frame([{ n }]) }, more))),
    );
    expect(numbers.sort()).toEqual([1, 2, 3, 4]);
  });
});

it("a claim whose answer is lost is found again, and the publication goes on", async () => {
  const store = new MemoryStore();
  const write = store.write.bind(store);
  const lost = new Set<string>();
  store.write = async (key, body, options) => {
    const result = await write(key, body, options);
    if (!key.endsWith(".csv") || key.startsWith(RUNS_PREFIX) || lost.has(key)) return result;
    lost.add(key);
    throw new HexError("HEX_STORE_UNAVAILABLE", "the answer is lost");
  };
  expect(await publish(store, publication({ planets }))).toBe(1);
  expect([...lost]).toEqual([".hex/shared/planets.csv", "planets.csv"]);
});

it("a store that refuses a claim again and again is told as one that keeps no conditions", async () => {
  const store = new MemoryStore();
  const write = store.write.bind(store);
  store.write = async (key, body, options) =>
    options?.condition === undefined
      ? write(key, body, options)
      : { status: "conflict", reason: "undecided" };
  await expect(publish(store, publication({ planets }))).rejects.toMatchObject({
    code: "HEX_STORE_UNAVAILABLE",
    message: expect.stringContaining("ready to write under a condition that holds"),
  });
});

it("a copy that was left where a version gave up the name is ours by its content", async () => {
  const store = new MemoryStore();
  await publish(store, publication({ planets }));
  await publish(store, publication({ planets, stars: planets }));
  const copy = await textAt(store, "stars.csv");
  await rollback(store, 1);
  await put(store, copy, "stars.csv");
  expect(await publish(store, publication({ stars: planets }))).toBe(4);
});

it("going back to a version does not overwrite what somebody else has put in a free place", async () => {
  const store = new MemoryStore();
  await publish(store, publication({ planets }));
  await publish(store, publication({ stars: planets }));
  await rollback(store, 1);
  await put(store, FOREIGN, "stars.csv");
  await expect(rollback(store, 2)).rejects.toMatchObject({ code: "HEX_NAME_TAKEN" });
  expect(await textAt(store, "stars.csv")).toBe(FOREIGN);
});

describe.each(places)("an Arrow file of another tool in $name", ({ open, conditions }) => {
  it("is not overwritten unless that is asked for", async () => {
    const store = await open();
    await put(store, "theirs", "planets.arrow");
    const looking = assertFree(store, { name: "planets", format: "arrow" }, {});
    await expect(looking).rejects.toMatchObject({ code: "HEX_NAME_TAKEN" });
    const publishing = publish(store, publication({ planets }, { conditions }));
    await expect(publishing).rejects.toThrow(
      "absent, since the Arrow file of frame planets goes there",
    );
    expect(await textAt(store, "planets.arrow")).toBe("theirs");
    await publish(store, publication({ planets }, { conditions, overwrite: ["planets"] }));
    expect((await textAt(store, "planets.arrow")).slice(0, 6)).toBe("ARROW1");
  });
});

it("a version from before Arrow files were put beside the CSV leaves that place alone", async () => {
  const store = new MemoryStore();
  await publish(store, publication({ planets }));
  await withoutShared(store);
  await put(store, "theirs", "planets.arrow");
  const publishing = publish(store, publication({ planets }));
  await expect(publishing).rejects.toMatchObject({ code: "HEX_NAME_TAKEN" });
  await store.delete("planets.arrow");
  expect(await publish(store, publication({ planets }))).toBe(2);
  expect((await textAt(store, "planets.arrow")).slice(0, 6)).toBe("ARROW1");
  // Going back to it takes the newer file away, since there is none of its own.
  expect(await rollback(store, 1)).toBe(3);
  expect(await store.find("planets.arrow")).toBeUndefined();
});

/** The manifest as it was written before. */
async function withoutShared(store: MemoryStore): Promise<void> {
  const text = await textAt(store, MANIFEST_KEY);
  const without = text.replace(/,?\s*"shared":\s*\[[^\]]*\]/g, "");
  await put(store, without, MANIFEST_KEY);
}
