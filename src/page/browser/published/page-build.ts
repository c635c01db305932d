import type { PageState } from "../../page-state.ts";

type Build = PageState["build"];

/** Whether two pages are made of the same. */
export function isSameBuild(one: Build, other: Build): boolean {
  return one?.code === other?.code && one?.app === other?.app;
}

/** What a page is made of that was loaded once and shows another state now: its code stays. */
export function withLoadedCode(build: Build, loaded: Build): Build {
  return build && { ...build, code: loaded?.code ?? build.code };
}
