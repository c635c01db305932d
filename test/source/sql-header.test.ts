import { describe, expect, test } from "vitest";
import { readSqlHeader } from "../../src/source/sql-header.ts";

const read = (...lines: readonly string[]) => readSqlHeader(lines.join("\n"), "cells/4-x.sql");

describe("the comments at the top of a query", () => {
  test("say that it is cached, and how", () => {
    const header = read(
      '-- Flights by hour, for the page "When".',
      "",
      "-- cached: flights/hours",
      "--key: day, region",
      "-- max-age: 24h",
      "--  compute-in:  logic, scheduled  ",
      "-- title: Flights: by hour",
      "-- watch: data/*.{csv,json}, model/**",
      '-- schema: day date, "mean delay" number',
      "SELECT 1",
    );
    expect(header).toEqual({
      frame: "flights/hours",
      options: {
        key: ["day", "region"],
        maxAge: "24h",
        computeIn: ["logic", "scheduled"],
        title: "Flights: by hour",
        watch: ["data/*.{csv,json}", "model/**"],
      },
      schema: { day: "date", "mean delay": "number" },
    });
  });

  test("are read with line ends of Windows and a byte order mark", () => {
    expect(read("\uFEFF-- cached: a\r", "-- title: A\r", "SELECT 1\r")).toEqual({
      frame: "a",
      options: { title: "A" },
    });
  });

  test("may give a light query its title", () => {
    expect(read("-- title: By hour", "SELECT 1")).toEqual({ options: { title: "By hour" } });
  });

  test.each([
    "-- Author: Jane, 2026-01-31",
    "-- Note: times are local",
    "-- TODO: other airports",
    "-- https://example.com/wiki/flights",
    "-- see: https://example.com",
    "-- source: vega-datasets",
    "-- match: left join on iata",
    "-- batch: nightly",
    "-- columns: day, hour",
    "-- Counts flights once: sums of sums are right.",
    "-- this is cached: nothing to do",
    "-- key",
    "/* a block: of text */",
    "---- section: one ----",
  ])("are left alone where they are ordinary: %s", (comment) => {
    expect(read(comment, "SELECT 1")).toEqual({ options: {} });
    expect(read("-- cached: a", comment, "SELECT 1")).toEqual({ frame: "a", options: {} });
  });

  test.each(["-- key: of a row is its day", "-- watch: out for nulls", "-- keys: day and hour"])(
    "are prose in a light query: %s",
    (comment) => {
      expect(read(comment, "SELECT 1")).toEqual({ options: {} });
    },
  );

  test.each([
    ["-- Cached: a", "cached"],
    ["-- cahced: a", "cached"],
    ["-- cache: a", "cached"],
    ["-- chached: a", "cached"],
  ])("that nearly say that it is cached are refused: %s", (comment, key) => {
    expect(() => read(comment, "SELECT 1")).toThrow(
      `write \`-- ${key}: …\`, or reword the comment`,
    );
  });

  test.each([
    ["-- maxAge: 24h", "max-age"],
    ["-- max_age: 24h", "max-age"],
    ["-- Max Age: 24h", "max-age"],
    ["-- compute in: logic", "compute-in"],
    ["-- computeIn: logic", "compute-in"],
    ["-- keys: day", "key"],
    ["-- titel: x", "title"],
    ["-- Title: x", "title"],
    ["-- wacth: x", "watch"],
    ["-- shema: x", "schema"],
  ])("that nearly are an option of a cached query are refused: %s", (comment, key) => {
    const reading = () => read("-- cached: a", comment, "SELECT 1");
    expect(reading).toThrow(`in cells/4-x.sql:2 to be one of the options`);
    expect(reading).toThrow(`write \`-- ${key}: …\``);
  });

  test.each([
    ["one of a cached query only", ["-- max-age: 24h"], /:1 to be in a query that is cached/],
    [
      "an empty one",
      ["-- cached:"],
      /:1 to be the name of the frame, such as flights\/hours, got nothing/,
    ],
    ["one that is there twice", ["-- cached: a", "-- cached: b"], /:2 to be there once/],
    [
      "a schema without types",
      ["-- cached: a", "-- schema: day"],
      /such as day date, total number/,
    ],
    ["one below the query", ["SELECT 1", "-- cached: a"], /:2 to be in a `--` comment at the top/],
    [
      "one at the end of a line",
      ["SELECT 1 -- cached: a/b"],
      /:1 to be in a `--` comment at the top/,
    ],
    ["one without its colon", ["-- cached a/b"], /:1 to be in .* got one without a colon/],
    ["one in a block", ["/* cached: a */"], /:1 to be in a `--` comment at the top/],
  ])("are refused for %s", (_, lines, message) => {
    expect(() => read(...lines, "SELECT 1")).toThrow(message);
  });
});
