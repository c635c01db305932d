import { expectation } from "../errors.ts";
import type { Schema } from "../frame/schema.ts";

/** Gives the secret that stands in a name which a cell has made up. */
export type FindSecret = (name: string) => string | undefined;

/**
 * Refuses a frame in the name of whose column a secret stands: names are not redacted, as people sort
 * and filter by them, and cells read by them.
 *
 * @throws {HexError} HEX_CELL_FAILED
 */
export function refuseSecretNames(cell: string, columns: Schema, findSecret: FindSecret): void {
  columns.forEach(({ name }, index) => {
    const secret = findSecret(name);
    if (secret === undefined) return;
    throw expectation("HEX_CELL_FAILED", {
      place: `the name of column ${index + 1} of what cell ${cell} gives`,
      expected: "without secrets",
      got: `one in which the value of secret ${secret} stands`,
      hint: "give the column another name",
    });
  });
}
