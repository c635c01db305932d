import { fileURLToPath } from "node:url";
import { toProjectPath } from "../cell-files.ts";
import { type FilePosition, findSource } from "./source-map.ts";

/** Where in the author's code something happened; line and column count from 1. */
export interface SourcePlace {
  /** below the project's folder, with `/` */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface AuthorCode {
  readonly projectDirectory: string;
  /** whether the path, below the project's folder, is one of the author's source files */
  isSource(file: string): boolean;
}

/** `file:12:7`, as editors and terminals link it. */
export function formatPlace({ file, line, column }: SourcePlace): string {
  return `${file}:${line}:${column}`;
}

/** The first place in the author's code that an error, or else its cause, went through. */
export function findSourcePlace(error: unknown, code: AuthorCode): SourcePlace | undefined {
  const seen = new Set<unknown>();
  let each = error;
  while (each instanceof Error && !seen.has(each)) {
    seen.add(each);
    for (const frame of readFrames(each.stack ?? "")) {
      const place = toSourcePlace(frame, code);
      if (place !== undefined) return place;
    }
    each = each.cause;
  }
  return undefined;
}

/** Makes stacks point to the author's files instead of the compiled ones, unless Node already does. */
export function mapStacks(): void {
  const isMapped = Reflect.get(process, "sourceMapsEnabled") === true;
  if (isMapped || Error.prepareStackTrace === prepareMapped) return;
  Error.stackTraceLimit = Math.max(Error.stackTraceLimit, STACK_DEPTH);
  prepare = Error.prepareStackTrace ?? prepare;
  Error.prepareStackTrace = prepareMapped;
}

/** How stacks were written before; Node calls it when a stack is first looked at. */
let prepare = (error: Error, frames: NodeJS.CallSite[]): unknown =>
  [String(error), ...frames].join("\n    at ");

function prepareMapped(error: Error, frames: NodeJS.CallSite[]): unknown {
  const stack = prepare(error, frames);
  return typeof stack === "string" ? mapFrames(stack) : stack;
}

/** Deep enough to reach the author's line through the libraries it calls. */
const STACK_DEPTH = 40;

/** A message, which may hold data, stands above the frames in lines that may be long. */
const LONGEST_LINE = 1_000;
const LINES_AT_EACH_END = 100;

const FRAME =
  /(file:\/\/[^\s()]+?|[\\/][^():\n]+?|[A-Za-z]:[\\/][^():\n]+?):(\d+)(?::(\d+))?(?=\)|\n|$)/g;

function mapFrames(text: string): string {
  const lines = text.split("\n");
  return lines
    .map((line, index) => (isLookedAt(line, index, lines) ? mapLine(line) : line))
    .join("\n");
}

function mapLine(text: string): string {
  return text.replace(FRAME, (frame, url: string, line: string, column: string | undefined) => {
    const found = findSource(toPath(url), Number(line), Number(column ?? 1));
    return found === undefined ? frame : `${found.path}:${found.line}:${found.column}`;
  });
}

/** Frames are short, and stand at the end, or in the first line where a module can't be read. */
function isLookedAt(line: string, index: number, { length }: readonly string[]): boolean {
  const isNearEnd = index < LINES_AT_EACH_END || index >= length - LINES_AT_EACH_END;
  return line.length <= LONGEST_LINE && isNearEnd;
}

function* readFrames(stack: string): Iterable<FilePosition> {
  const looked = stack.split("\n").filter(isLookedAt);
  for (const [, url = "", line, column = 1] of looked.join("\n").matchAll(FRAME)) {
    yield { path: toPath(url), line: Number(line), column: Number(column) };
  }
}

function toPath(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}

function toSourcePlace(frame: FilePosition, code: AuthorCode): SourcePlace | undefined {
  const { path, line, column } = findSource(frame.path, frame.line, frame.column) ?? frame;
  const file = toProjectPath(code.projectDirectory, path);
  return code.isSource(file) ? { file, line, column } : undefined;
}
