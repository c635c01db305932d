import pg from "pg";
import { openDoors } from "./doors.mjs";
import { measureInTurn, tell } from "./jobs.mjs";
import { hasPeer } from "./peers.mjs";

const MOST_ROUNDS = 5;
const SQL = "SELECT * FROM bench_wide";
const toTable = (
  rows,
) => `CREATE TABLE bench_wide AS SELECT x AS id, 1e12::int8 + x AS wide, x * 0.37 AS price,
  (x % 1000)::numeric(10,2) / 4 AS total, 'r' || x % 20 AS region, md5(x::text) AS code,
  '2026-01-01'::date + x % 365 AS day, '2026-01-01'::timestamptz + x * interval '1 second 1 microsecond' AS at
  FROM generate_series(1, ${rows}) AS x`;

/** Times reading 1,000,000 rows × 8 columns of PostgreSQL beside pandas and ADBC, in turn. */
export async function printPostgres({ root, python, rounds: asked, isSmall, record }) {
  const doors = await openDoors(root);
  const { server, stop } = await doors.openPostgres({ env: {}, projectDirectory: root, log() {} });
  if (server === null) return console.log("PostgreSQL was not timed: none can be started here.\n");
  try {
    const size = isSmall ? 10_000 : 1_000_000;
    await makeTable(server.url, size);
    const job = [process.execPath, `${root}bench/postgres-job.mjs`, `${root}dist/index.js`];
    const peer = [python, `${root}bench/peers/postgres_read.py`];
    const commands = { hex: [...job, server.url, SQL] };
    if (hasPeer(python, "pandas", "psycopg", "sqlalchemy", "adbc_driver_postgresql")) {
      commands.pandas = [...peer, "pandas", server.url, SQL, String(size)];
      commands.ADBC = [...peer, "adbc", server.url, SQL, String(size)];
    }
    const figures = measureInTurn(commands, Math.min(asked, MOST_ROUNDS));
    tell(
      { table: "PostgreSQL", row: "readPostgres of 8 columns, without the process' start", size },
      figures,
      {
        ...{ record, targets: { pandas: 1, ADBC: 1.5 }, by: "wallMs" },
        note: ({ addedBytes, columnBytes }) =>
          `  Memory that reading adds is ${(addedBytes / columnBytes).toFixed(1)} of the columns' own (target at most 3)`,
      },
    );
    if (!("ADBC" in commands)) console.log("pandas and ADBC were not timed: no Python has them.");
  } finally {
    await stop();
  }
}

async function makeTable(url, rows) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(toTable(rows));
  await client.query("VACUUM ANALYZE bench_wide");
  await client.end();
}
