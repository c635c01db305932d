import fc from "fast-check";
import { expect, it } from "vitest";
import { openUnreadArrow } from "../../src/frame/arrow/arrow-unread.ts";
import { arrowBlocks } from "../../src/frame/arrow/arrow-write.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { joinBytes } from "../../src/frame/join-bytes.ts";
import { frame } from "../../src/frame/rows.ts";
import { anyFrame } from "./any-frame.ts";
import { assertSameFrame } from "./assert-frame.ts";

it("a frame whose columns are read when they are needed is the frame that was written", () => {
  fc.assert(
    fc.property(anyFrame, (written) => {
      assertSameFrame(open(written), written);
      const isSame = Buffer.compare(toArrow(open(written)), toArrow(written));
      expect(isSame).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it("gives a few rows as the whole frame has them, in any order", () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(), fc.nat(), (written, one, other) => {
      const [start = 0, end = 0] = [one, other].map((at) => at % (written.numRows + 1)).sort();
      assertSameFrame(open(written).slice(start, end), written.slice(start, end));
      const [first] = written.columnNames;
      const sorted = (each: Frame) => each.orderby(first ?? "").head(5);
      assertSameFrame(sorted(open(written)), sorted(written));
    }),
    { numRuns: 200 },
  );
});

it("reads no column that no function reads", () => {
  const written = frame(
    Array.from({ length: 1000 }, (_, id) => ({ id, city: `c${id % 7}`, note: `note ${id}` })),
  );
  const bytes = toArrow(written);
  let readBytes = 0;
  const counted = {
    length: bytes.length,
    subarray(start?: number, end?: number) {
      const part = bytes.slice(start, end);
      readBytes += part.length;
      return part;
    },
  };
  const opened = openUnreadArrow(counted, written.schema, never);
  const found = opened?.filter((row) => row["city"] === "c3");
  expect(found?.numRows).toBe(143);
  // The codes of one column, its texts and what tells where all of them are.
  expect(readBytes).toBeLessThan(bytes.length / 3);
  expect(found?.head(2).rows()).toEqual(written.slice(3, 4).concat(written.slice(10, 11)).rows());
});

it("takes columns that cannot be read from elsewhere, which is asked once", () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(), (written, at) => {
      const bytes = toArrow(written);
      let isHarmed = false;
      const harmed = {
        length: bytes.length,
        subarray(start = 0, end = bytes.length) {
          const place = at % bytes.length;
          if (isHarmed && start <= place && place < end) throw new RangeError("harmed");
          return bytes.slice(start, end);
        },
      };
      let asked = 0;
      const rescue = () => {
        asked++;
        return written;
      };
      const opened = openUnreadArrow(harmed, written.schema, rescue);
      isHarmed = true;
      if (opened === undefined) throw new Error("It is laid out as it is written");
      expect(Buffer.compare(frameToCsv(opened), frameToCsv(written))).toBe(0);
      expect(opened.filter(() => true).rows()).toEqual(written.rows());
      expect(asked).toBeLessThanOrEqual(1);
    }),
    { numRuns: 200 },
  );
});

function open(written: Frame): Frame {
  const opened = openUnreadArrow(toArrow(written), written.schema, never);
  if (opened === undefined) throw new Error("It is laid out as it is written");
  return opened;
}

function toArrow(written: Frame): Uint8Array {
  return joinBytes(arrowBlocks(written, "file"));
}

function never(cause: unknown): never {
  throw cause;
}
