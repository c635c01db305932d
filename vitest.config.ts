import { defineConfig } from "vitest/config";
import { LongFilesFirst } from "./test/long-files-first.ts";

// `import "hex-runtime"` means the sources; the others are what vitest has without this list.
const conditions = ["hex-source", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/fixtures/**", "node_modules/**"],
    globalSetup: ["test/global-setup.ts"],
    pool: "forks",
    // One more than the two cores that are counted on: tests of crashes mostly wait.
    maxWorkers: 3,
    sequence: { sequencer: LongFilesFirst },
    // Real servers and child processes on a busy machine: far above what any test takes.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    typecheck: {
      enabled: true,
      include: ["test/types/**/*.test-d.ts"],
      tsconfig: "test/types/tsconfig.json",
      // `npm run types` tells about all other files.
      ignoreSourceErrors: true,
    },
    coverage: { provider: "v8", include: ["src/**/*.ts"] },
  },
});
