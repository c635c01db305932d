import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(
  new URL("../../../src/page/browser/design/tokens.css", import.meta.url),
  "utf8",
);
/** Each colour as it is in the light, and in the dark. */
const colours = [...css.matchAll(/(--[\w-]+): light-dark\((#\w+), (#\w+)\);/g)];
const light = new Map(colours.map(([, name = "", value = ""]) => [name, value]));
const dark = new Map(colours.map(([, name = "", , value = ""]) => [name, value]));

const GROUNDS = ["--paper", "--surface", "--sunken", "--hover"];
const TEXTS = ["--ink", "--ink-soft", "--ink-faint", "--accent", "--good", "--warn", "--bad"];

test("is as dark by choice as it is by the system", () => {
  expect(css).toContain(':root[data-theme="dark"] {\n  color-scheme: dark;\n}');
  expect(css.match(/--[\w-]+: [^;]*#\w+[^;]*;/g)).toHaveLength(dark.size);
  expect(dark.size).toBeGreaterThan(20);
});

test.each([
  ["light", light],
  ["dark", dark],
] as const)("can be read on every ground, %s", (_, tokens) => {
  const pairs = [
    ...GROUNDS.flatMap((ground) => TEXTS.map((ink) => [ink, ground, 4.5] as const)),
    ...["good", "warn", "bad", "accent"].map(
      (tone) => [`--${tone}`, `--${tone}-soft`, 4.5] as const,
    ),
    ...["--ink", "--ink-soft"].flatMap((ink) =>
      ["good", "warn", "bad", "accent"].map((tone) => [ink, `--${tone}-soft`, 4.5] as const),
    ),
    ["--on-accent", "--accent", 4.5] as const,
    ...GROUNDS.map((ground) => ["--edge", ground, 3] as const),
    ...Array.from({ length: 10 }, (_, index) => [`--series-${index + 1}`, "--surface", 3] as const),
  ];
  const poor = pairs.filter(
    ([ink, ground, least]) => contrast(tokens.get(ink), tokens.get(ground)) < least,
  );
  expect(poor).toEqual([]);
});

/** The contrast of two colours by WCAG, 1 to 21. */
function contrast(left = "", right = ""): number {
  const [lighter = 0, darker = 0] = [luminance(left), luminance(right)].toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
