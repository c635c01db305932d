import { fileURLToPath } from "node:url";
import { type DataFrame, readCSV } from "danfojs-node";
import { cell } from "hex-runtime";

const name = "planets/planet_data";
const source = fileURLToPath(new URL("../../../data/planets.csv", import.meta.url));

export default cell(async (_, { runContext, store }): Promise<DataFrame> => {
  if (runContext === "logic") {
    const planets = await readCSV(source);
    await store.writeFrame(name, planets);
    return planets;
  }
  const published = await store.readFrame(name);
  return published.toDanfo();
});
