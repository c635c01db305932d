import type { PageState } from "../../page-state.ts";
import type { PageEffects } from "../published/page-effects.ts";

/** What a page does that is a file: it shows what it has, and asks nobody. */
export function fileEffects(state: PageState): PageEffects {
  const never = () => new Promise<never>(() => undefined);
  const nothing = () => undefined;
  return {
    askState: async () => state,
    askRun: never,
    refresh: never,
    cancelRefresh: never,
    listen: () => nothing,
    address: { search: () => "", write: nothing, onMove: () => nothing },
    newId: () => "",
    after: () => nothing,
  };
}
