import { runCell } from "../python-cell.ts";

/** Carries out a Python cell until it is killed, and prints the lines of its log. */
const [, , folder = "", interpreter = "", source = ""] = process.argv;
await runCell(folder, { source, interpreter, onLine: (line) => process.stdout.write(`${line}\n`) });
