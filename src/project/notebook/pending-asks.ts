import type { HexError } from "../../errors.ts";

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: HexError) => void;
}

/** Questions to another process that wait for their answers. */
export class PendingAsks {
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  open(): { readonly id: number; readonly answer: Promise<unknown> } {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    return { id, answer };
  }

  answer(id: number, answer: unknown): void {
    this.#pending.get(id)?.resolve(answer);
    this.#pending.delete(id);
  }

  /** Refuses one of them, or, when none is named, all. */
  refuse(error: HexError, id?: number): void {
    const ids = id === undefined ? [...this.#pending.keys()] : [id];
    for (const each of ids) {
      this.#pending.get(each)?.reject(error);
      this.#pending.delete(each);
    }
  }
}
