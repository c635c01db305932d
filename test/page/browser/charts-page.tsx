import { render } from "preact";
import { useState } from "preact/hooks";
import type { ChartSpec } from "../../../src/cell/output.ts";
import type { JsonRow } from "../../../src/frame/json.ts";
import type { Schema } from "../../../src/frame/schema.ts";
import "../../../src/page/browser/design/design.css";
import { OutputView } from "../../../src/page/browser/output/output-view.tsx";
import type { RowsSource } from "../../../src/page/browser/output/rows-source.ts";

interface TestChart {
  readonly spec: ChartSpec;
  readonly columns: Schema;
  readonly head: readonly JsonRow[];
}

/** What the tests do to this page. */
interface ChartsHooks {
  /** shows charts by their names, as answers would; those that are not named stay */
  show(charts: Readonly<Record<string, TestChart>>): void;
  /** begins to count what changes in a picture */
  watch(name: string): void;
  changes: number;
  /** ends once a chart is known to be out of sight: observers hear in the order in which they began */
  untilOutOfSight(name: string): Promise<void>;
}

const source: RowsSource = {
  key: "charts",
  csvUrl: () => "/rows.csv",
  read: async ({ offset }) => ({ rows: 0, offset, head: [] }),
};

function Page() {
  const [charts, setCharts] = useState<Readonly<Record<string, TestChart>>>({});
  hooks.show = (others) => setCharts((last) => ({ ...last, ...others }));
  return (
    <main>
      <h1>Charts</h1>
      {Object.entries(charts).map(([name, chart]) => (
        <section key={name} aria-label={name}>
          <OutputView
            cell={{ name, title: null }}
            output={{ kind: "chart", rows: chart.head.length, ...chart }}
            rows={source}
          />
        </section>
      ))}
    </main>
  );
}

function pictureOf(name: string): Element {
  const picture = document.querySelector(`[aria-label="${name}"] svg.marks`);
  if (picture === null) throw new Error(`there is no picture of ${name}`);
  return picture;
}

const hooks: ChartsHooks = {
  show() {},
  changes: 0,
  watch(name) {
    const observer = new MutationObserver((records) => {
      hooks.changes += records.length;
    });
    observer.observe(pictureOf(name), { subtree: true, childList: true, attributes: true });
  },
  untilOutOfSight(name) {
    return new Promise((resolve) => {
      const observer = new IntersectionObserver(([entry]) => {
        if (entry?.isIntersecting === false) resolve();
      });
      observer.observe(pictureOf(name));
    });
  },
};
Object.assign(window, { hooks });
render(<Page />, document.body);
