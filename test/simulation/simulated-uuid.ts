import { currentProcess, newId } from "./virtual-globals.ts";

/** In the place of the package: ids of version 7 whose instant and digits belong to the process whose step it is. */
export function v7({ msecs = Date.now() }: { readonly msecs?: number } = {}): string {
  const here = currentProcess();
  if (here === undefined) throw new Error("an id is made outside of a simulation");
  const time = msecs.toString(16).padStart(12, "0");
  const rest = newId(here.self);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(15)}`;
}
