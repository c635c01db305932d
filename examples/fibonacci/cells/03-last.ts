import { cached } from "hex-runtime";
import number from "./02-number.ts";

/** The slow way, on purpose: it never pauses, so nothing else happens in its process meanwhile. */
function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

export default cached(
  "fibonacci/last",
  { number },
  // What a value was computed for, and when, is published with it: a later run may ask for others.
  ({ number }) => [{ number, value: fibonacci(number), computed_at: new Date() }],
  {
    title: "The last one computed",
    schema: { number: "integer", value: "integer", computed_at: "instant" },
  },
);
