import { appendFileSync, closeSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { acquireLease } from "../../../src/store/lease/lease.ts";

const [folder = "", times = "0"] = process.argv.slice(2);
const store = new DirectoryStore(join(folder, "store"));
for (let count = 0; count < Number(times); count++) {
  const lease = await acquireLease(store, { holder: `test:${process.pid}`, ttlMs: 4_000 });
  // Fails while somebody else is in here.
  closeSync(openSync(join(folder, "busy"), "wx"));
  appendFileSync(join(folder, "fences"), `${lease.fence}\n`);
  await wait(2);
  unlinkSync(join(folder, "busy"));
  await lease.release();
}
