// What an author may import, one name a line; everything else is an implementation detail.
export type { Cell, CellContext, CellOptions, CachedOptions, FrameStore, PublishedFrames } from "./cell/cell.ts";
export { cached, cell } from "./cell/cell.ts";
