import type { RequestedInputs } from "../cell/requested-input.ts";

/** The values that are asked for, by input name, and which of them are still texts. */
export function toAsked(inputs: RequestedInputs) {
  const asked = [...inputs];
  const textInputs = asked.filter(([, { form }]) => form === "text").map(([name]) => name);
  return {
    inputs: Object.fromEntries(asked.map(([name, { value }]) => [name, value])),
    ...(textInputs.length === 0 ? {} : { textInputs }),
  };
}
