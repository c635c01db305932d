import type { ErrorCode } from "../../errors.ts";
import type { InvalidInput, LightAsk, RowsAsk } from "../../run/light/light-ask.ts";

/** Asks for all rows of a table that pass, as CSV. */
export type CsvAsk = Omit<RowsAsk, "offset" | "limit">;

/** What a process that answers viewers is asked for; plain JSON. */
export type LightOrder =
  | { readonly kind: "run"; readonly ask: LightAsk }
  | { readonly kind: "rows"; readonly ask: RowsAsk }
  /** one block of it; from the row `start` on */
  | { readonly kind: "csv"; readonly ask: CsvAsk; readonly start: number }
  /** loads cells and reads the frames that they read */
  | { readonly kind: "warm"; readonly version: number | null };

/** One block of a CSV. */
export interface CsvBlock {
  readonly csv: string;
  /** the row with which the next block begins; null after the last one */
  readonly next: number | null;
}

/** An order, with the number under which it is answered. */
export interface NumberedOrder {
  readonly id: number;
  readonly order: LightOrder;
}

/** The answer to an order, as JSON. */
export type LightReply =
  | { readonly id: number; readonly ok: true; readonly text: string }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** A cell whose own code runs. */
export interface ComputingCell {
  readonly name: string;
  /** ISO 8601, UTC */
  readonly startedAt: string;
  /** asked cells that wait for it, in file order */
  readonly below: readonly string[];
}

/**
 * How far an order is, told whenever a cell's code is called and when it has ended: a loop that never
 * ends lets nothing be told later. It is short, since what is long leaves only once the code pauses.
 */
export interface LightStanding {
  /** of the order */
  readonly id: number;
  readonly version: number | null;
  /** as far as inputs were read */
  readonly invalid: readonly InvalidInput[];
  /** the cells asked for, in file order */
  readonly asked: readonly string[];
  /** the one whose code has not paused since it was called, or else all that have not ended */
  readonly computing: readonly ComputingCell[];
  /** whether a button is pressed: what that starts must not be started twice */
  readonly isPress: boolean;
}

/** What such a process tells its parent, by name. */
export const LIGHT_CALLS = {
  ready: "light-ready",
  standing: "light-standing",
  reply: "light-reply",
};

/** What the parent tells it. */
export const LIGHT_NOTES = { order: "light-order", drop: "light-drop" };
