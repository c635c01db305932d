import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DataFrame, readCSV } from "danfojs-node";
import { cached } from "hex-runtime";
import sleepTime from "./02-sleep_time.ts";

const source = fileURLToPath(new URL("../data/planets.csv", import.meta.url));

export default cached(
  "planets/planet_data",
  { sleepTime },
  async ({ sleepTime }, { progress, signal }) => {
    for (let second = 0; second < sleepTime; second++) {
      progress(second / sleepTime, "Simulating heavy compute");
      await setTimeout(1_000, undefined, { signal });
    }
    progress(1, "Reading the catalogue");
    const catalogue: DataFrame = await readCSV(source);
    return catalogue.rename({ number: "planets_in_system" });
  },
  {
    schema: {
      method: "string",
      planets_in_system: "integer",
      orbital_period: "number",
      mass: "number",
      distance: "number",
      year: "integer",
    },
  },
);
