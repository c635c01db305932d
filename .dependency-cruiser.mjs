// Holds the direction of imports: a room imports only rooms to its left (docs/architecture.md, "The rooms").
// Rooms of one place in the line stand side by side and do not know each other.
const line = [
  ["frame"],
  ["cell"],
  ["process"],
  ["data", "python"],
  ["source"],
  ["store"],
  ["queue", "schedule", "run"],
  ["project"],
  ["work"],
  ["kernel"],
  ["page"],
  ["server"],
  ["cli"],
];

const rooms = line.flatMap((places, index) =>
  places.map((room) => {
    const left = [
      "errors.ts",
      "text.ts",
      "sha256.ts",
      "or-aborted.ts",
      ...line.slice(0, index).flat(),
    ];
    const others = [...places.filter((name) => name !== room), ...line.slice(index + 1).flat()];
    return {
      name: `${room}-imports-leftwards`,
      comment: `\`src/${room}/\` may import only rooms to its left: ${left.join(", ")}. Move what is shared into the lowest room that needs it, or hand it over as a parameter in \`src/work/\`.`,
      severity: "error",
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${[...others, "index\\.ts"].join("|")})` },
    };
  }),
);

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...rooms,
    {
      name: "root-imports-nothing",
      comment:
        "Every room may import `errors.ts`, `text.ts`, `sha256.ts` and `or-aborted.ts`: these import none.",
      severity: "error",
      from: { path: "^src/(errors|text|sha256|or-aborted)\\.ts$" },
      to: { path: "^src/" },
    },
    {
      name: "client-stands-alone",
      comment:
        "`src/client/` runs in browsers and in other people's programs: it knows the server by HTTP only.",
      severity: "error",
      from: { path: "^src/client/" },
      to: { pathNot: "^src/client/" },
    },
    {
      name: "nobody-knows-the-client",
      comment: "The runtime serves the client; it does not use it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/client/" },
      to: { path: "^src/client/" },
    },
    {
      name: "start-stands-alone",
      comment:
        "`src/start/` loads the scripts in which all other code is: what it imports is loaded before, by every process.",
      severity: "error",
      from: { path: "^src/start/" },
      to: { path: "^src/", pathNot: "^src/start/" },
    },
    {
      name: "nobody-knows-the-start",
      comment: "Import what you need as ever: tools/build.mjs decides where it is found.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/start/" },
      to: { path: "^src/start/" },
    },
    {
      name: "browser-code-is-pure",
      comment:
        "`src/page/browser/` runs in browsers: of other rooms it may use the types, and at run time only what is pure, in `frame/`, `cell/` and the root.",
      severity: "error",
      from: { path: "^src/page/browser/" },
      to: {
        path: "^src/",
        pathNot: "^src/(page|frame|cell)/|^src/(errors|text)\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "browser-code-stays-there",
      comment: "What runs in browsers is bundled for them; the server only sends it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/page/browser/" },
      to: { path: "^src/page/browser/" },
    },
    {
      name: "no-loops",
      comment:
        "Two files that import each other, be it only a type, are one thing or hide a third: move what both need into the lower one.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "only-these-touch-the-disk",
      comment:
        "Files are opened only in `store/`, `queue/embedded/`, `process/`, `run/process/`, `data/`, `python/`, `source/`, `project/`, `work/`, `kernel/`, `server/`, `cli/`, `start/`, by the server's side of `page/`, and by what lists files, reads CSV and Parquet, and opens DuckDB in `frame/`. Take the data, or a function that reads it, as a parameter instead.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot:
          "^src/(store|queue/embedded|process|run/process|data|python|source|project|work|kernel|server|cli|start|frame/csv/read|frame/duckdb)/|^src/frame/(file-blocks|list-files|parquet/parquet-input)\\.ts$|^src/page/[^/]+\\.ts$",
      },
      to: { path: "^(node:)?(fs|fs/promises|os)$" },
    },
    {
      name: "only-these-use-the-network",
      comment:
        "Connections are opened and listened for only in `server/`, `cli/`, and by the libraries behind `store/s3/`, `queue/redis/` and `data/postgres/`. Take what is sent or received as a parameter instead.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(server|cli|store/s3|queue/redis)/" },
      to: { path: "^(node:)?(net|tls|dgram|dns|dns/promises|http|https|http2)$" },
    },
    {
      name: "only-this-starts-processes",
      comment:
        "Processes and threads are started only in `process/` and `run/process/`, which end them with all that they have started.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(run/)?process/" },
      to: { path: "^(node:)?(child_process|cluster|worker_threads)$" },
    },
    {
      name: "one-door-to-duckdb",
      comment: "DuckDB is 70 MB of native code: only `src/frame/duckdb/` opens it, and lazily.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/frame/duckdb/" },
      to: { path: "node_modules/@duckdb/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "one-door-to-the-python-parser",
      comment:
        "The parser of Python is loaded only when a `.py` file changed: only `src/source/python/` imports it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/source/python/" },
      to: { path: "node_modules/@lezer/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "one-door-to-s3",
      comment: "The S3 client costs 70 ms to load: only `src/store/s3/` imports it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/store/s3/" },
      to: { path: "node_modules/@aws-sdk/" },
    },
    {
      name: "one-door-to-redis",
      comment: "The Redis client costs 50 ms to load: only `src/queue/redis/` imports it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/queue/redis/" },
      to: { path: "node_modules/(bullmq|ioredis)/" },
    },
    {
      name: "one-door-to-postgres",
      comment:
        "PostgreSQL's driver is loaded by a run that asks a database: only `src/data/postgres/` imports it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/data/postgres/" },
      to: { path: "node_modules/(pg|pg-[a-z-]+|@types/pg)/" },
    },
    {
      name: "one-door-to-sqlite",
      comment:
        "The SQLite binding is to be replaced by `node:sqlite`: only the queue's port knows it, and what reads an author's own files.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: "^src/(queue/embedded/sqlite|data/sqlite/query-sqlite)\\.ts$",
      },
      to: { path: "node_modules/libsql/" },
    },
    {
      name: "not-to-test",
      comment: "What ships must not depend on what tests it.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|bench|tools|examples|cells)/" },
    },
    {
      name: "not-unreachable",
      comment: "Neither the commands nor the package's index reach this file: use it or delete it.",
      severity: "error",
      from: {
        path: "^src/(cli/hex|index|kernel/run-child|start/load|client/client|page/browser/start|page/browser/exported|page/browser/still/still)\\.tsx?$",
      },
      to: {
        path: "^src/",
        pathNot:
          "^src/(cli/hex|index|kernel/run-child|start/load|client/client|page/browser/start|page/browser/exported|page/browser/still/still)\\.tsx?$",
        reachable: false,
      },
    },
    {
      name: "resolvable",
      comment: "This import cannot be found: is it spelled right, and in package.json?",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["hex-source", "import", "node", "default"],
    },
  },
};
