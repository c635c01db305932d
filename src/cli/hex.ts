#!/usr/bin/env node
const { main } = await import("./main.ts");

process.exitCode = await main(process.argv.slice(2), {
  runtimeUrl: new URL("./index.js", import.meta.url).href,
});
// A cell may leave timers or sockets behind; the answer has been given, so nothing waits for them.
process.stdout.write("", () => process.exit());
