import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { changeDocument, createDocument } from "../../src/store/change-document.ts";
import { countSchema, DocumentKind } from "../../src/store/document.ts";
import { MemoryStore } from "../fakes/memory-store.ts";

const counters = new DocumentKind({
  schema: v.object({ format: v.literal(1, "1"), value: countSchema, writer: v.string("a name") }),
  format: 1,
  cure: "remove it",
  check: ({ value }) => (value === 13 ? { expected: "lucky", got: "13" } : undefined),
});
const place = { key: "counter.json", location: "memory:test" };
type Counter = ReturnType<typeof parse>;
const quick = { sleep: async () => {} };
const by = (writer: string, value = 1) => ({ format: 1 as const, value, writer });
const isBy = (writer: string) => (found: Counter) => found.writer === writer;
const parse = (text: string) => counters.parse(new TextEncoder().encode(text), place);

describe("a document", () => {
  it.each([
    ["is no JSON", "{", "`counter.json` in memory:test to be JSON in UTF-8, got something else"],
    [
      "lacks a key",
      '{"format":1,"value":1}',
      "`writer` of `counter.json` in memory:test to be there",
    ],
    [
      "has another type",
      '{"format":1,"value":"1","writer":"a"}',
      'to be a number, got "1" (remove it)',
    ],
    ["breaks a rule", '{"format":1,"value":13,"writer":"a"}', "to be lucky, got 13 (remove it)"],
    ["is of a newer format", '{"format":2}', "format 2, written by a newer hex-runtime (upgrade"],
  ])("that %s is refused in words", (_, text, words) => {
    expect(() => parse(text)).toThrow(words);
  });

  it("that is none is undefined where that is no failure", () => {
    expect(counters.tryParse(new TextEncoder().encode("[]"))).toBeUndefined();
  });

  it("is created once, and later callers get it", async () => {
    const document = counters.at(new MemoryStore(), place.key);
    const create = (writer: string) =>
      createDocument(document, by(writer), { isIn: isBy(writer) }, quick);
    expect(await create("a")).toEqual({ status: "changed", value: by("a") });
    expect(await create("b")).toEqual({ status: "unchanged", value: by("a") });
  });

  it("is known as created by us when the answer was lost", async () => {
    const store = new MemoryStore();
    loseAnswers(store, 1);
    const created = createDocument(
      counters.at(store, place.key),
      by("a"),
      { isIn: isBy("a") },
      quick,
    );
    expect(await created).toEqual({ status: "changed", value: by("a") });
  });

  it("is changed anew upon the one of another who was faster", async () => {
    const document = counters.at(new MemoryStore(), place.key);
    await document.write(by("a"));
    let isFirst = true;
    const read = async () => {
      const stored = await document.read();
      if (isFirst) await document.write(by("b", 5));
      isFirst = false;
      return stored;
    };
    const build = (current: Counter | undefined) => by("c", (current?.value ?? 0) + 1);
    const change = { build, isIn: isBy("c") };
    const changed = await changeDocument({ ...document, read }, change, quick);
    expect(changed).toEqual({ status: "changed", value: by("c", 6) });
  });

  it("is said to be unknown when no answer ever comes", async () => {
    const store = new MemoryStore();
    store.write = async () => {
      throw new Error("reset");
    };
    const created = createDocument(
      counters.at(store, place.key),
      by("a"),
      { isIn: isBy("a") },
      quick,
    );
    await expect(created).rejects.toThrow("either written or refused, got no answer (reset)");
  });

  it("is written without conditions once the store is found to keep none", async () => {
    const store = new MemoryStore();
    const write = store.write.bind(store);
    store.write = async (key, body, options) =>
      options?.condition ? { status: "conflict" } : write(key, body, options);
    const findConditions = async () => "unavailable" as const;
    const created = await createDocument(
      counters.at(store, place.key),
      by("a"),
      { isIn: isBy("a") },
      { ...quick, findConditions },
    );
    expect(created.status).toBe("changed");
  });
});

/** Lets writes take place whose answers never come. */
function loseAnswers(store: MemoryStore, times: number): void {
  const write = store.write.bind(store);
  let left = times;
  store.write = async (key, body, options) => {
    const result = await write(key, body, options);
    if (left-- > 0) throw new Error("reset");
    return result;
  };
}
