import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { increment } from "./increment-object.ts";

const [root = "", times = "0"] = process.argv.slice(2);
const store = new DirectoryStore(root);
for (let count = 0; count < Number(times); count++) await increment(store, "count");
