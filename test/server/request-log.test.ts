import { expect, test } from "vitest";
import { toRedactor } from "../../src/run/redact/redactor.ts";
import { StandardError, toLog } from "../../src/server/request-log.ts";

function logged(message: string): string {
  const lines: string[] = [];
  const log = toLog(toRedactor({ KEY: "s3cret/value" }).redact, (line) => lines.push(line));
  log({ level: "info", event: "said", message });
  return lines.join("");
}

test("an entry is one line of JSON, whatever stands in it", () => {
  const line = logged('two\nlines\r\u2028 "quoted" \u001b[31mred \u202eturned \u009bcode');
  expect(line.split("\n")).toHaveLength(2);
  expect(line).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(line)).toMatchObject({ level: "info", event: "said" });
});

test("what is very long is cut", () => {
  expect(logged("x".repeat(10_000_000)).length).toBeLessThan(5_000);
});

test.each([
  ["a secret", "s3cret/value"],
  ["a secret in an address", "s3cret%2Fvalue"],
  ["a secret in base64", Buffer.from("s3cret/value").toString("base64")],
  ["a token", `hxtw_${"a1".repeat(48)}`],
  ["a token in an address", `hxtw%5F${"a1".repeat(48)}`],
  ["credentials", "Bearer abc.def-ghi"],
])("%s does not stand in it", (_what, text) => {
  expect(logged(`before ${text} after`)).not.toContain(text);
});

test("lines about requests are written together, any other at once and after those before it", async () => {
  const written: string[] = [];
  let onWritten: () => void = () => undefined;
  const next = () => new Promise<void>((resolve) => (onWritten = resolve));
  const { write } = new StandardError((lines) => {
    written.push(lines);
    onWritten();
  });
  write("1\n", { level: "info", event: "request" });
  write("2\n", { level: "info", event: "request" });
  expect(written).toEqual([]);
  write("3\n", { level: "warn", event: "store-away" });
  expect(written).toEqual(["1\n2\n3\n"]);
  write("4\n", { level: "info", event: "request" });
  await next();
  expect(written).toEqual(["1\n2\n3\n", "4\n"]);
});
