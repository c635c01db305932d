import { join } from "node:path";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { acquireLease } from "../../../src/store/lease/lease.ts";

const [folder = "", ttlMs = "0"] = process.argv.slice(2);
const store = new DirectoryStore(join(folder, "store"));
await acquireLease(store, { holder: `test:${process.pid}`, ttlMs: Number(ttlMs) });
