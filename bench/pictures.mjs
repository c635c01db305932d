import { writeFile } from "node:fs/promises";
import { parse, View } from "vega";
import { compile } from "vega-lite";
import { toRatios } from "./report.mjs";

/** Colours that people who see few of them tell apart, the same for a tool in each picture. */
const COLOURS = {
  hex: "#0f62fe",
  before: "#9aa0a6",
  polars: "#d55e00",
  duckdb: "#e0a800",
  pandas: "#009e73",
  arquero: "#cc79a7",
  Streamlit: "#7b3fa0",
};
const CONFIG = {
  background: "white",
  padding: 12,
  font: "Inter, Helvetica, Arial, sans-serif",
  view: { stroke: "#e3e6ea" },
  axis: { gridColor: "#eef0f3", labelColor: "#444", titleColor: "#444", titleFontWeight: "normal" },
  header: { labelFontWeight: "bold", labelFontSize: 11, labelColor: "#222" },
};

/** Draws what was measured: a curve where there are several sizes, else what ours is of each other. */
export async function drawPictures(root, figures) {
  const at = ({ group, table, row }) => `${group} ${table} ${row}`;
  const sizes = new Map();
  for (const each of figures) {
    sizes.set(at(each), new Set([...(sizes.get(at(each)) ?? []), each.size]));
  }
  const isCurve = (each) => sizes.get(at(each)).size > 1;
  const curves = figures.filter((each) => isCurve(each) && toMs(each) !== undefined);
  for (const [name, own] of groupBy(curves)) {
    await draw(`${root}docs/images/performance-${name}.svg`, toCurves(own));
  }
  const ratios = toRatios(figures).filter((each) => !isCurve(each) && each.target !== undefined);
  if (ratios.length > 0) {
    await draw(`${root}docs/images/performance-ratios.svg`, toRatioPlot(ratios));
  }
}

function groupBy(figures) {
  const groups = new Map();
  for (const each of figures) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}

/** Processor time where it was measured, else wall time. */
function toMs({ cpuMs, wallMs }) {
  return cpuMs ?? wallMs;
}

function toCurves(figures) {
  const tools = [...new Set(figures.map(({ tool }) => tool))];
  const colour = (tool, index) => COLOURS[tool] ?? ["#56b4e9", "#333333", "#a6761d"][index % 3];
  const values = figures.map((each) => ({ ...each, ms: Math.max(toMs(each), 0.01) }));
  const log = (field, title, axis) => ({
    ...{ field, type: "quantitative", title, scale: { type: "log", nice: false } },
    axis,
  });
  const sizes = [...new Set(figures.map(({ size }) => size))];
  return {
    data: { values },
    facet: { field: "row", type: "nominal", title: null, sort: null },
    columns: 3,
    resolve: { scale: { y: "independent" }, axis: { x: "independent" } },
    spec: {
      width: 220,
      height: 130,
      mark: { type: "line", point: { size: 28 }, strokeWidth: 1.8 },
      encoding: {
        x: log("size", null, { format: "~s", values: sizes }),
        y: log("ms", "ms", { labelExpr: "datum.value", values: POWERS }),
        color: {
          ...{ field: "tool", type: "nominal", title: null, legend: { orient: "top" } },
          scale: { domain: tools, range: tools.map(colour) },
        },
      },
    },
  };
}

const POWERS = [-2, -1, 0, 1, 2, 3, 4, 5, 6].map((power) => 10 ** power);

function toRatioPlot(ratios) {
  const values = ratios.map(({ table, row, size, tool, ratio, target }) => ({
    what: `${table}: ${row}${size === undefined ? "" : `, ${size.toLocaleString("en")}`} ÷ ${tool}`,
    ratio,
    target,
    is: ratio <= target ? "met" : "missed",
  }));
  const y = { field: "what", type: "nominal", title: null, sort: null, axis: { labelLimit: 900 } };
  const x = (field) => ({
    field,
    type: "quantitative",
    title: "ours ÷ theirs; the line is the target",
    scale: { type: "log" },
  });
  const colour = { domain: ["met", "missed"], range: ["#009e73", "#d55e00"] };
  return {
    data: { values },
    width: 420,
    height: { step: 17 },
    layer: [
      { mark: { type: "tick", thickness: 2, color: "#222" }, encoding: { y, x: x("target") } },
      {
        mark: { type: "point", filled: true, size: 60 },
        encoding: {
          y,
          x: x("ratio"),
          color: {
            field: "is",
            type: "nominal",
            title: null,
            scale: colour,
            legend: { orient: "top" },
          },
        },
      },
    ],
  };
}

async function draw(path, spec) {
  const view = new View(parse(compile({ ...spec, config: CONFIG }).spec), { renderer: "none" });
  await writeFile(path, `${await view.toSVG()}\n`);
  view.finalize();
}
