import fc from "fast-check";
import { expect, test } from "vitest";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import { frameToArrow } from "../../src/frame/arrow/arrow-write.ts";
import { frame } from "../../src/frame/rows.ts";
import type { Schema } from "../../src/frame/schema.ts";
import { everyTypeFrame } from "./every-type.ts";

const HOSTILE_CASES = 1_000;
const written = everyTypeFrame();
const WHOLE = frameToArrow(written);
/** Texts that are not kept as codes. */
const texts = frame(Array.from({ length: 200 }, (_, n) => ({ text: `text ${n}` })));
const WHOLE_TEXTS = frameToArrow(texts);

/** Opens bytes and looks at every value. What else than an expected error comes out, fails. */
async function open(bytes: Uint8Array, schema: Schema = written.schema): Promise<string> {
  try {
    return `${(await openOwnArrow(bytes, schema)).rows().length} rows`;
  } catch (error) {
    expect(error).toMatchObject({ name: "HexError", code: "HEX_DATA_INVALID" });
    return "refused";
  }
}

test("refuses bytes that are cut off anywhere before their end", async () => {
  const outcomes = new Set<string>();
  for (let end = 0; end < WHOLE.length; end++) outcomes.add(await open(WHOLE.slice(0, end)));
  expect([...outcomes]).toEqual(["refused"]);
});

test.each([
  ["every type", WHOLE, written],
  ["texts", WHOLE_TEXTS, texts],
])("opens or refuses %s with bits flipped, and comes to an end", async (_, whole, { schema }) => {
  const place = fc.nat({ max: whole.length - 1 });
  const flips = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  const property = fc.asyncProperty(flips, async (changes) => {
    const bytes = whole.slice();
    for (const [at, bits] of changes) bytes[at] = (bytes[at] ?? 0) ^ bits;
    await open(bytes, schema);
  });
  await fc.assert(property, { numRuns: HOSTILE_CASES });
});

test("opens or refuses lengths and offsets that are huge or negative, wherever they stand", async () => {
  for (const number of [-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 30]) {
    for (let at = 0; at + 4 <= WHOLE.length; at += 4) {
      const bytes = WHOLE.slice();
      new DataView(bytes.buffer).setInt32(at, number, true);
      await open(bytes);
    }
  }
});

test("refuses or opens random bytes after a start that is right", async () => {
  const property = fc.asyncProperty(
    fc.nat({ max: WHOLE.length }),
    fc.uint8Array({ maxLength: 400 }),
    async (kept, bytes) => {
      await open(Uint8Array.from([...WHOLE.subarray(0, kept), ...bytes]));
    },
  );
  await fc.assert(property, { numRuns: HOSTILE_CASES });
});

test.each([
  ["a CSV", '"a","b"\n1,"x"\n'],
  ["a PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
  ["Parquet", "PAR1\0\0\0\0PAR1"],
  ["the first bytes of an Arrow file", "ARROW1\0\0"],
  ["nothing", ""],
])("refuses %s", async (_, text) => {
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  expect(await open(bytes)).toBe("refused");
});

test("reads nothing that lies beside the bytes in the same memory", async () => {
  const around = new Uint8Array(WHOLE.length * 2).fill(65);
  around.set(WHOLE);
  for (let at = 0; at + 8 <= WHOLE.length; at += 8) {
    const bytes = around.slice().subarray(0, WHOLE.length);
    new DataView(bytes.buffer).setBigInt64(at, BigInt(WHOLE.length), true);
    await open(bytes);
  }
});
