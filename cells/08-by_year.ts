import { cell, chart } from "hex-runtime";
import filtered from "./05-filtered.ts";

export default cell(
  { filtered },
  ({ filtered }) =>
    chart(filtered.groupby("year", "method").count().orderby("year"), {
      mark: "bar",
      encoding: {
        x: { field: "year", type: "ordinal", title: "Year" },
        y: { field: "count", type: "quantitative", title: "Planets found" },
        color: { field: "method", type: "nominal", title: "Method" },
      },
    }),
  { title: "Planets found each year" },
);
