// Makes a checkout ready to run: dependencies installed, command built. Does nothing when it is.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = join(root, "dist/hex.js");
const buildInputs = ["src", "python/hex_runtime", "tools", "package.json", "tsconfig.json"];

checkNode();
// `npm ci` itself asks only for the build, and so does `npx hex`, each time.
if (!process.argv.includes("--build-only") && !isInstalled()) {
  run("Installing dependencies (npm ci) …", "npm", ["ci", "--no-audit", "--no-fund"]);
}
if (!isBuilt()) {
  run("Building dist …", process.execPath, ["tools/build.mjs"]);
  // A build may leave a file whose content stays the same untouched.
  utimesSync(built, new Date(), new Date());
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Expected Node.js to be 20.19 or newer, got ${process.versions.node}`);
  process.exit(2);
}

/** Whether `node_modules` holds what the lock file says: judged by age, and by content if in doubt. */
function isInstalled() {
  const wanted = join(root, "package-lock.json");
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return true;
  return isSamePackages(readPackages(wanted), readPackages(installed));
}

function readPackages(lockFile) {
  const { "": _project, ...packages } = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  return packages;
}

/** Packages for other platforms are in the lock file only. */
function isSamePackages(wanted, installed) {
  const isSame = (path) => wanted[path]?.integrity === installed[path]?.integrity;
  const isNeeded = (path) => !wanted[path].optional && !wanted[path].devOptional;
  return (
    Object.keys(installed).every((path) => path in wanted && isSame(path)) &&
    Object.keys(wanted).every((path) => path in installed || !isNeeded(path))
  );
}

function isBuilt() {
  if (!existsSync(built)) return false;
  const builtMs = statSync(built).mtimeMs;
  return buildInputs.every((input) => newestMs(join(root, input)) <= builtMs);
}

/** When a file, or the newest file below a directory, was changed; 0 when there is none. */
function newestMs(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

/** Says what is done, does it, and shows what the command has printed only when it fails. */
function run(message, command, args) {
  console.error(message);
  const shell = process.platform === "win32" && command === "npm";
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    shell,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  console.error(`${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim());
  process.exit(1);
}
