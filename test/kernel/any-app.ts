import fc from "fast-check";

/** Which cells a random app has, and how large its tables are. */
export interface AnyApp {
  readonly rows: number;
  readonly sampleRows: number;
  readonly hasQuery: boolean;
  readonly hasVariants: boolean;
  readonly hasMutation: boolean;
  readonly hasFailure: boolean;
  readonly hasButton: boolean;
  readonly hasChart: boolean;
  readonly hasClock: boolean;
}

export const anyApp: fc.Arbitrary<AnyApp> = fc.record({
  rows: fc.integer({ min: 1, max: 260 }),
  sampleRows: fc.integer({ min: 1, max: 150 }),
  hasQuery: fc.boolean(),
  hasVariants: fc.boolean(),
  hasMutation: fc.boolean(),
  hasFailure: fc.boolean(),
  hasButton: fc.boolean(),
  hasChart: fc.boolean(),
  hasClock: fc.boolean(),
});

/** The days that may be chosen where an app has variants; the first is the default. */
export const DAYS = ["mon", "tue", "wed"] as const;

/** The largest value of the slider; the cell that may fail does so at this one. */
export const MOST = 4;

/** Each call gives a text that no other computation of any cell has. */
const TAG = `const newTag = (name) => {
  globalThis.hexTestTags = (globalThis.hexTestTags ?? 0) + 1;
  return name + "-" + process.pid + "-" + globalThis.hexTestTags;
};`;

/**
 * The files of an app. Each computation of a cell leaves a tag of its own in every row, and the tags
 * of what it was computed from: so rows tell by themselves which evaluation they are of.
 *
 * @param edit a number in the code, to be raised by an edit
 */
export function toFiles(app: AnyApp, edit: number): Readonly<Record<string, string>> {
  const { rows, sampleRows, hasQuery, hasVariants, hasMutation } = app;
  const { hasFailure, hasButton, hasChart, hasClock } = app;
  return {
    "hex.config.json": JSON.stringify({ name: "Any", projectId: PROJECT_ID }),
    "cells/01-base.ts": `${TAG}
import { cached } from "hex-runtime";
export default cached("base", () => {
  const tag = newTag("base");
  return Array.from({ length: ${rows} }, (_, n) => ({ n, v: (n * 7 + ${edit}) % 5, tag }));
});`,
    "cells/02-n.ts": `import { slider } from "hex-runtime";
export default slider({ min: 0, max: ${MOST}, default: 1 });`,
    "cells/03-sample.ts": `${TAG}
import { cell } from "hex-runtime";
export default cell(() => {
  const tag = newTag("sample");
  return Array.from({ length: ${sampleRows} }, (_, n) => ({ n, r: Math.random(), tag }));
});`,
    "cells/04-scaled.ts": `${TAG}
import { cell } from "hex-runtime";
import base from "./01-base.ts";
import n from "./02-n.ts";
import sample from "./03-sample.ts";
export default cell({ base, n, sample }, ({ base, n, sample }) => {
  const tag = newTag("scaled");
  const above = { base: base.column("tag")[0], sample: sample[0].tag };
  return base.rows().map((row) => ({ n: row.n, v: row.v, x: row.n * n, slider: n, tag, ...above }));
});`,
    ...(hasQuery && {
      "cells/05-by_v.sql": "SELECT v, count(*) AS c, min(tag) AS tag FROM scaled GROUP BY v",
    }),
    ...(hasVariants && {
      "cells/06-day.ts": `import { dropdown } from "hex-runtime";
export default dropdown({ options: ${JSON.stringify(DAYS)} });`,
      "cells/07-orders.ts": `${TAG}
import { cached } from "hex-runtime";
import day from "./06-day.ts";
export default cached("orders", { day }, ({ day }) => [{ day, tag: newTag("orders") }], { key: ["day"] });`,
      "cells/08-ordered.ts": `${TAG}
import { cell } from "hex-runtime";
import day from "./06-day.ts";
import orders from "./07-orders.ts";
export default cell({ day, orders }, ({ day, orders }) =>
  [{ day, ordered: orders.column("day")[0], orders: orders.column("tag")[0], tag: newTag("ordered") }]);`,
    }),
    ...(hasMutation && {
      "cells/10-held.ts": `${TAG}
import { cell } from "hex-runtime";
export default cell(() => ({ list: [1, 2, 3], tag: newTag("held") }));`,
      "cells/11-mutates.ts": `import { cell } from "hex-runtime";
import held from "./10-held.ts";
export default cell({ held }, ({ held }) => {
  try {
    return held.list.push(99);
  } catch {
    return "refused";
  }
});`,
      "cells/12-neighbour.ts": `import { setImmediate as pause } from "node:timers/promises";
import { cell } from "hex-runtime";
import held from "./10-held.ts";
export default cell({ held }, async ({ held }) => {
  await pause();
  return JSON.stringify(held.list);
});`,
    }),
    ...(hasFailure && {
      "cells/13-fails.ts": `${TAG}
import { cell } from "hex-runtime";
import n from "./02-n.ts";
export default cell({ n }, ({ n }) => {
  if (n === ${MOST}) throw new Error("not this one");
  return [{ slider: n, tag: newTag("fails") }];
});`,
      "cells/14-after.ts": `import { cell } from "hex-runtime";
import fails from "./13-fails.ts";
export default cell({ fails }, ({ fails }) => [{ fails: fails[0].tag, slider: fails[0].slider }]);`,
    }),
    ...(hasButton && {
      "cells/15-send.ts": `import { button } from "hex-runtime";
export default button({});`,
      "cells/16-sent.ts": `${TAG}
import { appendFileSync } from "node:fs";
import { cell } from "hex-runtime";
import base from "./01-base.ts";
import send from "./15-send.ts";
export default cell({ base, send }, ({ base, send }) => {
  const tag = newTag("sent");
  if (send) appendFileSync(new URL("../presses.log", import.meta.url), tag + "\\n");
  return base.rows().map(({ n }) => ({ n, pressed: send, tag }));
});`,
    }),
    ...(hasChart && {
      "cells/17-plot.ts": `import { chart, cell } from "hex-runtime";
import scaled from "./04-scaled.ts";
export default cell({ scaled }, ({ scaled }) =>
  chart(scaled, { mark: "point", encoding: { x: { field: "n" }, y: { field: "x" } } }));`,
    }),
    ...(hasClock && {
      "cells/18-clock.ts": `${TAG}
import { cell } from "hex-runtime";
export default cell(() => newTag("clock") + " " + Date.now());`,
      "cells/19-seen.ts": `import { cell } from "hex-runtime";
import clock from "./18-clock.ts";
import sample from "./03-sample.ts";
export default cell({ clock, sample }, ({ clock, sample }) => clock + " " + sample[0].tag);`,
    }),
  };
}

const PROJECT_ID = "0d7c54a6-9c2e-4a35-8f0b-6f1d2c3b4a59";

/** What is wrong with cells that are shown side by side; empty when they are of one evaluation. */
export function findMix(shown: ReadonlyMap<string, unknown>): readonly string[] {
  const faults: string[] = [];
  const same = (what: string, left: unknown, right: unknown) => {
    if (left !== undefined && right !== undefined && left !== right) {
      faults.push(`${what}: ${String(left)} beside ${String(right)}`);
    }
  };
  const first = (cell: string): Readonly<Record<string, unknown>> => {
    const rows = shown.get(cell);
    return Array.isArray(rows) ? (rows[0] ?? {}) : {};
  };
  const scaled = first("scaled");
  same("scaled is of the base that is shown", scaled["base"], first("base")["tag"]);
  same("scaled is of the sample that is shown", scaled["sample"], first("sample")["tag"]);
  same("scaled has the slider's value", scaled["slider"], shown.get("n"));
  same("by_v is of the scaled that is shown", first("by_v")["tag"], scaled["tag"]);
  same("the chart is of the scaled that is shown", first("plot")["tag"], scaled["tag"]);
  const ordered = first("ordered");
  same("orders are of the day that is shown", first("orders")["day"], shown.get("day"));
  same("ordered has the day that is shown", ordered["day"], shown.get("day"));
  same("ordered is of the orders that are shown", ordered["orders"], first("orders")["tag"]);
  same("fails has the slider's value", first("fails")["slider"], shown.get("n"));
  same("after is of what is shown", first("after")["fails"], first("fails")["tag"]);
  same("a change of what a cell was handed", shown.get("mutates"), "refused");
  same("the neighbour of a change", shown.get("neighbour"), "[1,2,3]");
  const [clock] = [shown.get("clock")];
  if (typeof clock === "string" && typeof shown.get("seen") === "string") {
    same(
      "seen is of the clock and the sample",
      shown.get("seen"),
      `${clock} ${first("sample")["tag"]}`,
    );
  }
  return faults;
}

/** @throws when there are faults */
export function refuseMix(where: string, faults: readonly string[]): void {
  if (faults.length > 0)
    throw new Error(`${where}, two evaluations are mixed: ${faults.join("; ")}`);
}
