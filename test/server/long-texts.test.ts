import * as v from "valibot";
import { expect, test } from "vitest";
import { parseCellFileName } from "../../src/cell/cell-name.ts";
import { parseDuration } from "../../src/cell/duration.ts";
import { readInputValue } from "../../src/cell/input-value.ts";
import type { InputWidget } from "../../src/cell/input-widget.ts";
import { parseInputFlag } from "../../src/cli/command.ts";
import { HexError } from "../../src/errors.ts";
import { parseMomentRange, parseTypedRange } from "../../src/frame/rows/typed-range.ts";
import { COLUMN_TYPES } from "../../src/frame/schema.ts";
import { toNotebookError } from "../../src/kernel/cell-reports.ts";
import { pageKey } from "../../src/project/page-settings.ts";
import { serverKey } from "../../src/project/server-settings.ts";
import { parseQueueLocation } from "../../src/queue/location.ts";
import { cronFault } from "../../src/schedule/cron.ts";
import { isTimezone } from "../../src/schedule/zone.ts";
import { readCookie } from "../../src/server/caller.ts";
import { checkHost, isLoopback, toNetwork } from "../../src/server/hosts.ts";
import { HttpFailure } from "../../src/server/http-failure.ts";
import { parseJsonText } from "../../src/server/json-body.ts";
import { parseQuery, readWholeNumber } from "../../src/server/query.ts";
import {
  parseCsvRequest,
  parseEvaluateRequest,
  parseRowsRequest,
} from "../../src/server/request-body.ts";
import { parseEventId } from "../../src/server/run-events.ts";
import { findPacking } from "../../src/server/send.ts";
import { findSourcePlace } from "../../src/source/module/source-place.ts";
import { isStoreKey, parseFrameName, parseTickKey } from "../../src/store/key.ts";
import { parseStoreLocation } from "../../src/store/location.ts";
import { parseEvaluationId } from "../../src/store/version.ts";

type Door = readonly [name: string, open: (text: string) => unknown];

const OPTIONS = ["one", "two", "three"];
const WIDGETS: readonly InputWidget[] = [
  { widget: "text", default: "", maxLength: 100, label: undefined },
  { widget: "number", default: 1 },
  { widget: "slider", default: 1, min: 0, max: 10, step: 1 },
  { widget: "dropdown", default: "one", options: OPTIONS },
  { widget: "multiselect", default: [], options: OPTIONS },
  { widget: "checkbox", default: false },
  { widget: "date", default: "2026-01-31" },
  { widget: "date_range", default: { start: "2026-01-01", end: "2026-01-31" } },
] as unknown as readonly InputWidget[];

const place = { version: 1, commit: "c", inputs: {}, cells: ["a"] };
const rows = { evaluation: "e", cell: "a", offset: 0, limit: 1 };
const settings = { host: "127.0.0.1", publicUrl: undefined, allowedHosts: ["hex.example.com"] };

/** Wherever a text comes in from outside: addresses, headers, bodies, flags, config, files, data. */
const DOORS: readonly Door[] = [
  ...WIDGETS.flatMap((widget): Door[] => [
    [`the text of a ${widget.widget}`, (value) => askFor(widget, value, "text")],
    [`the JSON of a ${widget.widget}`, (value) => askFor(widget, value, "json")],
    [`the list of a ${widget.widget}`, (value) => askFor(widget, value.split(""), "json")],
  ]),
  ...COLUMN_TYPES.map((type): Door => {
    const isMoment = type === "datetime" || type === "instant";
    const parse = (each: string) =>
      isMoment ? parseMomentRange(type, each) : parseTypedRange(type, each);
    return [`a filter of ${type}`, parse];
  }),
  ["a flag of an input", (text) => parseInputFlag(text)],
  ["a flag of an input named", (text) => parseInputFlag(`name=${text}`)],
  ["a duration", (text) => parseDuration(text, "maxAge")],
  ["a cron expression", (text) => cronFault(text)],
  ["a field of a cron expression", (text) => cronFault(`${text} * * * *`)],
  ["a time zone", (text) => isTimezone(text)],
  ["the name of a cell's file", (text) => parseCellFileName(`${text}.ts`, "cells")],
  ["the name of a frame", (text) => parseFrameName(text)],
  ["a key of the store", (text) => isStoreKey(text)],
  ["a key of a tick", (text) => parseTickKey(text)],
  ["the id of an evaluation", (text) => parseEvaluationId(text)],
  ["a folder as store", (text) => parseStoreLocation(text, "/")],
  ["a bucket as store", (text) => parseStoreLocation(`s3://${text}`, "/")],
  ["a prefix in a bucket", (text) => parseStoreLocation(`s3://bucket/${text}`, "/")],
  ["an address of a queue", (text) => parseQueueLocation(text)],
  ["a host of a queue", (text) => parseQueueLocation(`redis://${text}`)],
  ["the Host header", (host) => checkHost({ host }, settings)],
  ["the Origin header", (origin) => checkHost({ host: "127.0.0.1", origin }, settings)],
  ["an address to listen on", (text) => isLoopback(text)],
  ["the address of a caller", (text) => toNetwork(text)],
  ["a cookie", (text) => readCookie(text, "hex")],
  ["the packings that are taken", (text) => packingOf(text)],
  ["a quality of a packing", (text) => packingOf(`gzip;q=${text}`)],
  ["the id of the last event", (text) => parseEventId(text)],
  ["a query", (text) => parseQuery(text)],
  ["a key that is repeated", (text) => parseQuery("a&".repeat(text.length / 2))],
  ["a number in a query", (text) => wholeNumber(text)],
  ["a body", (text) => parseJsonText(text)],
  ["a text in a body", (text) => parseJsonText(JSON.stringify({ text }))],
  ["a number in a body", (text) => parseJsonText(`[${text}]`)],
  ["a name of a cell", (text) => parseEvaluateRequest({ ...place, cells: [text] })],
  ["a text of an input", (text) => parseEvaluateRequest({ ...place, texts: { a: text } })],
  ["an id of a press", (text) => parseEvaluateRequest({ ...place, press: { a: text } })],
  [
    "a column to sort by",
    (column) => parseRowsRequest({ ...rows, sort: { column, descending: true } }),
  ],
  ["an ask for a CSV", (text) => parseCsvRequest(text)],
  ["the public address", (publicUrl) => v.safeParse(serverKey, { publicUrl })],
  ["a host that is allowed", (text) => v.safeParse(serverKey, { allowedHosts: [text] })],
  ["a site to embed in", (text) => v.safeParse(pageKey, { embedIn: [`https://${text}`] })],
  ["a message of a cell", (message) => messageOf(message)],
  ["a stack of an error", (text) => stackOf(text)],
];

/** Texts of one sign or word again and again, and the same with another at the end: harmless, and long. */
const WORDS = [
  "1",
  "a",
  " ",
  "/",
  ".",
  "-",
  ":",
  ",",
  "=",
  "@",
  '"',
  "[",
  "\n",
  "a.",
  "1:",
  "a/",
  "1,",
  "é",
];

const LENGTH = 20_000;

test.each(DOORS)("%s is read in a time that grows as its length does", (_name, open) => {
  for (const word of WORDS) {
    for (const end of ["", "!"]) {
      const text = word.repeat(LENGTH / word.length);
      // What is read for the first time is compiled meanwhile.
      measure(open, text.slice(0, 100) + end);
      const once = measure(open, text + end);
      const twice = measure(open, text + text + end);
      // A pattern that tries all ways takes four times as long: hundreds of milliseconds more.
      const told = `${JSON.stringify(word + end)} took ${once} ms`;
      expect(twice, told).toBeLessThan(3 * once + 60);
    }
  }
});

test.each(WIDGETS.filter(({ widget }) => widget === "number" || widget === "slider"))(
  "a $widget refuses more digits than any number has, in a short sentence",
  (widget) => {
    const refused = () => askFor(widget, "1".repeat(60_000), "text");
    expect(refused).toThrow(/^Expected input n to be a number.*, got "1{76}…$/);
    expect(askFor(widget, `${"0".repeat(399)}7`, "text")).toBe(7);
    expect(() => askFor(widget, `${"0".repeat(400)}7`, "text")).toThrow("Expected input n to be");
  },
);

test("numbers are read as they always were", () => {
  const read = (text: string) => parseTypedRange("number", text)?.first;
  const texts = [
    "1",
    "+1.",
    "-.5",
    "1.5e3",
    "2E-2",
    "00",
    ".",
    "",
    "e1",
    "1e",
    "1.2.3",
    "0x1",
    "1 2",
  ];
  expect(texts.map(read)).toEqual([
    ...[1, 1, -0.5, 1500, 0.02, 0],
    ...[undefined, undefined, undefined, undefined, undefined, undefined, undefined],
  ]);
});

/** Milliseconds of the processor, so that what else goes on does not count. */
function measure(open: Door[1], text: string): number {
  const before = process.cpuUsage();
  try {
    open(text);
  } catch (error) {
    if (!(error instanceof HexError || error instanceof HttpFailure)) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function askFor(widget: InputWidget, value: unknown, form: "text" | "json"): unknown {
  return readInputValue("n", widget, { value, form, place: "input n" });
}

function packingOf(text: string): unknown {
  return findPacking({ headers: { "accept-encoding": text } });
}

function wholeNumber(text: string): number {
  return readWholeNumber({ limit: [text] }, "limit", { from: 1, to: 10, unless: 1 });
}

function messageOf(message: string): Promise<unknown> {
  return toNotebookError({ code: "HEX_CELL_FAILED", message }, "/nowhere");
}

function stackOf(text: string): unknown {
  const error = Object.assign(new Error("failed"), { stack: `Error: ${text}\n    at a (b:1:1)` });
  return findSourcePlace(error, { projectDirectory: "/nowhere", isSource: () => false });
}
