import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startOnLifeline } from "./lifeline.ts";

/** What a folder of unpacked Debian packages holds. */
export interface DebianRootSpec {
  readonly suite: string;
  readonly packages: readonly string[];
  /** where such folders are kept between runs */
  readonly cacheDirectory: string;
  /** called once, before a download that takes a while */
  readonly onInstall: () => void;
}

const script = fileURLToPath(new URL("debian-root.sh", import.meta.url));

/**
 * The path of a folder with packages of a Debian suite and all they depend on, which is made when
 * it is missing. Needs Debian, and no root.
 */
export async function openDebianRoot(spec: DebianRootSpec): Promise<string> {
  const target = join(spec.cacheDirectory, spec.suite);
  if (existsSync(target)) return target;
  const mirror = await readDebianMirror();
  spec.onInstall();
  await mkdir(spec.cacheDirectory, { recursive: true });
  const installer = await startOnLifeline({
    directoryPrefix: `${target}.part-`,
    command: (work) => ["bash", script, spec.suite, mirror, target, work, ...spec.packages],
    env: process.env,
  });
  if ((await installer.exitCode) !== 0) {
    throw new Error(`packages of Debian ${spec.suite} are not to be had: ${installer.lastLines()}`);
  }
  return target;
}

/** The upstream version of a package in such a folder, such as `20.2.4`. */
export async function readPackageVersion(root: string, name: string): Promise<string> {
  const files = await readFile(join(root, "packages.txt"), "utf8");
  const version = files
    .split("\n")
    .find((file) => file.startsWith(`${name}_`))
    ?.match(/_(?:\d+%3a)?([\d.]+)/);
  if (version?.[1] === undefined) throw new Error(`Expected ${root} to hold the package ${name}`);
  return version[1];
}

/** The mirror that this machine's own Debian comes from. */
async function readDebianMirror(): Promise<string> {
  const release = parseFields(await readFile("/etc/os-release", "utf8").catch(() => ""), "=");
  const codename = release.get("VERSION_CODENAME");
  if (release.get("ID") !== "debian" || codename === undefined) {
    throw new Error("this machine does not run a Debian release");
  }
  const mirror = findMirror(await readAptSources(), codename);
  if (mirror === undefined) throw new Error(`the apt sources name no mirror of ${codename}`);
  return mirror;
}

/** One line of `sources.list`, or one paragraph of a `.sources` file. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** The first mirror that holds the main component of a suite. */
export function findMirror(sources: readonly AptSource[], suite: string): string | undefined {
  return sources
    .filter(({ suites, components }) => suites.includes(suite) && components.includes("main"))
    .flatMap(({ uris }) => uris)
    .find((uri) => /^(https?|file):/.test(uri));
}

/** The sources in the text of a `sources.list`. */
export function parseListFile(text: string): AptSource[] {
  return [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)[ \t]*([^#\n]*)/gm)].map(
    ([, uri = "", suite = "", components = ""]) => ({
      uris: [uri],
      suites: [suite],
      components: splitWords(components),
    }),
  );
}

/** The sources in the text of a `.sources` file. */
export function parseSourcesFile(text: string): AptSource[] {
  return text
    .replaceAll(/^#.*\n/gm, "")
    .split(/\n\s*\n/)
    .map((paragraph) => parseFields(paragraph, ":"))
    .filter((fields) => splitWords(fields.get("Types")).includes("deb"))
    .filter((fields) => fields.get("Enabled") !== "no")
    .map((fields) => ({
      uris: splitWords(fields.get("URIs")),
      suites: splitWords(fields.get("Suites")),
      components: splitWords(fields.get("Components")),
    }));
}

async function readAptSources(): Promise<AptSource[]> {
  const parts = "/etc/apt/sources.list.d";
  const names = await readdir(parts).catch(() => []);
  const files = ["/etc/apt/sources.list", ...names.toSorted().map((name) => join(parts, name))];
  const sources = files.map(async (file) => {
    const text = await readFile(file, "utf8").catch(() => "");
    if (file.endsWith(".sources")) return parseSourcesFile(text);
    return file.endsWith(".list") ? parseListFile(text) : [];
  });
  return (await Promise.all(sources)).flat();
}

function parseFields(text: string, separator: string): Map<string, string> {
  const lines = text.split(/\n(?![ \t])/).map((line) => line.split(separator));
  return new Map(
    lines.map(([name = "", ...value]) => [
      name.trim(),
      value
        .join(separator)
        .trim()
        .replace(/^"(.*)"$/, "$1"),
    ]),
  );
}

function splitWords(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
