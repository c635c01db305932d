/** Marks the handle by which a cell names the cells it imports, made by any copy of the package. */
const HANDLE = Symbol.for("hex-runtime.handle");

/** A cell as another cell's import of it: only its name, so that importing never evaluates it. */
export interface CellHandle {
  readonly [HANDLE]: true;
  readonly name: string;
}

export function isCellHandle(value: unknown): value is CellHandle {
  return typeof value === "object" && value !== null && HANDLE in value;
}

/** The name of the cell that a handle stands for; undefined when the value is no handle. */
export function handleName(value: unknown): string | undefined {
  return isCellHandle(value) ? value.name : undefined;
}

export function toCellHandle(name: string): CellHandle {
  return Object.freeze({ [HANDLE]: true as const, name });
}

/** The module that stands in for a cell's own wherever another cell imports it. */
export function toHandleModule(name: string): string {
  const mark = `[Symbol.for(${JSON.stringify(HANDLE.description)})]`;
  return `export default Object.freeze({ ${mark}: true, name: ${JSON.stringify(name)} });\n`;
}
