import { execFile } from "node:child_process";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { ChromiumProgram } from "./chromium-program.ts";
import { openDebianRoot, readDebianCodename } from "./debian-root.ts";

export interface ChromiumOptions {
  /**
   * - `HEX_TEST_CHROMIUM` is the path of the browser to use; `off` uses none, for a quick run of
   *   all other tests; `unpack` takes one of this machine's Debian release that is not installed
   * - `HEX_TEST_CACHE` is where downloads are kept instead of `.cache`
   * - `CI` makes it an error when a browser cannot be had
   */
  readonly env: NodeJS.ProcessEnv;
  readonly projectDirectory: string;
  readonly log: (line: string) => void;
}

const PACKAGES = ["chromium", "fonts-dejavu-core"];
const INSTALLED_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** What asks for nothing beyond this machine, and runs as root and in containers. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Files of the C library, which has to be the one of the machine's own loader. */
const GLIBC = /^lib(BrokenLocale|anl|c|dl|m|mvec|nsl|nss_\w+|pthread|resolv|rt|thread_db|util)\.so/;

const run = promisify(execFile);

/** The Chromium that tests look at pages with; else says in one line why there is none. */
export async function openChromium(options: ChromiumOptions): Promise<ChromiumProgram | null> {
  const { env, log } = options;
  if (env["HEX_TEST_CHROMIUM"] === "off") {
    log("The page was not tested in a browser: HEX_TEST_CHROMIUM is off");
    return null;
  }
  try {
    return await findChromium(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (env["CI"] === "true") throw new Error(`The page cannot be tested in a browser: ${reason}`);
    log(`The page was not tested in a browser: ${reason.replaceAll(/\s*\n\s*/g, " | ")}`);
    return null;
  }
}

/**
 * Finding a browser:
 * 1. the one that is named
 * 2. an installed one
 * 3. on Debian, as root: Debian's, installed
 * 4. on Debian: Debian's, unpacked in a folder of the cache
 */
async function findChromium(options: ChromiumOptions): Promise<ChromiumProgram> {
  const { env, log } = options;
  const named = env["HEX_TEST_CHROMIUM"];
  if (named === "unpack") return unpackChromium(options);
  if (named !== undefined) {
    if (await isBrowser(named)) return toProgram(named, env);
    throw new Error(`${named}, which HEX_TEST_CHROMIUM names, is no browser that runs`);
  }
  const installed = await findInstalled();
  if (installed !== undefined) return toProgram(installed, env);
  await readDebianCodename();
  if (process.getuid?.() === 0) {
    log("Installing Chromium of Debian (about half a minute, once) …");
    await installPackages();
    const fresh = await findInstalled();
    if (fresh !== undefined) return toProgram(fresh, env);
  }
  return unpackChromium(options);
}

async function findInstalled(): Promise<string | undefined> {
  for (const name of INSTALLED_NAMES) if (await isBrowser(name)) return findPath(name);
  return undefined;
}

/** Whether it starts and tells its version. */
async function isBrowser(path: string): Promise<boolean> {
  const { stdout } = await run(path, ["--version"], { timeout: 30_000 }).catch(() => ({
    stdout: "",
  }));
  return /^(Chromium|Google Chrome) \d/.test(stdout);
}

async function findPath(name: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", 'command -v "$1"', "-", name]);
  return stdout.trim();
}

/** Another program may be at it, or the mirror may be away: there is another way to a browser. */
async function installPackages(): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...argv: string[]) => run("apt-get", ["--quiet", "--yes", ...argv], { env });
  await apt("update").catch(() => undefined);
  await apt("install", "--no-install-recommends", ...PACKAGES).catch(() => undefined);
}

async function unpackChromium(options: ChromiumOptions): Promise<ChromiumProgram> {
  const { env, projectDirectory, log } = options;
  // Of the machine's own release, since it runs on the machine's own C library.
  const suite = await readDebianCodename();
  const root = await openDebianRoot({
    suite,
    packages: PACKAGES,
    cacheDirectory: resolve(projectDirectory, env["HEX_TEST_CACHE"] ?? ".cache", "chromium"),
    onInstall: () => log(`Setting up Chromium of Debian ${suite} (about a minute, once) …`),
  });
  const program = toProgram(join(root, "usr/lib/chromium/chromium"), {
    ...env,
    LD_LIBRARY_PATH: (await freeOfGlibc(root)).join(":"),
    FONTCONFIG_FILE: await writeFontsConfig(root),
  });
  await run(program.executablePath, ["--version"], { env: program.env });
  return program;
}

/** The library folders of unpacked packages, without what belongs to the machine's loader. */
async function freeOfGlibc(root: string): Promise<string[]> {
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const folders = ["lib", "usr/lib"].map((folder) => join(root, folder, triplet));
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const glibc = names.filter((name) => GLIBC.test(name));
    await Promise.all(glibc.map((name) => rm(join(folder, name), { force: true })));
  }
  return [...folders, join(root, "usr/lib", triplet, "pulseaudio")];
}

async function writeFontsConfig(root: string): Promise<string> {
  const path = join(root, "fonts.conf");
  await writeFile(
    path,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${root}/usr/share/fonts</dir>
  <cachedir>${root}/var/cache/fontconfig</cachedir>
</fontconfig>
`,
  );
  return path;
}

function toProgram(executablePath: string, env: NodeJS.ProcessEnv): ChromiumProgram {
  const set = Object.entries(env).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  return { executablePath, args: ARGS, env: Object.fromEntries(set) };
}
