import { defineConfig } from "vitest/config";
import { UNIT } from "./test/lanes.ts";
import { LongFilesFirst } from "./test/long-files-first.ts";

// `import "hex-runtime"` means the sources; the others are what vitest has without this list.
const conditions = ["hex-source", "node", "development|production"];

const resolved = { resolve: { conditions }, ssr: { resolve: { conditions } } };
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
const exclude = ["test/fixtures/**", "node_modules/**"];

export default defineConfig({
  test: {
    pool: "forks",
    // One more than the two cores that are counted on: tests of crashes mostly wait.
    maxWorkers: 3,
    sequence: { sequencer: LongFilesFirst },
    coverage: { provider: "v8", include: ["src/**/*.ts"] },
    projects: [
      {
        ...resolved,
        test: {
          name: "unit",
          include: UNIT,
          exclude,
          env,
          isolate: false,
          setupFiles: ["test/no-processes.ts"],
          // Three times as long in CI, whose machine may be busy: what hangs is seen all the same.
          testTimeout: process.env["CI"] ? 15_000 : 5_000,
        },
      },
      {
        ...resolved,
        test: {
          name: "world",
          include: ["test/**/*.test.ts"],
          exclude: [...exclude, ...UNIT],
          env,
          globalSetup: ["test/global-setup.ts"],
          // Real servers and child processes on a busy machine: far above what any test takes.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 30_000 } },
          typecheck: {
            enabled: true,
            include: ["test/types/**/*.test-d.ts"],
            tsconfig: "test/types/tsconfig.json",
            // `npm run types` reports all other files.
            ignoreSourceErrors: true,
          },
        },
      },
    ],
  },
});
