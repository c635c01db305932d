import { expect, test } from "vitest";
import { toRedactor } from "../../src/run/redact/redactor.ts";
import { toLog } from "../../src/server/request-log.ts";

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
