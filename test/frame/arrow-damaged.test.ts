import fc from "fast-check";
import { expect, test } from "vitest";
import { frameFromArrow, frameToArrow } from "../../src/frame/arrow.ts";
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
function open(bytes: Uint8Array, schema: Schema = written.schema): string {
  try {
    return `${frameFromArrow(bytes, schema).rows().length} rows`;
  } catch (error) {
    expect(error).toMatchObject({ name: "HexError", code: "HEX_DATA_INVALID" });
    return "refused";
  }
}

test("refuses bytes that are cut off anywhere before their end", () => {
  const ends = Array.from({ length: WHOLE.length }, (_, end) => end);
  expect(ends.filter((end) => open(WHOLE.slice(0, end)) !== "refused")).toEqual([]);
});

test.each([
  ["every type", WHOLE, written],
  ["texts", WHOLE_TEXTS, texts],
])("opens or refuses %s with bits flipped, and comes to an end", (_, whole, { schema }) => {
  const place = fc.nat({ max: whole.length - 1 });
  const flips = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  const property = fc.property(flips, (changes) => {
    const bytes = whole.slice();
    for (const [at, bits] of changes) bytes[at] = (bytes[at] ?? 0) ^ bits;
    open(bytes, schema);
  });
  fc.assert(property, { numRuns: HOSTILE_CASES });
});

test("opens or refuses lengths and offsets that are huge or negative, wherever they stand", () => {
  for (const number of [-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 30]) {
    for (let at = 0; at + 4 <= WHOLE.length; at += 4) {
      const bytes = WHOLE.slice();
      new DataView(bytes.buffer).setInt32(at, number, true);
      open(bytes);
    }
  }
});

test("refuses or opens random bytes after a start that is right", () => {
  const property = fc.property(
    fc.nat({ max: WHOLE.length }),
    fc.uint8Array({ maxLength: 400 }),
    (kept, bytes) => {
      open(Uint8Array.from([...WHOLE.subarray(0, kept), ...bytes]));
    },
  );
  fc.assert(property, { numRuns: HOSTILE_CASES });
});

test.each([
  ["a CSV", '"a","b"\n1,"x"\n'],
  ["a PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
  ["Parquet", "PAR1\0\0\0\0PAR1"],
  ["the first bytes of an Arrow file", "ARROW1\0\0"],
  ["nothing", ""],
])("refuses %s", (_, text) => {
  expect(open(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))).toBe("refused");
});

test("reads nothing that lies beside the bytes in the same memory", () => {
  const around = new Uint8Array(WHOLE.length * 2).fill(65);
  around.set(WHOLE);
  for (let at = 0; at + 8 <= WHOLE.length; at += 8) {
    const bytes = around.slice().subarray(0, WHOLE.length);
    new DataView(bytes.buffer).setBigInt64(at, BigInt(WHOLE.length), true);
    open(bytes);
  }
});
