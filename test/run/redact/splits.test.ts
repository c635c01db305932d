import { expect, it } from "vitest";
import { toRedactor } from "../../../src/run/redact/redactor.ts";

const CASES = Number(process.env["HEX_TEST_CASES"] ?? 300);
const FIRST_SEED = Number(process.env["HEX_TEST_FIRST_SEED"] ?? 1);

type Random = (below: number) => number;

function toRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

const SIGNS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_!$ é"\\';

function toSecret(random: Random): string {
  const length = 16 + random(60);
  const text = Array.from({ length }, () => SIGNS[random(SIGNS.length)]).join("");
  return `K${text}k`;
}

const toBytes = (text: string) => Buffer.from(text);
const ENCODINGS: readonly ((text: string) => string)[] = [
  (text) => toBytes(text).toString("base64"),
  (text) => toBytes(text).toString("base64url"),
  (text) => toBytes(text).toString("hex"),
  (text) => toBytes(text).toString("hex").toUpperCase(),
];

/** The secret inside a longer text, encoded once or twice. */
function encode(secret: string, random: Random): string {
  const around = `${"x".repeat(random(4))}${secret}${"y".repeat(random(4))}`;
  const once = pick(ENCODINGS, random)(around);
  return random(2) === 0 ? once : pick(ENCODINGS, random)(`${"z".repeat(random(4))}${once}`);
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random(items.length)] as Item;
}

/** What only the secret can have put into the encoded text: up to six signs around it were encoded. */
const AROUND = 24;

function split(text: string, random: Random): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random(80);
    lines.push(text.slice(at, at + length));
    at += length;
  }
  return lines;
}

function piecesOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 7) }, (_, at) => text.slice(at, at + 8));
}

const seeds = Array.from({ length: CASES }, (_, index) => FIRST_SEED + index);

it("no line holds eight consecutive signs of an encoded secret, wherever it is split", () => {
  for (const seed of seeds) {
    const random = toRandom(seed);
    const secret = toSecret(random);
    const encoded = encode(secret, random);
    const redactLine = toRedactor({ secret }).openLines();
    const told = split(encoded, random).map((line) => redactLine("stdout", line));
    const pieces = new Set(piecesOf(encoded.slice(AROUND, -AROUND)));
    const left = told.flatMap(piecesOf).filter((piece) => pieces.has(piece));
    expect({ seed, left }).toEqual({ seed, left: [] });
  }
}, 120_000);

it("a secret that is split over two lines leaves none of its halves of eight signs or more", () => {
  for (const seed of seeds) {
    const random = toRandom(seed);
    const secret = toSecret(random);
    const at = 1 + random(secret.length - 1);
    const redactLine = toRedactor({ secret }).openLines();
    const halves = [secret.slice(0, at), secret.slice(at)];
    const [first = "", second = ""] = halves.map((half) => redactLine("log", half).trim());
    const told = { seed, first, second };
    const isShort = secret.slice(0, at).replaceAll(" ", "").length < 8;
    expect(told).toEqual({
      seed,
      first: isShort ? halves[0]?.trim() : "[SECRET]",
      second: "[SECRET]",
    });
  }
}, 120_000);

it("a line that was cut inside a secret does not show its beginning", () => {
  for (const seed of seeds) {
    const random = toRandom(seed);
    const secret = toSecret(random);
    const { redact } = toRedactor({ secret });
    const at = 8 + random(secret.length - 8);
    const told = redact(`cut: ${secret.slice(0, at)}`, "text");
    expect({ seed, isShown: told.includes(secret.slice(0, at).trim()) && at > 12 }).toEqual({
      seed,
      isShown: false,
    });
  }
}, 120_000);
