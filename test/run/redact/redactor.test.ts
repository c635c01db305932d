import { describe, expect, it } from "vitest";
import type { FrameOutput } from "../../../src/run/cell-output.ts";
import { toRedactor } from "../../../src/run/redact/redactor.ts";

const CANARY = "canary/7f+3a=9c&sings-over-hills";
const PEM = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
Qw==
-----END PRIVATE KEY-----
`;

const toBase64 = (text: string) => Buffer.from(text).toString("base64");
const toHex = (text: string) => Buffer.from(text).toString("hex");

describe("forms of a secret", () => {
  const { redact } = toRedactor({ CANARY });

  it.each([
    ["as it is", CANARY],
    ["in a URL", encodeURIComponent(CANARY)],
    [
      "in a URL with small letters",
      encodeURIComponent(CANARY).replace(/%../g, (each) => each.toLowerCase()),
    ],
    ["in a form", new URLSearchParams({ a: CANARY }).toString()],
    ["in base64", toBase64(CANARY)],
    ["in base64 without padding", toBase64(CANARY).replace(/=+$/, "")],
    ["in base64url", Buffer.from(CANARY).toString("base64url")],
    ["in a Basic header, after 1 byte", toBase64(`:${CANARY}@host`)],
    ["in a Basic header, after 2 bytes", toBase64(`u:${CANARY}@host`)],
    ["in a Basic header, after 3 bytes", toBase64(`us:${CANARY}@host`)],
    ["in hex", toHex(CANARY)],
    ["in hex with capitals", toHex(CANARY).toUpperCase()],
    ["as bytes that Node prints", String(toHex(CANARY).match(/../g)?.join(" "))],
    [
      "in base64 of 64 signs a line",
      toBase64(`user:${CANARY.repeat(3)}`).replace(/.{64}/g, "$&\n"),
    ],
    ["in base64 of 76 signs a line", toBase64(`u:${CANARY.repeat(3)}`).replace(/.{76}/g, "$&\r\n")],
    ["in base64 of base64", toBase64(toBase64(CANARY))],
    ["in base64 of a Basic header", toBase64(`Basic ${toBase64(`user:${CANARY}`)}`)],
    ["in base64 in a URL", encodeURIComponent(toBase64(`u:${CANARY}`))],
    ["in a URL in a URL", encodeURIComponent(encodeURIComponent(CANARY))],
    ["in hex of base64", toHex(toBase64(CANARY))],
    ["in base64 of hex", toBase64(toHex(CANARY))],
  ])("are found %s", (_, text) => {
    const told = redact(`before ${text} after`, "text");
    expect(told).toMatch(/^before .*\[SECRET\].* after$/s);
    expect(piecesOf(text, told)).toEqual([]);
  });

  it("are found as JSON inside JSON", () => {
    const secret = 'say "canary" \\ sing\tloud';
    const told = toRedactor({ secret }).redact(JSON.stringify(JSON.stringify([secret])), "text");
    expect(told).not.toContain("canary");
  });

  it("leave nothing of their encoding behind", () => {
    expect(redact(`${toBase64(CANARY)} ${toHex(CANARY)} ${CANARY}`, "text")).toBe(
      "[SECRET] [SECRET] [SECRET]",
    );
  });

  it("are found in a secret that holds another one, to its end", () => {
    const both = toRedactor({ KEY: "pa$$/w ord", LONGER: "pa$$/w order" });
    expect(both.redact("pa$$/w order, pa$$/w ord", "text")).toBe("[SECRET], [SECRET]");
  });

  it("are found where they overlap or repeat themselves", () => {
    const secret = `${"ab".repeat(40)}c`;
    const told = toRedactor({ secret }).redact(`${"ab".repeat(500)}c`, "text");
    expect(told).toBe(`${"ab".repeat(460)}[SECRET]`);
  });

  it("are not found in texts without them", () => {
    const text = "GET https://example.com/api?page=2 took 31 ms: canary, sings over hills";
    expect(redact(text, "text")).toBe(text);
  });
});

/** The pieces of eight signs inside a text that another one still shows. */
function piecesOf(text: string, told: string): string[] {
  const inner = text.slice(24, -12);
  const pieces = Array.from({ length: inner.length - 7 }, (_, at) => inner.slice(at, at + 8));
  return pieces.filter((each) => told.includes(each));
}

describe("secrets of several lines", () => {
  const redactor = toRedactor({ PEM });

  it("are found whole", () => {
    expect(redactor.redact(`key:\n${PEM}`, "text")).toBe("key:\n[SECRET]\n");
  });

  it("are found line by line, in one run of lines", () => {
    const redactLine = redactor.openLines();
    const told = PEM.trim()
      .split("\n")
      .map((line) => redactLine("stdout", line));
    expect(told).toEqual(Array(5).fill("[SECRET]"));
  });

  it("are found where something stands before each line", () => {
    const redactLine = redactor.openLines();
    const told = PEM.trim()
      .split("\n")
      .map((line) => redactLine("stdout", `key> ${line}`));
    expect(told.slice(1, 3)).toEqual(["key> [SECRET]", "key> [SECRET]"]);
    expect(told.at(-1)).toBe("key> -----END PRIVATE KEY-----");
  });

  it("are found with their line breaks written out", () => {
    const told = redactor.redact(JSON.stringify({ key: PEM }), "text");
    expect(told).toBe('{"key":"[SECRET]"}');
  });

  it("are found in base64 that is logged line by line, the short last line too", () => {
    const redactLine = redactor.openLines();
    const lines = toBase64(PEM).match(/.{1,60}/g) ?? [];
    const told = lines.map((line) => redactLine("stdout", line));
    expect(told).toEqual(lines.map(() => "[SECRET]"));
  });

  it("are kept apart by where they come from", () => {
    const redactLine = redactor.openLines();
    redactLine("stdout", PEM.slice(0, 100));
    expect(redactLine("stderr", "Qw==")).toBe("Qw==");
  });
});

describe("a text that was cut", () => {
  it("does not end with the beginning of a secret", () => {
    const { redact } = toRedactor({ CANARY });
    expect(redact(`at ${CANARY.slice(0, 20)}`, "text")).toBe("at [SECRET]");
    expect(redact(`at ${CANARY.slice(0, 20)} and on`, "text")).not.toContain("[SECRET]");
  });

  it("does not hold a part of a token", () => {
    const token = "sk-Zx81hQ0aPq72LmN5vRt9KcYw3BdE6fGj";
    const { redact } = toRedactor({ token });
    expect(redact(`at ${token.slice(6, 24)} …`, "text")).toBe("at [SECRET] …");
  });
});

describe("structure", () => {
  const secrets = { REGION: "sales", YEAR: "2026", FLAG: "true", CANARY };
  const { redact, spare, findSecret, findCommon } = toRedactor(secrets);
  const columns = [
    { name: "sales", type: "string" },
    { name: "day", type: "date" },
  ] as const;
  const output: FrameOutput = {
    kind: "frame",
    rows: 1,
    columns,
    head: [{ sales: "2026 true", day: "2026-01-01" }],
  };

  it("is never changed, and the texts beside it are", () => {
    const result = {
      runId: "2026-sales",
      status: "true",
      startedAt: "2026-11-30T00:00:00.000Z",
      cells: [{ name: "sales", startedAt: "2026-11-30T00:00:00.000Z", output }],
      error: { code: "sales", message: `in 2026: ${CANARY}` },
    };
    expect(redact(result, "result")).toEqual({
      ...result,
      cells: [{ ...result.cells[0], output: { ...output, head: [TOLD_ROW] } }],
      error: { code: "sales", message: "in [SECRET]: [SECRET]" },
    });
  });

  it("is not changed in the values that inputs allow", () => {
    const inputs = { region: "sales", tags: ["sales", "true"], typed: `x ${CANARY}` };
    expect(redact(inputs, "inputs")).toEqual({ ...inputs, typed: "x [SECRET]" });
    const input = { widget: "multiselect", options: ["sales", "2026"], default: [] } as const;
    const shown = { kind: "value", value: '["sales"]', input } as const;
    expect(redact(shown, "output")).toEqual(shown);
  });

  it("is not changed in a chart, whose columns stay those of its rows", () => {
    const spec = {
      title: "Our sales",
      mark: "true",
      encoding: { x: { field: "sales" }, y: { field: "day", title: `of ${CANARY}` } },
    };
    const told = redact({ ...output, kind: "chart", spec } as const, "output");
    expect(told).toEqual({
      ...output,
      kind: "chart",
      spec: {
        title: "Our [SECRET]",
        mark: "true",
        encoding: { x: { field: "sales" }, y: { field: "day", title: "of [SECRET]" } },
      },
      head: [TOLD_ROW],
    });
  });

  it("is made up by cells in JSON: keys with a secret get another name, each its own", () => {
    const json = { sales: 1, [CANARY]: "sales", [toBase64(CANARY)]: CANARY };
    expect(redact({ kind: "json", json }, "output")).toEqual({
      kind: "json",
      json: { sales: 1, "[SECRET]": "[SECRET]", "[SECRET] (2)": "[SECRET]" },
    });
  });

  it("is told of when a cell has made up a name with a secret", () => {
    expect(findSecret("sales")).toBeUndefined();
    expect(findSecret(`of ${toHex(CANARY)}`)).toBe("CANARY");
  });

  it("is left as it is where the project has that very name", () => {
    spare([`the ${CANARY}`]);
    expect(findSecret(`the ${CANARY}`)).toBeUndefined();
    expect(redact({ name: `the ${CANARY}` }, "inputs")).toEqual({ name: `the ${CANARY}` });
    expect(findCommon()).toEqual([
      { secret: "REGION", why: "ordinary" },
      { secret: "YEAR", why: "ordinary" },
      { secret: "FLAG", why: "ordinary" },
      { secret: "CANARY", why: "named" },
    ]);
  });
});

const TOLD_ROW = { sales: "[SECRET] [SECRET]", day: "2026-01-01" };
