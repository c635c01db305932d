// Stands for `.hex/cells.d.ts`, which the first run of an example writes, with the columns.
declare module "*.py" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<Frame>;
  export default cell;
}
