import { changeset, parse, truthy, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import type { ChartRow } from "./chart-rows.ts";
import { ROWS } from "./page-spec.ts";
import { forgetChosenRows, shareSelections } from "./shared-selections.ts";
import { ChartFaults, closedLoader, tooltipHandler, withoutBrushRoles } from "./vega-patches.ts";

/** All that a chart is drawn from. */
export interface ChartPlan {
  readonly spec: TopLevelSpec;
  readonly rows: readonly ChartRow[];
  readonly renderer: "svg" | "canvas";
  /** names of the selections that other charts of the page may share */
  readonly selections: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
}

/** A chart that is drawn in an element of the page: compiled once for all rows. */
export class ChartDrawing {
  readonly element: HTMLElement;
  readonly #view: View;
  readonly #plan: ChartPlan;
  readonly #faults: ChartFaults;
  readonly #visibility: Visibility;
  readonly #endSharing: () => void;
  /** of its element, when it was last made to fit */
  #width: number;
  /** rows that are to be shown, as long as they are not */
  #waiting: readonly ChartRow[] | null = null;

  private constructor(element: HTMLElement, view: View, plan: ChartPlan, faults: ChartFaults) {
    this.element = element;
    this.#view = view;
    this.#plan = plan;
    this.#faults = faults;
    this.#width = element.clientWidth;
    this.#visibility = new Visibility(element);
    const { selections: names, columns } = plan;
    this.#endSharing = shareSelections({ view, names, columns });
  }

  /**
   * Draws a chart in an element that is in the document.
   * @throws {Error} with Vega's words on what it cannot draw
   */
  static async draw(element: HTMLElement, plan: ChartPlan): Promise<ChartDrawing> {
    const faults = new ChartFaults();
    const { spec } = compile(plan.spec, { logger: faults });
    const view = new View(parse(withoutBrushRoles(spec), undefined, { ast: true }), {
      container: element,
      expr: expressionInterpreter,
      loader: closedLoader(),
      logger: faults,
      renderer: plan.renderer,
      hover: true,
      tooltip: tooltipHandler(),
    });
    try {
      view.change(ROWS, changeset().insert([...plan.rows]));
      await view.runAsync();
      faults.throwFirst();
      return new ChartDrawing(element, view, plan, faults);
    } catch (error) {
      view.finalize();
      throw error;
    }
  }

  /**
   * Shows other rows in the same picture; one that is not visible leaves the next frame to the others.
   * @throws {Error} with Vega's words on what it cannot draw; the picture is then no good any more
   */
  async show(rows: readonly ChartRow[]): Promise<void> {
    this.#waiting = rows;
    if (!this.#visibility.isVisible) await afterPaint();
    await this.#showWaiting();
  }

  /** Makes the picture as wide as its place is now. */
  async fit(): Promise<void> {
    const width = this.element.clientWidth;
    const fits = "width" in this.#plan.spec && this.#plan.spec.width === "container";
    if (!fits || width === 0 || width === this.#width) return;
    this.#width = width;
    this.#view.signal("width", width);
    await this.#view.runAsync();
  }

  /** The picture as a file, sharp on fine screens and in print. */
  async image(type: "png" | "svg"): Promise<Blob> {
    await this.#showWaiting();
    if (type === "svg") return new Blob([await this.#view.toSVG()], { type: "image/svg+xml" });
    const canvas = await this.#view.toCanvas(2);
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob === null) reject(new Error("The browser could not make a picture."));
        else resolve(blob);
      }, "image/png");
    });
  }

  close(): void {
    this.#waiting = null;
    this.#visibility.close();
    this.#endSharing();
    this.#view.finalize();
    this.element.remove();
  }

  async #showWaiting(): Promise<void> {
    const rows = this.#waiting;
    if (rows === null) return;
    this.#waiting = null;
    this.#faults.forget();
    forgetChosenRows(this.#view, this.#plan.selections);
    const other = changeset()
      .remove(truthy)
      .insert([...rows]);
    // other values may need more room for their labels
    await this.#view.change(ROWS, other).resize().runAsync();
    this.#faults.throwFirst();
  }
}

/** Whether an element stands where the viewer sees it; as long as that is not known, it does. */
class Visibility {
  #isVisible = true;
  readonly #observer: IntersectionObserver;

  constructor(element: Element) {
    this.#observer = new IntersectionObserver((entries) => {
      this.#isVisible = entries.at(-1)?.isIntersecting ?? true;
    });
    this.#observer.observe(element);
  }

  get isVisible(): boolean {
    return this.#isVisible;
  }

  close(): void {
    this.#observer.disconnect();
  }
}

/** Ends once the page's next frame has been painted; in a hidden tab there is none. */
function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    // what is sent within a frame's callbacks arrives as soon as it has been painted
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    requestAnimationFrame(() => port2.postMessage(null));
  });
}
