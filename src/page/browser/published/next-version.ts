import type { PageState } from "../../page-state.ts";
import type { PageEffects } from "./page-effects.ts";
import { openModel, type PageModel, reopenModel } from "./page-model.ts";
import { takeAnswer, toRequest } from "./page-request.ts";

/**
 * The page on another version, with what its cells show for the inputs that the viewer has set: it
 * is computed before anything is swapped, so that two versions are never seen beside each other.
 */
export async function toNextVersion(
  old: PageModel,
  state: PageState,
  { evaluate, address }: Pick<PageEffects, "evaluate" | "address">,
  signal: AbortSignal,
): Promise<PageModel> {
  const isFirst = old.state.commit === null;
  const model = isFirst ? openModel(state, address.search()) : reopenModel(old, state);
  const asked = toRequest(model);
  if (asked === undefined) return model;
  try {
    return takeAnswer(model, asked, await evaluate(asked.ask, signal));
  } catch {
    // what is still to be computed is asked for again once it is shown, and its failure shown there
    return model;
  }
}

type Build = PageState["build"];

/** Whether two pages are made of the same. */
export function isSameBuild(one: Build, other: Build): boolean {
  return one?.code === other?.code && one?.app === other?.app;
}

/** The build of a page that shows another state with the code that it has loaded. */
export function withLoadedCode(build: Build, loaded: Build): Build {
  return build && { ...build, code: loaded?.code ?? build.code };
}
