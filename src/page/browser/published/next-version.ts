import type { PageState } from "../../page-state.ts";
import { takeAnswer } from "./page-answer.ts";
import { toAsk } from "./page-ask.ts";
import type { PageEffects } from "./page-effects.ts";
import { openModel, type PageModel, reopenModel } from "./page-model.ts";

/**
 * The page on another version, with what its cells show for the inputs that the viewer has set: it
 * is computed before anything is swapped, so that nobody sees two versions beside each other.
 */
export async function toNextVersion(
  old: PageModel,
  state: PageState,
  { askRun, address }: Pick<PageEffects, "askRun" | "address">,
  signal: AbortSignal,
): Promise<PageModel> {
  const isFirst = old.state.commit === null;
  const model = isFirst ? openModel(state, address.search()) : reopenModel(old, state);
  const asked = toAsk(model);
  if (asked === undefined) return model;
  try {
    return takeAnswer(model, asked, await askRun(asked.ask, signal));
  } catch {
    // what is still to be computed is asked for again once it is shown, and its failure told there
    return model;
  }
}
