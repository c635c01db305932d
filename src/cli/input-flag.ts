import type { RequestedInput } from "../cell/requested-input.ts";
import { expectation } from "../errors.ts";

/** The value that `--input name=value` asks for. @throws {HexError} HEX_USAGE */
export function parseInputFlag(flag: string): [string, RequestedInput] {
  const equals = flag.indexOf("=");
  if (equals < 1) {
    throw expectation("HEX_USAGE", {
      place: "--input",
      expected: "name=value",
      got: JSON.stringify(flag),
    });
  }
  const name = flag.slice(0, equals);
  return [name, { value: flag.slice(equals + 1), form: "text", place: `--input ${name}` }];
}
