import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds: the rule, and the elements that break it. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  // What fades in has another contrast until it is there; what moves all the time has no end.
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    .map(({ finished }) => finished)).then(() => undefined)`);
  // In the page's own world and not as one of its scripts, which its policy refuses.
  await page.evaluate(axe.source);
  const found = await page.evaluate<readonly { id: string; nodes: readonly { html: string }[] }[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))",
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 300)}`));
}
