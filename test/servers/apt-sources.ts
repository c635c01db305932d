import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

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

/** All package sources that this machine's apt uses; none where there is no apt. */
export async function readAptSources(directory = "/etc/apt"): Promise<AptSource[]> {
  const names = await readdir(join(directory, "sources.list.d")).catch(() => []);
  const parts = names.toSorted().map((name) => join("sources.list.d", name));
  const sources = ["sources.list", ...parts].map(async (part) => {
    const text = await readFile(join(directory, part), "utf8").catch(() => "");
    if (part.endsWith(".sources")) return parseSourcesFile(text);
    return part.endsWith(".list") ? parseListFile(text) : [];
  });
  return (await Promise.all(sources)).flat();
}

function parseListFile(text: string): AptSource[] {
  const lines = text.matchAll(/^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)[ \t]*([^#\n]*)/gm);
  return [...lines].map(([, uri = "", suite = "", components]) => ({
    uris: [uri],
    suites: [suite],
    components: splitWords(components),
  }));
}

function parseSourcesFile(text: string): AptSource[] {
  return text
    .replaceAll(/^#.*\n/gm, "")
    .split(/\n\s*\n/)
    .map(parseParagraph)
    .filter((fields) => splitWords(fields.get("Types")).includes("deb"))
    .filter((fields) => fields.get("Enabled") !== "no")
    .map((fields) => ({
      uris: splitWords(fields.get("URIs")),
      suites: splitWords(fields.get("Suites")),
      components: splitWords(fields.get("Components")),
    }));
}

/** The fields of a paragraph; a line that begins with a space continues the one before. */
function parseParagraph(text: string): Map<string, string> {
  const fields = text.matchAll(/^([\w-]+):(.*(?:\n[ \t].*)*)/gm);
  return new Map([...fields].map(([, name = "", value = ""]) => [name, value.trim()]));
}

function splitWords(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
