import { describe, expect, it } from "vitest";
import { KeptFiles, SharedFiles } from "../../src/kernel/shared-files.ts";
import type { FromThread } from "../../src/kernel/thread-messages.ts";
import type { Store } from "../../src/store/store.ts";

const KEY = ".hex/runs/1-1/sales.arrow";
const BODY = new Uint8Array(2 ** 19).map((_, at) => at % 251);

/** Threads over one store, of which each says what it does to one main thread. */
function openThreads(reads: string[]) {
  const kept = new KeptFiles();
  const store = {
    location: "here",
    read: async (key: string) => {
      reads.push(`whole ${key}`);
      return { body: BODY, etag: "1" };
    },
    find: async (key: string) => ({ key, sizeBytes: BODY.length, modifiedAt: new Date(), tag: "" }),
    async *readBlocks({ key }: { readonly key: string }) {
      reads.push(`blocks ${key}`);
      yield BODY.subarray(0, 1_000);
      yield BODY.subarray(1_000);
    },
  } as unknown as Store;
  const open = (thread: number) => {
    const files: SharedFiles = new SharedFiles((message) => hear(files, thread, message));
    return files.share(store);
  };
  const hear = (files: SharedFiles, thread: number, message: FromThread) => {
    if (message.type === "file-read") kept.add(message.key, message.bytes, thread);
    if (message.type !== "file-wanted") return;
    const { id, key } = message;
    setImmediate(() => files.hear({ type: "file-found", id, bytes: kept.find(key, thread) }));
  };
  return { open, kept };
}

async function readBody(store: Store, key = KEY, limitBytes = BODY.length) {
  const read = await store.read(key, { limitBytes });
  if (read === undefined) throw new Error("Expected the object that is there, got none");
  return read.body;
}

describe("threads of one process", () => {
  it("have the bytes of a large Arrow file once, and read it anew when they ask again", async () => {
    const reads: string[] = [];
    const { open } = openThreads(reads);
    const [first, second] = [open(1), open(2)];
    const one = await readBody(first);
    const other = await readBody(second);
    expect(Buffer.compare(other, BODY)).toBe(0);
    expect(other.buffer).toBe(one.buffer);
    expect(reads).toEqual([`blocks ${KEY}`]);
    expect((await readBody(second)).buffer).not.toBe(one.buffer);
    expect(reads).toEqual([`blocks ${KEY}`, `whole ${KEY}`]);
  });

  it("read by themselves what is small, no Arrow file, or of another size than was told", async () => {
    const reads: string[] = [];
    const store = openThreads(reads).open(1);
    await readBody(store, "outputs.json");
    await readBody(store, KEY, 1_000);
    await readBody(store, KEY, BODY.length + 1);
    expect(reads).toEqual(["whole outputs.json", `whole ${KEY}`, `whole ${KEY}`]);
  });

  it("let go of a file when none of them is there any more that uses it", async () => {
    const { open, kept } = openThreads([]);
    await readBody(open(1));
    await readBody(open(2));
    kept.leaveAll(1);
    expect(kept.find(KEY, 2)).toBeDefined();
    kept.leave(KEY, 2);
    expect(kept.find(KEY, 3)).toBeUndefined();
  });
});
