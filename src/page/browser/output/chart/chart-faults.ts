import type { LoggerInterface } from "vega";

/** Hears what Vega would write to the console, and keeps the first fault. */
export class ChartFaults implements LoggerInterface {
  #first: string | undefined;

  level(): number;
  level(value: number): this;
  level(value?: number): this | number {
    return value === undefined ? 0 : this;
  }

  error(...words: readonly unknown[]): this {
    this.#first ??= words.map((each) => (each instanceof Error ? each.message : each)).join(" ");
    return this;
  }

  warn(): this {
    return this;
  }

  info(): this {
    return this;
  }

  debug(): this {
    return this;
  }

  /** Begins anew. */
  forget(): void {
    this.#first = undefined;
  }

  /** @throws {Error} with Vega's words on the first fault, when there was one */
  throwFirst(): void {
    if (this.#first !== undefined) throw new Error(this.#first);
  }
}
