import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(new URL("docs/", root))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Paths below `src/` are written with or without it. */
const PATH =
  /`((?:src|test|tools|bench|frame|cell|source|store|queue|schedule|run|project|work|kernel|page|server|cli|client)\/[\w./-]+)`/g;

const places = ["", "src/", "test/"];
const endings = ["", ".ts", ".test.ts"];
const files = new Set(
  ["src", "test", "tools", "bench"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    ),
  ),
);

function isThere(path: string): boolean {
  const bare = path.replace(/\/$/, "");
  return places.some((place) => endings.some((ending) => files.has(`${place}${bare}${ending}`)));
}

test.each(PAGES)("the files that %s names are there", (page) => {
  const text = readFileSync(new URL(page, root), "utf8");
  const named = [...text.matchAll(PATH)].map(([, path = ""]) => path);
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});
