// Stands for `.hex/cells.d.ts`, which the first run writes.
declare module "*/03-flights.sql" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<
    Frame<{
      readonly departure: string | null;
      readonly origin: string | null;
      readonly destination: string | null;
      readonly miles: number | null;
      readonly delay: number | null;
    }>
  >;
  export default cell;
}
declare module "*/04-hours.sql" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<
    Frame<{
      readonly day: string | null;
      readonly weekday: number | null;
      readonly hour: number | null;
      readonly origin: string | null;
      readonly flights: number | null;
      readonly delay: number | null;
      readonly delay_of_late: number | null;
      readonly late_15: number | null;
      readonly late_30: number | null;
      readonly late_45: number | null;
      readonly late_60: number | null;
    }>
  >;
  export default cell;
}
declare module "*/05-delays.sql" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<
    Frame<{
      readonly weekday: number | null;
      readonly hour: number | null;
      readonly origin: string | null;
      readonly delay: number | null;
      readonly flights: number | null;
    }>
  >;
  export default cell;
}
declare module "*/06-routes.sql" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<
    Frame<{
      readonly origin: string | null;
      readonly destination: string | null;
      readonly miles: number | null;
      readonly flights: number | null;
      readonly delay: number | null;
      readonly delay_of_late: number | null;
      readonly late_15: number | null;
      readonly late_30: number | null;
      readonly late_45: number | null;
      readonly late_60: number | null;
    }>
  >;
  export default cell;
}
declare module "*/07-airports.sql" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<
    Frame<{
      readonly origin: string | null;
      readonly latitude: number | null;
      readonly longitude: number | null;
      readonly departures: number | null;
    }>
  >;
  export default cell;
}
declare module "*/24-busiest_routes.sql" {
  import type { Cell, Frame } from "hex-runtime";

  const cell: Cell<
    Frame<{
      readonly origin: string | null;
      readonly destination: string | null;
      readonly miles: number | null;
      readonly flights: number | null;
      readonly mean_delay: number | null;
      readonly percent_late: number | null;
    }>
  >;
  export default cell;
}
