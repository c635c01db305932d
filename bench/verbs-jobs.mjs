// The verbs of our frames, or of Arquero, over rows that lie in Arrow files: each is timed in one process,
// and the times are told as a line of JSON.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [job, modulePath, folder, rounds, only] = process.argv.slice(2);

const works = await { hex: hexWorks, arquero: arqueroWorks }[job]();
console.log(JSON.stringify(measure(works)));

async function hexWorks() {
  const hex = await import(pathToFileURL(modulePath).href);
  const { count, desc, median, sum } = hex;
  const open = async (name) => hex.frameFromArrow(await readBytes(name));
  const [sales, rates, levels] = await Promise.all(["sales", "rates", "levels"].map(open));
  const total = { total: sum("value") };
  // What a verb leaves for later is done here, too: the columns of the rows that are left, in their order.
  const done = (frame) => frame.columns();
  return {
    "group by two texts": () =>
      done(sales.groupby("region", "city").rollup({ ...total, rows: count() })),
    "group by many texts": () => done(sales.groupby("user").rollup(total)),
    "group by hours": () => done(sales.groupby("hour").rollup(total)),
    "median by group": () => done(sales.groupby("city").rollup({ median: median("value") })),
    "join on a number": () => done(sales.join(rates, "key")),
    "join on a text": () => done(sales.join(levels, "user")),
    "sort numbers": () => done(sales.orderby("value")),
    "sort texts": () => done(sales.orderby("note")),
    "sort times": () => done(sales.orderby("moment")),
    "sort by two": () => done(sales.orderby("region", desc("value"))),
    "filter numbers": () => done(sales.filter((row) => row.value > 500)),
    "filter texts": () => done(sales.filter((row) => row.note === "n000000007")),
    "filter times": () => done(sales.filter((row) => row.moment >= "2024-05-01T00:00:00")),
    "filter, then group": () =>
      done(
        sales
          .filter((row) => row.region === "r3")
          .groupby("city")
          .rollup(total),
      ),
    "distinct texts": () => sales.distinct("user"),
  };
}

async function arqueroWorks() {
  const { desc, fromArrow, op } = await import("arquero");
  const open = async (name) => fromArrow(await readBytes(name));
  const [sales, rates, levels] = await Promise.all(["sales", "rates", "levels"].map(open));
  const total = { total: op.sum("value") };
  const may = new Date(2024, 4, 1);
  const done = (table) => table.reify();
  return {
    "group by two texts": () =>
      done(sales.groupby("region", "city").rollup({ ...total, rows: op.count() })),
    "group by many texts": () => done(sales.groupby("user").rollup(total)),
    "group by hours": () => done(sales.groupby("hour").rollup(total)),
    "median by group": () => done(sales.groupby("city").rollup({ median: op.median("value") })),
    "join on a number": () => done(sales.join(rates, "key")),
    "join on a text": () => done(sales.join(levels, "user")),
    "sort numbers": () => done(sales.orderby("value")),
    "sort texts": () => done(sales.orderby("note")),
    "sort times": () => done(sales.orderby("moment")),
    "sort by two": () => done(sales.orderby("region", desc("value"))),
    "filter numbers": () => done(sales.filter((row) => row.value > 500)),
    "filter texts": () => done(sales.filter((row) => row.note === "n000000007")),
    "filter times": () => done(sales.params({ may }).filter((row, $) => row.moment >= $.may)),
    "filter, then group": () =>
      done(
        sales
          .filter((row) => row.region === "r3")
          .groupby("city")
          .rollup(total),
      ),
    "distinct texts": () => done(sales.select("user").dedupe()),
  };
}

async function readBytes(name) {
  return new Uint8Array(await readFile(`${folder}/${name}.arrow`));
}

function measure(all) {
  const times = {};
  for (const [name, work] of Object.entries(all)) {
    if (only !== undefined && !name.includes(only)) continue;
    times[name] = [];
    for (let round = 0; round <= Number(rounds); round++) {
      const startedMs = performance.now();
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      const wallMs = performance.now() - startedMs;
      if (round > 0) times[name].push([(user + system) / 1000, wallMs]);
    }
  }
  return times;
}
