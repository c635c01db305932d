import { spawnSync } from "node:child_process";
import pg from "pg";
import { openDoors } from "./doors.mjs";
import { hasPeer } from "./peers.mjs";
import { summarise } from "./summarise.mjs";

const MOST_ROUNDS = 5;
const SQL = "SELECT * FROM bench_wide";
const TABLE = `CREATE TABLE bench_wide AS SELECT x AS id, 1e12::int8 + x AS wide, x * 0.37 AS price,
  (x % 1000)::numeric(10,2) / 4 AS total, 'r' || x % 20 AS region, md5(x::text) AS code,
  '2026-01-01'::date + x % 365 AS day, '2026-01-01'::timestamptz + x * interval '1 second 1 microsecond' AS at
  FROM generate_series(1, 1000000) AS x`;

/** Times reading 1,000,000 rows × 8 columns of PostgreSQL beside pandas and ADBC, in turn. */
export async function printPostgres({ root, python, rounds: asked }) {
  const doors = await openDoors(root);
  const { server, stop } = await doors.openPostgres({ env: {}, projectDirectory: root, log() {} });
  if (server === null) return console.log("PostgreSQL was not timed: none can be started here.\n");
  try {
    await makeTable(server.url);
    const job = [process.execPath, `${root}bench/postgres-job.mjs`, `${root}dist/index.js`];
    const peer = [python, `${root}bench/peers/postgres_read.py`];
    const commands = { hex: [...job, server.url, SQL] };
    if (hasPeer(python, "pandas", "psycopg", "sqlalchemy", "adbc_driver_postgresql")) {
      commands.pandas = [...peer, "pandas", server.url, SQL];
      commands.ADBC = [...peer, "adbc", server.url, SQL];
    }
    printFigures(measureInTurn(commands, Math.min(asked, MOST_ROUNDS)));
    if (!("ADBC" in commands)) console.log("pandas and ADBC were not timed: no Python has them.");
  } finally {
    await stop();
  }
}

async function makeTable(url) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(TABLE);
  await client.query("VACUUM ANALYZE bench_wide");
  await client.end();
}

/** Medians; the first round warms the server's and the system's caches, and does not count. */
function measureInTurn(commands, rounds) {
  const all = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, [program, ...argv]] of Object.entries(commands)) {
      const { status, stdout, stderr } = spawnSync(program, argv, { encoding: "utf8" });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      if (round > 0) all[name].push(JSON.parse(stdout));
    }
  }
  const median = (figures, key) => summarise(figures.map((each) => each[key])).medianMs;
  return Object.entries(all).map(([name, figures]) => ({
    name,
    ...Object.fromEntries(Object.keys(figures[0]).map((key) => [key, median(figures, key)])),
  }));
}

function printFigures([ours, ...theirs]) {
  const targets = { pandas: 1.0, ADBC: 1.5 };
  console.log("Reading 1,000,000 rows × 8 columns of PostgreSQL, without the start of the process");
  for (const each of [ours, ...theirs]) {
    const times = `${each.wallMs.toFixed(0)} ms wall, ${each.cpuMs.toFixed(0)} ms processor`;
    const memory = `${(each.addedBytes / 1e6).toFixed(0)} MB added`;
    const ratio =
      each === ours
        ? `${(ours.addedBytes / ours.columnBytes).toFixed(1)} × the columns (target at most 3)`
        : `ours is ${(ours.wallMs / each.wallMs).toFixed(2)} of its wall time (target at most ${targets[each.name]})`;
    console.log(`  ${each.name.padEnd(8)}${times}, ${memory}; ${ratio}`);
  }
  console.log("");
}
