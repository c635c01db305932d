import type { RowShape, Value } from "../schema.ts";
import type { Aggregate, AggregateResult } from "./aggregate.ts";

/** A row of a frame whose columns are not known to the compiler. */
export type UntypedRow = Readonly<Record<string, Value>>;

/** A row as functions of rows see it: what is missing is undefined, so that nothing is computed of it. */
export type SeenRow<Row extends RowShape> = {
  readonly [Name in keyof Row]: null extends Row[Name]
    ? Exclude<Row[Name], null> | undefined
    : Row[Name];
};

/** The names of a row's columns. */
export type ColumnName<Row extends RowShape> = Extract<keyof Row, string>;

/** The aggregates that `rollup` computes, by column name. */
export type RollupSpec<Row extends RowShape> = Readonly<Record<string, Aggregate<ColumnName<Row>>>>;

/** A row with columns added or replaced by functions that give their values. */
export type Derived<Row extends RowShape, Values> = Flat<
  Omit<Row, keyof Values> & {
    readonly [Name in keyof Values]: OrMissing<Values[Name], MadeOfMissing<Row>>;
  }
>;

/** A row with columns renamed. */
export type Renamed<Row extends RowShape, Names> = {
  readonly [Name in keyof Row as Name extends keyof Names
    ? Names[Name] extends string
      ? Names[Name]
      : Name
    : Name]: Row[Name];
};

/** A row of aggregates; `Keys` are the columns it is grouped by. */
export type RolledUp<Row extends RowShape, Keys extends keyof Row, Spec> = Flat<
  { readonly [Name in Keys]: Row[Name] } & {
    readonly [Name in keyof Spec]: AggregateValue<Row, Spec[Name]>;
  }
>;

/** A row of the left frame with the columns of its match on the right. */
export type Joined<Left extends RowShape, Right extends RowShape, On> = Flat<
  Left & Omit<Right, On & string>
>;

/** As `Joined`, where the match may be missing. */
export type LeftJoined<Left extends RowShape, Right extends RowShape, On> = Flat<
  Left & { readonly [Name in Exclude<keyof Right, On>]: Right[Name] | null }
>;

type AggregateValue<Row, Spec> =
  Spec extends Aggregate<infer Name, infer Result>
    ? ResultValue<Result, Name extends keyof Row ? Row[Name] : Value>
    : never;

type ResultValue<Result extends AggregateResult, Source> = Result extends "count"
  ? number
  : Result extends "value"
    ? Source | null
    : Result extends "sum"
      ? Sum<NonNullable<Source>> | null
      : number | null;

type Sum<Source> = [Source] extends [bigint] ? bigint : number;

/** Of a row that has missing values a number may come that is NaN for them, and so is missing again. */
type MadeOfMissing<Row> = null extends Row[keyof Row] ? number | Date : never;

type OrMissing<Given, Made> = undefined extends Given
  ? Exclude<Given, undefined> | null
  : [Extract<Given, Made>] extends [never]
    ? Given
    : Given | null;

type Flat<Type> = { [Key in keyof Type]: Type[Key] };

/** A column to order by, from its greatest value to its least. */
export interface Descending<Name extends string = string> {
  readonly descending: Name;
}
