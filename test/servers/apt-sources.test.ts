import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findMirror, readAptSources } from "./apt-sources.ts";

test("finds the mirror of a suite in a one-line list", async () => {
  const sources = await readSources({
    "sources.list": `
# deb http://old.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/key.gpg] https://main.example/debian bookworm main contrib # near
deb http://security.example/debian bookworm-security main`,
  });

  expect(findMirror(sources, "bookworm")).toBe("https://main.example/debian");
});

test("finds the mirror of a suite in paragraphs with comments and continued lines", async () => {
  const sources = await readSources({
    "sources.list.d/a.sources": `Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb deb-src
# a snapshot
URIs: http://main.example/debian
Suites:
 bookworm
 bookworm-updates
Components: main`,
  });

  expect(findMirror(sources, "bookworm")).toBe("http://main.example/debian");
});

test("finds no mirror among sources of other suites, components and kinds", async () => {
  const sources = await readSources({
    "sources.list": "deb cdrom:[Debian]/ bookworm main\ndeb http://a.example/debian trixie main\n",
    "sources.list.d/a.list": "deb http://extra.example/debian bookworm contrib\n",
    "sources.list.d/a.list.save": "deb http://saved.example/debian bookworm main\n",
  });

  expect(findMirror(sources, "bookworm")).toBeUndefined();
});

async function readSources(files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), "hex-apt-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, "sources.list.d"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return readAptSources(directory);
}
