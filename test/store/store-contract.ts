import { access, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FoundObject, Store } from "../../src/store/store.ts";
import { increment } from "./programs/increment-object.ts";

/** What a store can do besides the plain contract. */
export interface StoreFacts {
  /** why the cases of conditional writes are left out; `undefined` runs them */
  readonly withoutConditions?: string | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What no store has found. */
const NOWHERE: FoundObject = { key: "a", sizeBytes: 1, modifiedAt: new Date(0), tag: "" };

/** The behaviour that every store shares; `open` gives an empty one. */
export function testStore(name: string, open: () => Promise<Store>, facts: StoreFacts): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    testObjects(() => store);
    testFiles(() => store);
    testBlocks(() => store);
    testCopies(() => store);
    testKeys(() => store);
    testListing(() => store);
    testWaits(() => store);
    const why = facts.withoutConditions;
    if (why === undefined) testConditions(() => store);
    else it.skip(`conditional writes: ${why}`);
  });
}

function testObjects(store: () => Store): void {
  it("gives back the bytes that were written, with the same etag", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const written = await store().write("a/b.csv", body, { contentType: "text/csv" });
    const read = await store().read("a/b.csv");
    expect(new Uint8Array(read?.body ?? [])).toEqual(body);
    expect(written).toEqual({ status: "written", etag: read?.etag });
  });

  it("gives undefined for a key that is not there", async () => {
    await store().write("a/b.csv", encoder.encode("1"));
    expect(await store().read("a/c.csv")).toBeUndefined();
    expect(await store().read("a")).toBeUndefined();
    expect(await store().read("x/y/z")).toBeUndefined();
  });

  it("replaces an object, and its etag with it", async () => {
    await store().write("a", encoder.encode("a longer first text"));
    const first = await store().read("a");
    await store().write("a", encoder.encode("second"));
    const second = await store().read("a");
    expect(decoder.decode(second?.body)).toBe("second");
    expect(second?.etag).not.toBe(first?.etag);
  });

  it("keeps an empty object and one of 8 MB", async () => {
    const big = new Uint8Array(8 * 1024 * 1024).map((_, index) => index % 251);
    await store().write("empty", new Uint8Array());
    await store().write("big", big);
    expect((await store().read("empty"))?.body.length).toBe(0);
    expect(Buffer.compare((await store().read("big"))?.body ?? new Uint8Array(), big)).toBe(0);
  });

  it("deletes an object, and does nothing where there is none", async () => {
    await store().write("a/b", encoder.encode("1"));
    await store().delete("a/b");
    await store().delete("a/b");
    await store().delete("never/was/there");
    expect(await store().read("a/b")).toBeUndefined();
  });

  it("shows a reader whole objects only while another writes", async () => {
    const bodies = Array.from({ length: 30 }, (_, index) => new Uint8Array(300_000).fill(index));
    await store().write("a", new Uint8Array(300_000));
    let isWriting = true;
    const writer = (async () => {
      for (const body of bodies) await store().write("a", body);
      isWriting = false;
    })();
    while (isWriting) {
      const { body } = (await store().read("a")) ?? { body: new Uint8Array() };
      expect([body.length, new Set(body).size]).toEqual([300_000, 1]);
    }
    await writer;
  });
}

function testFiles(store: () => Store): void {
  const body = new Uint8Array(5_000_000).map((_, index) => index % 251);

  it("writes an object from a file, which is gone afterwards, over the one that is there", async () => {
    await store().write("a/b.csv", encoder.encode("older"));
    let filledPath = "";
    const filled = await store().writeFile(
      "a/b.csv",
      async (path) => {
        filledPath = path;
        await writeFile(path, body);
        return "what fill gives";
      },
      { contentType: "text/csv" },
    );
    expect(filled).toBe("what fill gives");
    await expect(access(filledPath)).rejects.toMatchObject({ code: "ENOENT" });
    expect(Buffer.compare((await store().read("a/b.csv"))?.body ?? new Uint8Array(), body)).toBe(0);
    expect((await toArray(store().list(""))).map(({ key }) => key)).toEqual(["a/b.csv"]);
  });

  it("writes an empty file", async () => {
    await store().writeFile("empty", (path) => writeFile(path, ""));
    expect((await store().read("empty"))?.body.length).toBe(0);
  });

  it("leaves the older object where the file cannot be filled, and no file either", async () => {
    await store().write("a", encoder.encode("older"));
    let filledPath = "";
    const filling = store().writeFile("a", async (path) => {
      filledPath = path;
      await writeFile(path, "half");
      throw new Error("the frame cannot be written");
    });
    await expect(filling).rejects.toThrow("the frame cannot be written");
    await expect(access(filledPath)).rejects.toMatchObject({ code: "ENOENT" });
    expect(decoder.decode((await store().read("a"))?.body)).toBe("older");
    expect(await toArray(store().list(""))).toHaveLength(1);
  });

  it.each(["../a", "a/", ""])("refuses a file for %j before it asks for it", async (key) => {
    const refusal = { code: "HEX_KEY_INVALID" };
    const never = () => Promise.reject(new Error("asked"));
    await expect(store().writeFile(key, never)).rejects.toMatchObject(refusal);
  });

  it("throws the reason of a signal, and does not write the file", async () => {
    await store().write("a", encoder.encode("older"));
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("the run was cancelled");
    const writing = store().writeFile(
      "a",
      async (path) => {
        await writeFile(path, body);
        controller.abort(reason);
      },
      { signal },
    );
    await expect(writing).rejects.toBe(reason);
    expect(decoder.decode((await store().read("a"))?.body)).toBe("older");
  });
}

function testBlocks(store: () => Store): void {
  const body = new Uint8Array(5_000_000).map((_, index) => index % 251);

  it("finds an object with its size, its time and a name of its content", async () => {
    await store().write("raw/x.csv", body);
    const found = await store().find("raw/x.csv");
    expect(found).toMatchObject({ key: "raw/x.csv", sizeBytes: body.length });
    expect(Math.abs((found?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await store().find("raw/x.csv")).toEqual(found);
    await store().write("raw/x.csv", encoder.encode("another"));
    expect((await store().find("raw/x.csv"))?.tag).not.toBe(found?.tag);
  });

  it("tells at once the name of a content that it would find, or leaves it to be found", async () => {
    await store().write("raw/x.csv", encoder.encode("a"));
    const peek = (key: string) => store().peekTag?.(key);
    const found = await store().find("raw/x.csv");
    expect([undefined, found?.tag]).toContain(peek("raw/x.csv"));
    expect([peek("raw/y.csv"), peek("raw"), peek("raw/x.csv/z")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("finds nothing for a key that is not there", async () => {
    await store().write("a/b.csv", encoder.encode("1"));
    expect(await store().find("a/c.csv")).toBeUndefined();
    expect(await store().find("a")).toBeUndefined();
    expect(await store().find("x/y/z")).toBeUndefined();
  });

  it("reads an object in blocks, as often as it is asked to", async () => {
    await store().write("raw/x.csv", body);
    await store().write("raw/empty.csv", new Uint8Array());
    for (const expected of [body, body, new Uint8Array()]) {
      const key = expected.length === 0 ? "raw/empty.csv" : "raw/x.csv";
      const found = await mustFind(store(), key);
      const blocks = await toArray(store().readBlocks(found));
      expect(Buffer.compare(Buffer.concat(blocks), expected)).toBe(0);
    }
  });

  it("reads no other content than was found", async () => {
    await store().write("raw/x.csv", body);
    const found = await mustFind(store(), "raw/x.csv");
    await store().write("raw/x.csv", body.toReversed());
    await expect(toArray(store().readBlocks(found))).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringMatching(/^Expected `raw\/x.csv` in the store .* to be the same while/),
    });
    await store().delete("raw/x.csv");
    await expect(toArray(store().readBlocks(found))).rejects.toThrow("replaced or removed");
  });

  it("lets go of what is left before its end, however often", async () => {
    await store().write("raw/x.csv", body);
    const found = await mustFind(store(), "raw/x.csv");
    // More than there may be connections at once.
    for (let time = 0; time < 60; time++) {
      for await (const block of store().readBlocks(found)) {
        expect(block.length).toBeGreaterThan(0);
        break;
      }
    }
    expect(Buffer.concat(await toArray(store().readBlocks(found))).length).toBe(body.length);
  });

  it("gives up a reading that is aborted on the way, with the reason of the signal", async () => {
    await store().write("raw/x.csv", body);
    const found = await mustFind(store(), "raw/x.csv");
    const controller = new AbortController();
    const reason = new Error("the run was cancelled");
    const reading = async () => {
      const { signal } = controller;
      for await (const _ of store().readBlocks(found, { signal })) controller.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
  });
}

export async function mustFind(store: Store, key: string) {
  const found = await store.find(key);
  if (found === undefined) throw new Error(`nothing is at ${key}`);
  return found;
}

function testCopies(store: () => Store): void {
  it("copies an object over another one, which then stands on its own", async () => {
    const body = new Uint8Array(3_000_000).map((_, index) => index % 251);
    await store().write("runs/a-1/b_c.csv", body, { contentType: "text/csv" });
    await store().write("b.csv", encoder.encode("older"));
    expect(await store().copy("runs/a-1/b_c.csv", "b.csv")).toBe(true);
    await store().delete("runs/a-1/b_c.csv");
    const copied = (await store().read("b.csv"))?.body ?? new Uint8Array();
    expect(Buffer.compare(copied, body)).toBe(0);
    expect((await toArray(store().list(""))).map(({ key }) => key)).toEqual(["b.csv"]);
  });

  it("copies nothing where there is nothing, and leaves what is there", async () => {
    await store().write("b", encoder.encode("older"));
    expect(await store().copy("a", "b")).toBe(false);
    expect(await store().copy("x/y", "b")).toBe(false);
    expect(decoder.decode((await store().read("b"))?.body)).toBe("older");
  });

  it.each(["../a", "a/", ""])("refuses to copy from or to %j", async (key) => {
    await store().write("b", encoder.encode("older"));
    const refusal = { code: "HEX_KEY_INVALID" };
    await expect(store().copy(key, "c")).rejects.toMatchObject(refusal);
    await expect(store().copy("b", key)).rejects.toMatchObject(refusal);
  });

  it("refuses to read more bytes than asked for", async () => {
    await store().write("a", encoder.encode("12345678"));
    expect((await store().read("a", { limitBytes: 8 }))?.body.length).toBe(8);
    await expect(store().read("a", { limitBytes: 7 })).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: `Expected \`a\` in the store ${store().location} to be of at most 7 bytes, got 8`,
    });
  });
}

function testKeys(store: () => Store): void {
  const odd = ["-", "_", "A.b-C_d", "--help", "x..y", `${"n".repeat(200)}.schema.json`];
  it.each([...odd, ".hex/manifest.json", "a/b/c/d/e/f/g"])("takes the odd key %s", async (key) => {
    await store().write(key, encoder.encode(key));
    expect(decoder.decode((await store().read(key))?.body)).toBe(key);
    expect((await toArray(store().list(""))).map((info) => info.key)).toEqual([key]);
  });

  const wrong = ["", "/a", "a/", "a//b", "..", "../a", "a/../b", "./a", "a.", "a b", "a\\b", "C:a"];
  it.each([...wrong, "a\0", "a\n", "é", "%2e%2e/a", ".hex-tmp-a", "too-long-".repeat(100)])(
    "refuses the key %.20s",
    async (key) => {
      const refusal = { code: "HEX_KEY_INVALID" };
      await expect(store().read(key)).rejects.toMatchObject(refusal);
      await expect(store().write(key, encoder.encode("1"))).rejects.toMatchObject(refusal);
      await expect(store().delete(key)).rejects.toMatchObject(refusal);
      await expect(store().find(key)).rejects.toMatchObject(refusal);
      const reading = toArray(store().readBlocks({ ...NOWHERE, key }));
      await expect(reading).rejects.toMatchObject(refusal);
    },
  );
}

function testListing(store: () => Store): void {
  it("lists what lies below a folder, over several pages, with sizes and times", async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `runs/${index % 3}/${index}.csv`);
    await Promise.all(keys.map((key) => store().write(key, encoder.encode(key))));
    await store().write("runs-beside/1.csv", encoder.encode("1"));
    const infos = await toArray(store().list("runs/"));
    expect(infos.map(({ key }) => key).sort()).toEqual([...keys].sort());
    for (const { key, sizeBytes, modifiedAt } of infos) {
      expect(sizeBytes).toBe(key.length);
      expect(modifiedAt.getTime()).toBeGreaterThan(Date.UTC(2020));
    }
  });

  it("lists everything, and nothing for a folder that is not there", async () => {
    await store().write("a", encoder.encode("1"));
    await store().write("b/c", encoder.encode("1"));
    const keys = (await toArray(store().list(""))).map(({ key }) => key).sort();
    expect(keys).toEqual(["a", "b/c"]);
    expect(await toArray(store().list("z/"))).toEqual([]);
    expect(await toArray(store().list("a/"))).toEqual([]);
  });

  it("lists the folders directly below a folder, over several pages, and nothing else", async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `days/${index}/run/record.json`);
    await Promise.all(keys.map((key) => store().write(key, encoder.encode(key))));
    for (const key of ["days/a", "days-beside/b", "c"])
      await store().write(key, encoder.encode(key));
    const names = (await toArray(store().listFolders("days/"))).map(({ name }) => name);
    expect(names.sort()).toEqual(keys.map((_, index) => `${index}`).sort());
    const top = (await toArray(store().listFolders(""))).map(({ name }) => name);
    expect(top.sort()).toEqual(["days", "days-beside"]);
    expect(await toArray(store().listFolders("z/"))).toEqual([]);
    await expect(toArray(store().listFolders("days"))).rejects.toMatchObject({
      code: "HEX_KEY_INVALID",
    });
  });

  it.each(["a", "/", "../", "a//"])("refuses to list the prefix %j", async (prefix) => {
    const listing = toArray(store().list(prefix));
    await expect(listing).rejects.toMatchObject({ code: "HEX_KEY_INVALID" });
  });
}

function testWaits(store: () => Store): void {
  it("throws the reason of a signal that is already aborted, and writes nothing", async () => {
    const reason = new Error("the run was cancelled");
    const options = { signal: AbortSignal.abort(reason) };
    await expect(store().read("a", options)).rejects.toBe(reason);
    await expect(store().write("a", encoder.encode("1"), options)).rejects.toBe(reason);
    await expect(store().delete("a", options)).rejects.toBe(reason);
    await expect(store().copy("a", "b", options)).rejects.toBe(reason);
    await expect(toArray(store().list("", options))).rejects.toBe(reason);
    await expect(store().find("a", options)).rejects.toBe(reason);
    await expect(toArray(store().readBlocks(NOWHERE, options))).rejects.toBe(reason);
    expect(await store().read("a")).toBeUndefined();
  });

  it("gives up a write that is aborted on the way, and leaves the older object whole", async () => {
    await store().write("a", encoder.encode("older"));
    const controller = new AbortController();
    const writing = store().write("a", new Uint8Array(8_000_000), { signal: controller.signal });
    const reason = new Error("the run was cancelled");
    controller.abort(reason);
    await expect(writing).rejects.toBe(reason);
    expect(decoder.decode((await store().read("a"))?.body)).toBe("older");
    expect(await toArray(store().list(""))).toHaveLength(1);
  });
}

function testConditions(store: () => Store): void {
  it("lets exactly one of 16 callers create an object", async () => {
    const callers = Array.from({ length: 16 }, (_, index) => `caller ${index}`);
    const results = await Promise.all(callers.map((caller) => create(store(), "a", caller)));
    const winners = callers.filter((_, index) => results[index]?.status === "written");
    expect(winners).toEqual([decoder.decode((await store().read("a"))?.body)]);
  });

  it("replaces only the content that the etag names", async () => {
    const first = await create(store(), "a", "first");
    const etag = first.status === "written" ? first.etag : "";
    const second = await replace(store(), "a", "second", etag);
    expect(second.status).toBe("written");
    const third = await replace(store(), "a", "third", etag);
    expect(third).toEqual({ status: "conflict", reason: "changed" });
    expect(decoder.decode((await store().read("a"))?.body)).toBe("second");
  });

  it("tells a conflict for an object that is gone, and does not create it", async () => {
    const { etag } = { etag: "", ...(await create(store(), "a", "first")) };
    await store().delete("a");
    const second = await replace(store(), "a", "second", etag);
    expect(second).toMatchObject({ status: "conflict" });
    // S3 servers may say 404 or 412.
    expect(["missing", "changed"]).toContain("reason" in second && second.reason);
    expect(await store().read("a")).toBeUndefined();
  });

  it("loses none of 12 parallel increments", async () => {
    await create(store(), "count", "0 start");
    await Promise.all(Array.from({ length: 12 }, () => increment(store(), "count")));
    expect(decoder.decode((await store().read("count"))?.body)).toMatch(/^12 /);
  });
}

function create(store: Store, key: string, text: string) {
  return store.write(key, encoder.encode(text), { condition: { ifNoneMatch: "*" } });
}

function replace(store: Store, key: string, text: string, etag: string) {
  return store.write(key, encoder.encode(text), { condition: { ifMatch: etag } });
}

export async function toArray<T>(each: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of each) found.push(one);
  return found;
}
