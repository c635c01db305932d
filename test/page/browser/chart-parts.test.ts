import { expect, test } from "vitest";
import {
  flatColumns,
  withFlatLabels,
  withYears,
  yearColumns,
} from "../../../src/page/browser/output/chart/axis-labels.ts";
import { chartRows, chartValue } from "../../../src/page/browser/output/chart/chart-rows.ts";
import { specWidth, toPageSpec } from "../../../src/page/browser/output/chart/page-spec.ts";
import {
  chartLabel,
  isZoomable,
  refusalOf,
  selectionNames,
  temporalFields,
} from "../../../src/page/browser/output/chart/spec-parts.ts";

const SCATTER = {
  mark: "point",
  encoding: {
    x: { field: "year", type: "quantitative" },
    y: { field: "mass", type: "quantitative", title: "Mass" },
  },
};

test("makes numbers of digits, and leaves out what no axis can show", () => {
  expect(chartValue("9007199254740993", "bigint", false)).toBe(9_007_199_254_740_992);
  expect(chartValue("NaN", "number", false)).toBeNaN();
  expect(chartValue("INF", "number", false)).toBeNull();
  expect(chartValue("-0", "number", false)).toBe(-0);
  expect(chartValue(null, "number", false)).toBeNull();
  expect(chartValue("INF", "string", false)).toBe("INF");
});

test("takes days for days where the viewer is, and only fields that are drawn as time", () => {
  const spec = {
    layer: [
      { encoding: { x: { field: "day", type: "temporal" } } },
      { encoding: { x: { field: "found", timeUnit: "year" }, color: { field: "other" } } },
    ],
  };
  const schema = [
    { name: "day", type: "date" },
    { name: "found", type: "instant" },
    { name: "other", type: "date" },
  ] as const;
  const row = { day: "2014-05-13", found: "2014-05-13T00:00:00.000Z", other: "2014-05-13" };
  expect(chartRows([row], schema, temporalFields(spec))).toEqual([
    {
      day: new Date(2014, 4, 13).getTime(),
      found: Date.UTC(2014, 4, 13),
      other: "2014-05-13",
    },
  ]);
});

test("describes a chart by its title, marks and fields, or in its author's words", () => {
  expect(chartLabel("Planets", SCATTER)).toBe("Planets: point chart of year (x), Mass (y)");
  expect(chartLabel("Planets", { ...SCATTER, description: "All of them" })).toBe("All of them");
});

test("refuses data and pictures from elsewhere, deep inside as well", () => {
  const layer = [{ data: { url: "https://example.com/x.csv" }, mark: "point" }];
  expect(refusalOf({ layer })).toContain("https://example.com/x.csv");
  expect(refusalOf({ encoding: { url: { value: "//example.com/x.png" } } })).toContain("pictures");
  expect(refusalOf(SCATTER)).toBeUndefined();
});

test("offers to zoom where an axis can be zoomed and the author has no selection", () => {
  expect(isZoomable(SCATTER)).toBe(true);
  expect(isZoomable({ ...SCATTER, params: [] })).toBe(false);
  expect(isZoomable({ hconcat: [SCATTER] })).toBe(false);
  expect(isZoomable({ mark: "bar", encoding: { x: { field: "method", type: "nominal" } } })).toBe(
    false,
  );
});

test("shares selections by name, and never how far a chart is zoomed", () => {
  const params = [
    { name: "brush", select: "interval" },
    { name: "view", select: "interval", bind: "scales" },
    { name: "size", value: 3 },
  ];
  expect([...selectionNames({ hconcat: [{ ...SCATTER, params }] })]).toEqual(["brush"]);
});

const NONE: ReadonlySet<string> = new Set();
const THEME = {
  ...{ ink: "#111", inkSoft: "#222", line: "#333", edge: "#444", surface: "#fff", font: "serif" },
  series: ["#123456"],
};

test("draws over the given rows in the page's colours, yet the author's own settings win", () => {
  const spec = { ...SCATTER, config: { axis: { grid: false }, background: "red" } };
  const options = {
    label: "A label",
    theme: THEME,
    isZooming: false,
    width: 480,
    years: NONE,
    flat: NONE,
  };
  expect(toPageSpec(spec, options)).toMatchObject({
    description: "A label",
    data: { name: "rows" },
    width: "container",
    config: { background: "red", axis: { grid: false, gridColor: "#333" } },
  });
});

test("gives one layer the zoom, and keeps a width that the author set", () => {
  const spec = { layer: [SCATTER, SCATTER], width: 300 };
  const options = { label: "", theme: THEME, isZooming: true, width: 480, years: NONE, flat: NONE };
  const { layer, width } = toPageSpec(spec, options) as unknown as {
    layer: { params?: unknown[] }[];
    width: unknown;
  };
  expect([width, layer.map(({ params }) => params?.length)]).toEqual([300, [1, undefined]]);
});

test("turns no names below an axis that fit beside each other, and leaves the author's own angle", () => {
  const encoding = { x: { field: "kind", type: "nominal" } };
  const few = ["a", "b", "a"].map((kind) => ({ kind }));
  const many = Array.from({ length: 20 }, (_, index) => ({ kind: `kind ${index}` }));
  expect([...flatColumns({ encoding }, few)]).toEqual(["kind"]);
  expect([...flatColumns({ layer: [{ encoding }] }, few)]).toEqual(["kind"]);
  expect([...flatColumns({ encoding }, many)]).toEqual([]);
  expect([...flatColumns({ hconcat: [{ encoding }] }, few)]).toEqual([]);
  const angleOf = (x: object) => {
    const spec = { ...withFlatLabels({ encoding: { x } }, new Set(["kind"])) };
    return (spec["encoding"] as { x: { axis?: { labelAngle?: number } } }).x.axis?.labelAngle;
  };
  expect(angleOf(encoding.x)).toBe(0);
  expect(angleOf({ ...encoding.x, axis: { labelAngle: 30 } })).toBe(30);
  expect(angleOf({ ...encoding.x, axis: null })).toBeUndefined();
});

const YEARS = [
  { name: "year", type: "integer" },
  { name: "planets", type: "integer" },
  { name: "mass", type: "number" },
] as const;

test("knows years by their column: integers of which a calendar has each", () => {
  const rows = [
    { year: 2014, planets: 1, mass: 1500 },
    { year: null, planets: 1200, mass: 1700 },
  ];
  expect([...yearColumns(YEARS, rows, SCATTER)]).toEqual(["year"]);
  const transform = [{ calculate: "datum.year * 2", as: "year" }];
  expect([...yearColumns(YEARS, rows, { ...SCATTER, transform })]).toEqual([]);
});

test("writes years as years where they are drawn themselves, and the author's way wins", () => {
  const { x, y } = SCATTER.encoding;
  const drawn = { x: { ...x, axis: { format: "d", tickMinStep: 1 } }, y };
  expect(withYears({ layer: [SCATTER] }, new Set(["year"]))).toEqual({
    layer: [{ ...SCATTER, encoding: drawn }],
  });
  const own = { field: "year", type: "quantitative" };
  for (const x of [
    { ...own, axis: null },
    { ...own, aggregate: "count" },
    { ...own, bin: true },
    { ...own, type: "ordinal" },
  ]) {
    const spec = { mark: "point", encoding: { x } };
    expect(withYears(spec, new Set(["year"]))).toEqual(spec);
  }
  const spec = { encoding: { x: { ...own, axis: { format: ".2f" } } } };
  expect(withYears(spec, new Set(["year"]))).toMatchObject({
    encoding: { x: { axis: { format: ".2f" } } },
  });
});

test("is made for the same width in all places that it looks the same in", () => {
  expect([0, 480, 1_200, 390, 385].map((width) => specWidth(SCATTER, width))).toEqual([
    480, 480, 480, 384, 384,
  ]);
  expect(specWidth({ vconcat: [SCATTER] }, 1_000)).toBe(984);
});
