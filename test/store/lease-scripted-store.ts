import { HexError } from "../../src/errors.ts";
import type {
  StoredObject,
  StoreOptions,
  WriteOptions,
  WriteResult,
} from "../../src/store/store.ts";
import { MemoryStore } from "./lease-memory-store.ts";

/** What becomes of a write: it arrives, or its request, its reply or both never do. */
type Fault = "none" | "request-lost" | "reply-lost" | "silence";

/** A store that loses what it is told to lose, and remembers what was written. */
export class ScriptedStore extends MemoryStore {
  /** for the next writes, in order; once used up, the last one goes on */
  faults: Fault[] = ["none"];
  isDown = false;
  readonly bodies: string[] = [];

  override async read(key: string, options: StoreOptions = {}): Promise<StoredObject | undefined> {
    if (this.isDown) throw unavailable();
    return super.read(key, options);
  }

  override async write(key: string, body: Uint8Array, options: WriteOptions = {}) {
    const fault = this.faults.length > 1 ? this.faults.shift() : this.faults[0];
    if (this.isDown || fault === "request-lost") throw unavailable();
    if (fault === "silence") return silence(options);
    const result = await super.write(key, body, options);
    if (result.status === "written") this.bodies.push(new TextDecoder().decode(body));
    if (fault === "reply-lost") throw unavailable();
    return result;
  }
}

export function unavailable(): HexError {
  return new HexError("HEX_STORE_UNAVAILABLE", "the reply was lost");
}

function silence({ signal }: StoreOptions): Promise<WriteResult> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
