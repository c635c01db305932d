import { renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const [root = "", outside = "", times = "0"] = process.argv.slice(2);
const folder = join(root, "swapped");
const aside = join(root, "aside");
for (let count = 0; count < Number(times); count++) {
  renameSync(folder, aside);
  symlinkSync(outside, folder);
  unlinkSync(folder);
  renameSync(aside, folder);
}
