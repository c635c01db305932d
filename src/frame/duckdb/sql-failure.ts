/** Failures of DuckDB in a sentence. */
import { toMessage } from "../../errors.ts";

interface DuckdbFailure {
  readonly message: string;
  /** the byte of the statement that it is about, where DuckDB tells it */
  readonly at: number | undefined;
}

/** Reads a failure, which DuckDB tells as JSON. */
export function toDuckdbFailure(thrown: unknown): DuckdbFailure {
  const told = readJson(toMessage(thrown));
  if (told === undefined) return { message: toMessage(thrown).split("\n")[0] ?? "", at: undefined };
  const kind = String(told["exception_type"] ?? "Unknown");
  const text = String(told["exception_message"] ?? "").trim();
  const position = told["position"];
  const at = typeof position === "string" && /^\d+$/.test(position) ? Number(position) : undefined;
  return { message: explain(`${kind} Error: ${text}`), at };
}

/** What a statement is refused with before it is run; the failure itself comes after it. */
const REFUSED = /^Failed to extract statements: (?:\w+ )*Error: /;

function readJson(message: string): Readonly<Record<string, unknown>> | undefined {
  const text = message.replace(REFUSED, "");
  if (!text.startsWith("{")) return undefined;
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === "object" && told !== null && "exception_message" in told
      ? { ...told }
      : undefined;
  } catch {
    // It is a plain sentence.
    return undefined;
  }
}

/** Aggregates of DuckDB that give an error where verbs and other tools give NaN. */
const OUT_OF_RANGE = /^Out of Range Error: (\w+) is out of range!/;
const OUT_OF_MEMORY = /^Out of Memory Error: (.*)/;
const CLOSED = /^Permission Error: .*disabled/s;

function explain(message: string): string {
  const [, name] = OUT_OF_RANGE.exec(message) ?? [];
  if (name !== undefined) {
    const hint = `of numbers that are, ask for ${name.toLowerCase()}(v) FILTER (WHERE isfinite(v))`;
    return `Expected the numbers of ${name} to be finite, got NaN or an infinity, or a result beyond all numbers (${hint})`;
  }
  const [, memory] = OUT_OF_MEMORY.exec(message) ?? [];
  if (memory !== undefined) {
    return `Expected the query to find room in half of the run's memory and on the disk, got: ${memory} (raise \`runs.memory\` in hex.config.json, or free space in the temporary folder)`;
  }
  const sentence = message.replace(/\s*\n\s*/g, " ");
  if (!CLOSED.test(message)) return sentence;
  return `${sentence} (a query reads only the files that it names in place, such as 'data/x.parquet', and reaches for nothing else)`;
}
