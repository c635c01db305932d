import { cached, readCsv } from "hex-runtime";

export default cached("planets/planet_data", () =>
  readCsv(new URL("../../../data/planets.csv", import.meta.url)),
);
