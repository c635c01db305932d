import { cell } from "hex-runtime";
import last from "./03-last.ts";

export default cell({ last }, ({ last }) => {
  const when = last.at("computed_at", 0)?.toISOString();
  return `fib(${last.at("number", 0)}) = ${last.at("value", 0)}, computed at ${when}`;
});
