import { randomUUID } from "node:crypto";
import type { Store } from "../../../src/store/store.ts";

/** Adds one to the number in an object by compare-and-set, however many others do the same. */
export async function increment(store: Store, key: string): Promise<void> {
  for (;;) {
    const object = await store.read(key);
    if (object === undefined) throw new Error(`${key} is not there`);
    const next = Number.parseInt(new TextDecoder().decode(object.body), 10) + 1;
    const body = new TextEncoder().encode(`${next} ${randomUUID()}`);
    const { status } = await store.write(key, body, { condition: { ifMatch: object.etag } });
    if (status === "written") return;
  }
}
