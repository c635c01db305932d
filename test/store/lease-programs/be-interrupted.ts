import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { acquireLease } from "../../../src/store/lease/lease.ts";

const [folder = "", signal = "SIGKILL", ttlMs = "0"] = process.argv.slice(2);
const store = new DirectoryStore(join(folder, "store"));
const lease = await acquireLease(store, {
  holder: `test:${process.pid}`,
  ttlMs: Number(ttlMs),
});
// Nothing of ours is on its way to the disk right after this.
await lease.stillHeld();
tell("holding", { pid: process.pid, fence: lease.fence });
process.kill(process.pid, signal);
const isHeld = await lease.stillHeld();
tell("continued", { isHeld, isLost: lease.lost.aborted, code: lease.lost.reason?.code });
await lease.release();

function tell(name: string, facts: object): void {
  writeFileSync(join(folder, `${name}.tmp`), JSON.stringify(facts));
  renameSync(join(folder, `${name}.tmp`), join(folder, name));
}
