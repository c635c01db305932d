import { openFolder } from "../../../src/store/directory/directory-folder.ts";
import { withFileLock } from "../../../src/store/directory/directory-lock.ts";

const [root = "", name = ""] = process.argv.slice(2);
const location = "file:test";
const folder = await openFolder({ root, location, segments: [], create: false });
if (folder === undefined) throw new Error(`${root} is not there`);
await withFileLock({ folder, name, location }, async () => {
  process.kill(process.pid, "SIGKILL");
  // The signal arrives before this ever comes back.
  await new Promise(() => setInterval(() => {}, 1000));
});
