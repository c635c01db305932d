import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findMirror, readAptSources } from "./apt-sources.ts";
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

/** The name of the Debian release that this machine runs, such as `bookworm`. */
export async function readDebianCodename(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || codename === undefined) {
    throw new Error("this machine does not run a Debian release");
  }
  return codename;
}

/** The mirror that this machine's own Debian comes from. */
async function readDebianMirror(): Promise<string> {
  const codename = await readDebianCodename();
  const mirror = findMirror(await readAptSources(), codename);
  if (mirror === undefined) throw new Error(`the apt sources name no mirror of ${codename}`);
  return mirror;
}
