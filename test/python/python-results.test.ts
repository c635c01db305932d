import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openArrow } from "../../src/frame/arrow/arrow-file.ts";

const python = inject("python");
const root = fileURLToPath(new URL("../../", import.meta.url));
const program = fileURLToPath(new URL("table_results.py", import.meta.url));

interface Result {
  /** Python that gives it */
  readonly made: string;
  /** its columns as `name type`, and their values */
  readonly columns?: Readonly<Record<string, readonly unknown[]>>;
  readonly told?: readonly string[];
  readonly refused?: string;
  /** what it takes, where that is more than pandas */
  readonly needs?: "pyarrow" | "polars";
}

const at = (text: string) => new Date(text);
const INDEX_TOLD = (names: string) =>
  `the index is kept as ${names.includes(",") ? "columns" : "column"} ${names} (df.reset_index(drop=True) drops it)`;

const RESULTS: Readonly<Record<string, Result>> = {
  "whole numbers of all widths": {
    made: "pd.DataFrame({'a': np.array([1, -128], 'i1'), 'b': np.array([0, 255], 'u1'), 'c': [1, 2**53 - 1], 'd': [1, 2**63 - 1]})",
    columns: {
      "a integer": [1, -128],
      "b integer": [0, 255],
      "c integer": [1, 2 ** 53 - 1],
      "d bigint": [1n, 2n ** 63n - 1n],
    },
  },
  "floats, in which NaN is missing": {
    made: "pd.DataFrame({'f': [1.5, float('nan'), float('inf'), -0.0], 'g': np.array([0.5, 1, 2, 3], 'f4'), 'h': np.array([0.5, 1, 2, 3], 'f2')})",
    columns: {
      "f number": [1.5, null, Infinity, -0],
      "g number": [0.5, 1, 2, 3],
      "h number": [0.5, 1, 2, 3],
    },
  },
  "texts and booleans": {
    made: "pd.DataFrame({'s': ['x', None, 'é\\n'], 'o': pd.Series(['x', None, ''], dtype=object), 'b': [True, False, True], 'm': pd.Series([True, None, False], dtype=object)})",
    columns: {
      "s string": ["x", null, "é\n"],
      "o string": ["x", null, ""],
      "b boolean": [true, false, true],
      "m boolean": [true, null, false],
    },
  },
  "types that have a missing value": {
    made: "pd.DataFrame({'i': pd.array([1, None], 'Int64'), 'b': pd.array([None, True], 'boolean'), 'f': pd.array([0.5, None], 'Float64'), 's': pd.array([None, 'x'], 'string')})",
    columns: {
      "i integer": [1, null],
      "b boolean": [null, true],
      "f number": [0.5, null],
      "s string": [null, "x"],
    },
  },
  categories: {
    made: "pd.DataFrame({'t': pd.Categorical(['x', None, 'y', 'x']), 'n': pd.Categorical([3, 4, None, 3]), 'd': pd.Categorical([pd.Timestamp('2026-01-31')] * 4)})",
    columns: {
      "t string": ["x", null, "y", "x"],
      "n integer": [3, 4, null, 3],
      "d datetime": Array(4).fill("2026-01-31T00:00:00"),
    },
  },
  "times, to the microsecond": {
    made: "pd.DataFrame({'s': pd.to_datetime(['2026-01-31', None]).astype('datetime64[s]'), 'us': pd.to_datetime(['2026-01-31T01:02:03.000004', None]).astype('datetime64[us]'), 'ns': pd.to_datetime(['2026-01-31T01:02:03.000004', None]).astype('datetime64[ns]'), 'day': pd.Series([dt.date(1, 1, 1), None], dtype=object)})",
    columns: {
      "s datetime": ["2026-01-31T00:00:00", null],
      "us datetime": ["2026-01-31T01:02:03.000004", null],
      "ns datetime": ["2026-01-31T01:02:03.000004", null],
      "day date": ["0001-01-01", null],
    },
  },
  "times with a zone": {
    made: "pd.DataFrame({'t': pd.to_datetime(['2026-07-01', None]).tz_localize('Europe/Berlin'), 'o': pd.Series([dt.datetime(2026, 7, 1, tzinfo=UTC), None], dtype=object)})",
    columns: {
      "t instant": [at("2026-06-30T22:00Z"), null],
      "o instant": [at("2026-07-01T00:00Z"), null],
    },
    told: ['column "t": its zone Europe/Berlin is not kept, the instants are'],
  },
  "times finer than microseconds": {
    made: "pd.DataFrame({'t': pd.to_datetime(['2026-01-31', '2026-01-31T00:00:00.000000001'], format='ISO8601')})",
    refused: 'column "t", row 2 of THE RESULT',
  },
  "times of Python's own that pandas has made finer": {
    made: "pd.DataFrame({'t': pd.Series([pd.Timestamp('2026-01-31T00:00:00.000000001')], dtype=object)})",
    refused:
      "Expected column 't', row 1, of THE RESULT to be a time of whole microseconds, got 2026-01-31T00:00:00.000000001 (round it: df['t'].dt.round(\"us\"))",
  },
  "lengths of time": {
    made: "pd.DataFrame({'x': pd.to_timedelta([1, 2], unit='s')})",
    refused: "Expected column 'x' of THE RESULT to be numbers, texts, booleans, days or times, got",
  },
  "numpy's times in rows and lists, to the microsecond": {
    made: "{'ns': [np.datetime64('2026-01-31T00:00:00.000001000', 'ns'), None], 'array': np.array(['2026-01-31', 'NaT'], 'datetime64[ns]'), 's': [np.datetime64('2026-01-31', 's')] * 2}",
    columns: {
      "ns datetime": ["2026-01-31T00:00:00.000001", null],
      "array datetime": ["2026-01-31T00:00:00", null],
      "s datetime": ["2026-01-31T00:00:00", "2026-01-31T00:00:00"],
    },
  },
  "numpy's times between microseconds in rows": {
    made: "[{'t': np.datetime64('2026-01-31T00:00:00.000000001')}]",
    refused:
      "Expected column 't', row 1, of THE RESULT to be a text, a number, a boolean or a time, got a numpy datetime64 (round it to microseconds: .astype(\"datetime64[us]\"))",
  },
  "numpy's lengths of time in lists": {
    made: "{'t': np.array([1], 'timedelta64[ns]')}",
    refused: "Expected column 't', row 1, of THE RESULT to be",
  },
  "a dict of Series, which are brought in line by their indexes": {
    made: "{'a': pd.Series([1, 2], index=['x', 'y']), 'b': pd.Series([3, 4], index=['y', 'x'])}",
    columns: { "index string": ["x", "y"], "a integer": [1, 2], "b integer": [4, 3] },
    told: [INDEX_TOLD("'index'")],
  },
  "sparse values, and those of the other byte order": {
    made: "pd.DataFrame({'s': pd.arrays.SparseArray([0, 0, 1.5]), 'b': np.array([1, 2, 3], '>i4')})",
    columns: { "s number": [0, 0, 1.5], "b integer": [1, 2, 3] },
  },
  "categories of several kinds": {
    made: "pd.DataFrame({'x': pd.Categorical([3, 'y'])})",
    refused:
      "Expected column 'x', row 2, of THE RESULT to be whole numbers like the rows above it, got a str ('y')",
  },
  "categories that are intervals": {
    made: "pd.DataFrame({'x': pd.cut([1, 2], 2)})",
    refused: "Expected column 'x'",
  },
  "a type that polars alone has": {
    made: "pl.DataFrame({'x': [2**100]}, schema={'x': pl.Int128})",
    refused:
      "Expected column 'x' of THE RESULT to be numbers, texts, booleans, days or times, got the type Int128 (cast it: pl.col('x').cast(pl.Int64), or pl.String)",
    needs: "polars",
  },
  decimals: {
    made: "pd.DataFrame({'x': pd.Series([Decimal('1.25'), None], dtype=object)})",
    refused:
      "Expected column 'x', row 1, of THE RESULT to be a text, a number, a boolean or a time, got a decimal Decimal (Decimal('1.25')) (write it as a float, float(…), or as text, str(…), which keeps its digits)",
  },
  "values of several kinds": {
    made: "pd.DataFrame({'x': pd.Series(['a', None, 3], dtype=object)})",
    refused:
      "Expected column 'x', row 3, of THE RESULT to be texts like the rows above it, got an int (3) (make 'x' one kind of values, as by .astype(str))",
  },
  "whole and other numbers": {
    made: "pd.DataFrame({'x': pd.Series([1, None, 2.5], dtype=object)})",
    columns: { "x number": [1, null, 2.5] },
  },
  "whole numbers of more than 64 bits": {
    made: "pd.DataFrame({'x': pd.Series([1, 2**63], dtype=object)})",
    refused:
      "Expected column 'x', row 2, of THE RESULT to be a whole number of 64 bits, got an int (9223372036854775808) (write it as text: df['x'].map(str))",
  },
  "lists inside": {
    made: "pd.DataFrame({'x': [[1], [2]]})",
    refused:
      "Expected column 'x', row 1, of THE RESULT to be a text, a number, a boolean or a time, got a list (write it as text: df['x'].map(json.dumps))",
  },
  "a lone surrogate": {
    made: "pd.DataFrame({'x': pd.Series(['a', '\\ud800'], dtype=object)})",
    refused:
      "Expected column 'x', row 2, of THE RESULT to be text, got a lone surrogate in '\\ud800'",
  },
  "complex numbers": {
    made: "pd.DataFrame({'x': [1j]})",
    refused:
      "Expected column 'x' of THE RESULT to be numbers, texts, booleans, days or times, got the type complex128 (keep its .real and .imag)",
  },
  periods: {
    made: "pd.DataFrame({'x': pd.period_range('2026-01', periods=2, freq='M')})",
    refused:
      "Expected column 'x' of THE RESULT to be numbers, texts, booleans, days or times, got the type period[M] (keep its .dt.to_timestamp())",
  },
  "an index with a name": {
    made: "pd.DataFrame({'year': [2025, 2026], 'total': [1, 2]}).set_index('year')",
    columns: { "year integer": [2025, 2026], "total integer": [1, 2] },
    told: [INDEX_TOLD("'year'")],
  },
  "an index of two levels": {
    made: "pd.DataFrame({'a': [1, 1], 'b': ['x', 'y'], 'c': [1, 2]}).groupby(['a', 'b']).sum()",
    columns: { "a integer": [1, 1], "b string": ["x", "y"], "c integer": [1, 2] },
    told: [INDEX_TOLD("'a', 'b'")],
  },
  "an index that does not only count": {
    made: "pd.DataFrame({'a': [1, 2, 3, 4]})[lambda df: df.a != 3]",
    columns: { "index integer": [0, 1, 3], "a integer": [1, 2, 4] },
    told: [INDEX_TOLD("'index'")],
  },
  "a counter in steps": {
    made: "pd.DataFrame({'a': [1, 2, 3]})[::2]",
    columns: { "a integer": [1, 3] },
  },
  "an index named as a column": {
    made: "pd.DataFrame({'a': [1]}, index=pd.Index(['x'], name='a'))",
    refused:
      "Expected the index of THE RESULT to be named other than its columns, as it is kept as a column, got the name 'a' twice (write df.reset_index(drop=True), or df.rename_axis(…))",
  },
  "names of columns that are numbers": {
    made: "pd.DataFrame([[1, 2]])",
    columns: { "0 integer": [1], "1 integer": [2] },
    told: ["the names of columns are texts: '0', '1'"],
  },
  "names of columns of two levels": {
    made: "pd.DataFrame({('a', 'x'): [1]})",
    refused:
      'Expected the columns of THE RESULT to be of one level, got 2 levels (write df.columns = ["_".join(map(str, names)) for names in df.columns])',
  },
  "a name of two columns": {
    made: "pd.DataFrame([[1, 2]], columns=['a', 'a'])",
    refused:
      "Expected the names of the columns of THE RESULT to be texts, each another, got 'a' twice",
  },
  "a name that is missing": {
    made: "pd.DataFrame([[1]], columns=[None])",
    refused: "Expected the names of the columns of THE RESULT to be texts, got",
  },
  "a Series": {
    made: "pd.Series([1, 2], name='n')",
    columns: { "n integer": [1, 2] },
  },
  "a Series without a name": {
    made: "pd.Series([1, 2])",
    columns: { "value integer": [1, 2] },
  },
  "no rows": {
    made: "pd.DataFrame({'a': pd.Series([], dtype='int64'), 's': pd.Series([], dtype='str')})",
    columns: { "a integer": [], "s string": [] },
  },
  "no columns": {
    made: "pd.DataFrame(index=range(3))",
    refused:
      "Expected THE RESULT to be a table with at least one column, got a DataFrame of 3 rows without columns",
  },
  "a column without values": {
    made: "pd.DataFrame({'a': pd.Series([None, None], dtype=object)})",
    columns: { "a string": [null, null] },
    told: ["column 'a' has no values: it is kept as text"],
  },
  "a list of dicts": {
    made: "[{'a': 1, 'd': dt.date(2026, 1, 31), 't': dt.datetime(2026, 1, 31, 1, 2, 3, 4)}, {'a': None, 'f': float('nan'), 'z': dt.datetime(2026, 1, 31, tzinfo=UTC)}]",
    columns: {
      "a integer": [1, null],
      "d date": ["2026-01-31", null],
      "t datetime": ["2026-01-31T01:02:03.000004", null],
      "f number": [null, NaN],
      "z instant": [null, at("2026-01-31T00:00Z")],
    },
  },
  "a dict of lists": {
    made: "{'a': [1, 2], 's': ('x', None), 'n': np.array([0.5, 1])}",
    columns: { "a integer": [1, 2], "s string": ["x", null], "n number": [0.5, 1] },
  },
  "lists of different lengths": {
    made: "{'a': [1, 2], 'b': [1]}",
    refused: "Expected column 'b' of THE RESULT to be of 2 rows as 'a', got 1 rows",
  },
  "a polars DataFrame": {
    needs: "polars",
    made: "pl.DataFrame({'i': [1, None], 's': ['x', None], 'c': pl.Series(['a', 'b'], dtype=pl.Categorical), 'd': [dt.date(2026, 1, 31), None], 't': [dt.datetime(2026, 1, 31, 1, 2, 3, 4), None], 'b': [True, None], 'n': [float('nan'), None]})",
    columns: {
      "i integer": [1, null],
      "s string": ["x", null],
      "c string": ["a", "b"],
      "d date": ["2026-01-31", null],
      "t datetime": ["2026-01-31T01:02:03.000004", null],
      "b boolean": [true, null],
      "n number": [NaN, null],
    },
  },
  "a polars LazyFrame": {
    needs: "polars",
    made: "pl.LazyFrame({'a': [1, 2]}).filter(pl.col('a') > 1)",
    columns: { "a integer": [2] },
  },
  "a polars Series": {
    needs: "polars",
    made: "pl.Series([1, 2])",
    columns: { "value integer": [1, 2] },
  },
  "objects of polars": {
    needs: "polars",
    made: "pl.DataFrame({'a': pl.Series([object()], dtype=pl.Object)})",
    refused:
      "Expected column 'a' of THE RESULT to be numbers, texts, booleans, days or times, got the type Object (write pl.col('a').map_elements(str))",
  },
  "no rows of polars": {
    needs: "polars",
    made: "pl.DataFrame({'a': [1], 's': ['x']}).clear()",
    columns: { "a integer": [], "s string": [] },
  },
  "a table of pyarrow in several pieces": {
    needs: "pyarrow",
    made: "pa.concat_tables([pa.table({'s': pa.array([t]).dictionary_encode(), 'u': pa.array([t], pa.string_view())}) for t in ('x', 'y')])",
    columns: { "s string": ["x", "y"], "u string": ["x", "y"] },
  },
  "a batch, and a reader of batches": {
    needs: "pyarrow",
    made: "pa.RecordBatchReader.from_batches(pa.schema([('a', pa.int32())]), [pa.RecordBatch.from_pydict({'a': pa.array([n], pa.int32())}) for n in (1, 2)])",
    columns: { "a integer": [1, 2] },
  },
  "no rows of pyarrow": {
    needs: "pyarrow",
    made: "pa.table({'a': pa.array([], pa.int64()), 's': pa.array([], pa.string())})",
    columns: { "a integer": [], "s string": [] },
  },
  "no columns of pyarrow": {
    needs: "pyarrow",
    made: "pa.table({})",
    refused:
      "Expected THE RESULT to be a table with at least one column, got a table of 0 rows without columns",
  },
  "columns of pandas that pyarrow has": {
    needs: "pyarrow",
    made: "pd.DataFrame({'i': pd.array([1, None], pd.ArrowDtype(pa.int64())), 't': pd.array([dt.datetime(2026, 1, 31), None], pd.ArrowDtype(pa.timestamp('us', 'UTC')))})",
    columns: { "i integer": [1, null], "t instant": [at("2026-01-31T00:00Z"), null] },
  },
  "a relation of DuckDB": {
    needs: "pyarrow",
    made: "duckdb.sql(\"SELECT 1::INTEGER AS a, 'x' AS s, DATE '2026-01-31' AS d\")",
    columns: { "a integer": [1], "s string": ["x"], "d date": ["2026-01-31"] },
  },
};

interface Answer {
  readonly kind?: string;
  readonly refused?: string;
  readonly told: readonly string[];
  readonly file: string;
}

/** Python without some of its packages, and the results that it can make. */
const PYTHONS = {
  "with pandas, polars and pyarrow": [],
  "with pandas alone": ["pyarrow", "polars"],
} as const;

describe.each(Object.entries(PYTHONS))("what a cell gives, %s", (_, without) => {
  const missing: readonly string[] = without;
  const made = Object.entries(RESULTS).filter(([, { needs }]) => !missing.includes(needs ?? ""));
  let folder = "";
  let answers: Readonly<Record<string, Answer>> = {};

  beforeAll(async () => {
    if (python === null) return;
    folder = await mkdtemp(join(tmpdir(), "hex-results-test-"));
    const { stdout, stderr, status } = spawnSync(python, [program, folder, ...without], {
      env: { ...process.env, PYTHONPATH: join(root, "python") },
      input: JSON.stringify(Object.fromEntries(made.map(([title, each]) => [title, each.made]))),
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    answers = JSON.parse(stdout);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.for(made)("%s", async ([title, result], { skip }) => {
    if (python === null) skip("there is no Python here");
    const answer = answers[title];
    const { columns, told = [], refused } = result;
    const opened = await open(answer);
    if (refused !== undefined) expect(opened).toContain(refused);
    else expect(opened).toEqual({ columns, told });
  });

  async function open(answer: Answer | undefined): Promise<unknown> {
    if (answer?.refused !== undefined) return answer.refused;
    try {
      const bytes = await readFile(join(folder, answer?.file ?? ""));
      const { frame, report } = await openArrow(bytes, { name: "THE RESULT" });
      const columns = frame.schema.map(({ name, type }) => [`${name} ${type}`, frame.column(name)]);
      const told = [...(answer?.told ?? []), ...report.notes];
      return { columns: Object.fromEntries(columns), told };
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : thrown;
    }
  }
});
