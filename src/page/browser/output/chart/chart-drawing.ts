import { changeset, type Mark, parse, type Spec, truthy, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import type { ChartRow } from "./chart-rows.ts";
import { tooltipHandler } from "./chart-tooltip.ts";
import { closedLoader } from "./closed-loader.ts";
import { ROWS } from "./page-spec.ts";
import { shareSelections } from "./shared-selections.ts";

/** What is to be drawn. */
export interface ChartPlan {
  readonly spec: TopLevelSpec;
  readonly rows: readonly ChartRow[];
  readonly renderer: "svg" | "canvas";
  /** names of the selections that other charts of the page may share */
  readonly selections: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
}

/** A chart that is drawn in an element of the page. */
export class ChartDrawing {
  readonly element: HTMLElement;
  readonly #view: View;
  readonly #fits: boolean;
  readonly #endSharing: () => void;

  private constructor(element: HTMLElement, view: View, plan: ChartPlan) {
    this.element = element;
    this.#view = view;
    this.#fits = "width" in plan.spec && plan.spec.width === "container";
    const { selections: names, columns } = plan;
    this.#endSharing = shareSelections({ view, names, columns });
  }

  /**
   * Draws a chart in an element that is in the document.
   * @throws {Error} with Vega's words on what it cannot draw
   */
  static async draw(element: HTMLElement, plan: ChartPlan): Promise<ChartDrawing> {
    const faults = new Faults();
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
      return new ChartDrawing(element, view, plan);
    } catch (error) {
      view.finalize();
      throw error;
    }
  }

  /** Shows other rows in the same picture. */
  async show(rows: readonly ChartRow[]): Promise<void> {
    this.#view.change(
      ROWS,
      changeset()
        .remove(truthy)
        .insert([...rows]),
    );
    await this.#view.runAsync();
  }

  /** Makes the picture as wide as its place is now. */
  async fit(): Promise<void> {
    const width = this.element.clientWidth;
    if (!this.#fits || width === 0 || width === this.#view.signal("width")) return;
    this.#view.signal("width", width);
    await this.#view.runAsync();
  }

  /** The picture as a file, sharp on fine screens and in print. */
  async image(type: "png" | "svg"): Promise<Blob> {
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
    this.#endSharing();
    this.#view.finalize();
    this.element.remove();
  }
}

/** The rectangles of a selection are no marks to be heard of, and Vega gives them no name. */
function withoutBrushRoles(spec: Spec): Spec {
  const marks = spec.marks?.map((mark): Mark => {
    if (mark.type === "group") return { ...mark, ...withoutBrushRoles(mark) };
    return /_brush(?:_bg)?$/.test(mark.name ?? "") ? { ...mark, aria: false } : mark;
  });
  return marks === undefined ? spec : { ...spec, marks };
}

/** Hears what Vega would write to the console, and keeps the first fault. */
class Faults {
  #first: string | undefined;

  level(): this;
  level(value: number): this;
  level(): this {
    return this;
  }

  error(...words: readonly unknown[]): this {
    this.#first ??= words.map((each) => (each instanceof Error ? each.message : each)).join(" ");
    return this;
  }

  warn(): this {
    return this;
  }

  info(): this {
    return this;
  }

  debug(): this {
    return this;
  }

  throwFirst(): void {
    if (this.#first !== undefined) throw new Error(this.#first);
  }
}
