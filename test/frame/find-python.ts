import { execFileSync } from "node:child_process";

/** A Python that has the module: that of the benchmarks, where they have been run, or any. */
export function findPython(module: string): string | undefined {
  return [".cache/bench-venv/bin/python", "python3"].find((python) => {
    try {
      execFileSync(python, ["-c", `import ${module}`], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}
