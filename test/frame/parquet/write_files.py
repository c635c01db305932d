"""Writes Parquet files as pandas, polars, pyarrow and DuckDB write them, and what each of them holds."""

import datetime as dt
import decimal
import json
import sys
import uuid

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
told = {}
D = decimal.Decimal
DAY = dt.date(2024, 2, 29)
TIME = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)
UTC = TIME.replace(tzinfo=dt.timezone.utc)
NAN, INF = float("nan"), float("inf")


def tell(name, columns, options=None, refused=None, notes=None):
    """`columns`: name to [type, values]; texts stand for what JSON does not have."""
    told[name] = {"columns": columns, "options": options or {}, "refused": refused, "notes": notes or []}
    return f"{folder}/{name}.parquet"


def numbers(values):
    return [None if v is None else repr(v) for v in values]


def refuse(name, table, why, options=None):
    pq.write_table(table, tell(name, {}, options, why))


# --- pandas -------------------------------------------------------------------------------------

frame = pd.DataFrame(
    {
        "whole": [1, -(2**53) + 1, 2**53 - 1],
        "big": [2**63 - 1, -(2**63), 0],
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "float": [0.1, -0.0, INF],
        "text": ["Ulm", None, "\ufeffé😀"],
        "flag": [True, False, True],
        "at": pd.to_datetime([TIME, None, dt.datetime(1, 1, 1)]).astype("datetime64[us]"),
        "utc": pd.to_datetime([UTC, UTC, None], utc=True).astype("datetime64[us, UTC]"),
        "kind": pd.Categorical(["b", "a", None], categories=["z", "a", "b"]),
        "day": [DAY, None, DAY],
    }
)
PANDAS = {
    "whole": ["integer", [1, -(2**53) + 1, 2**53 - 1]],
    "big": ["bigint", numbers([2**63 - 1, -(2**63), 0])],
    "nullable": ["integer", [1, None, 3]],
    "float": ["number", numbers([0.1, -0.0, INF])],
    "text": ["string", ["Ulm", None, "\ufeffé😀"]],
    "flag": ["boolean", [True, False, True]],
    "at": ["datetime", ["2024-02-29T23:59:59.123456", None, "0001-01-01T00:00:00"]],
    "utc": ["instant", ["2024-02-29T23:59:59.123456Z", "2024-02-29T23:59:59.123456Z", None]],
    "kind": ["string", ["b", "a", None]],
    "day": ["date", ["2024-02-29", None, "2024-02-29"]],
}
for codec in ["snappy", "gzip", "brotli", "zstd", "lz4", None]:
    frame.to_parquet(tell(f"pandas-{codec}", PANDAS), compression=codec)
frame.iloc[:0].to_parquet(
    tell(
        "pandas-no-rows",
        {n: ["string" if n == "day" else "integer" if n == "big" else t, []] for n, (t, _) in PANDAS.items()},
    )
)
pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="id")).to_parquet(
    tell(
        "pandas-index",
        {"a": ["integer", [1, 2]], "id": ["string", ["x", "y"]]},
        notes=['column "id": the index of pandas'],
    )
)
pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(5, 9, 2)).to_parquet(
    tell("pandas-range", {"a": ["integer", [1, 2]]}, notes=["the index of pandas, 5 to 9 by 2: not kept"])
)
pd.DataFrame({"wait": pd.to_timedelta([1500, None], unit="ms")}).to_parquet(
    tell("pandas-timedelta", {}, refused=r'column "wait" of .* a duration in \w+ \(durations: "count"')
)

# --- polars -------------------------------------------------------------------------------------

widths = {f"{'u' if u else ''}int{b}": (0 if u else -(2 ** (b - 1)), 2 ** (b - (0 if u else 1)) - 1) for u in (0, 1) for b in (8, 16, 32, 64)}
widths["uint64"] = (0, 2**63 - 1)
polars_types = {f"{'u' if u else ''}int{b}": getattr(pl, f"{'UI' if u else 'I'}nt{b}") for u in (0, 1) for b in (8, 16, 32, 64)}
pl.DataFrame({n: pl.Series([lo, None, hi], dtype=polars_types[n]) for n, (lo, hi) in widths.items()}).write_parquet(
    tell(
        "polars-wholes",
        {n: ["bigint" if "64" in n else "integer", numbers([lo, None, hi]) if "64" in n else [lo, None, hi]] for n, (lo, hi) in widths.items()},
    )
)
many = [f"text {i}" if i % 7 else None for i in range(5000)]
pl.DataFrame(
    {
        "f32": pl.Series([0.1, NAN, None], dtype=pl.Float32),
        "time": [dt.time(1, 2, 3, 4), None, dt.time(23, 59, 59, 999999)],
        "ns": pl.Series([TIME, None, TIME]).cast(pl.Datetime("ns")),
        "ms": pl.Series([TIME, None, TIME]).cast(pl.Datetime("ms")),
        "zone": pl.Series([TIME, None, TIME]).dt.replace_time_zone("Europe/Berlin"),
        "enum": pl.Series(["b", "a", None], dtype=pl.Enum(["a", "b", "c"])),
        "cat": pl.Series(["b", "a", None], dtype=pl.Categorical),
        "none": pl.Series([None, None, None], dtype=pl.Null),
        "flag": [None, True, False],
    }
).write_parquet(
    tell(
        "polars-types",
        {
            "f32": ["number", numbers([float(np.float32(0.1)), NAN, None])],
            "time": ["string", ["01:02:03.000004", None, "23:59:59.999999"]],
            "ns": ["datetime", ["2024-02-29T23:59:59.123456", None, "2024-02-29T23:59:59.123456"]],
            "ms": ["datetime", ["2024-02-29T23:59:59.123", None, "2024-02-29T23:59:59.123"]],
            "zone": ["instant", ["2024-02-29T22:59:59.123456Z", None, "2024-02-29T22:59:59.123456Z"]],
            "enum": ["string", ["b", "a", None]],
            "cat": ["string", ["b", "a", None]],
            "none": ["string", [None, None, None]],
            "flag": ["boolean", [None, True, False]],
        },
        notes=['column "zone": its zone Europe/Berlin is not kept, the instants are'],
    )
)
pl.DataFrame({"text": many, "row": range(5000)}).write_parquet(
    tell("polars-groups", {"text": ["string", many], "row": ["integer", list(range(5000))]}), row_group_size=700
)
pl.DataFrame({"a": pl.Series([], dtype=pl.Int64), "t": pl.Series([], dtype=pl.String)}).write_parquet(
    tell("polars-no-rows", {"a": ["integer", []], "t": ["string", []]})
)
pl.DataFrame({"a": pl.Series([2**64 - 1], dtype=pl.UInt64)}).write_parquet(
    tell("polars-uint64", {}, refused=r'column "a", row 1 of .* got 18446744073709551615')
)
pl.DataFrame({"a": pl.Series([2**100], dtype=pl.Int128)}).write_parquet(
    tell("polars-int128", {}, refused=r'column "a" of .* got FIXED_LEN_BYTE_ARRAY\(16\) without a logical type \(binary: "base64" or binary: "hex"')
)
pl.DataFrame({"d": [D("12345678901234567890.12"), None, D("-0.05")]}).write_parquet(
    tell("polars-decimals", {"d": ["string", ["12345678901234567890.12", None, "-0.05"]]}, {"decimals": "text"})
)
pl.DataFrame({"raw": [b"\x00\xff", None, b""]}).write_parquet(
    tell("polars-binary", {"raw": ["string", ["00ff", None, ""]]}, {"binary": "hex"})
)

# --- pyarrow ------------------------------------------------------------------------------------

NESTED = {
    "list": pa.array([[1, None, 2**60], None, []], pa.list_(pa.int64())),
    "deep": pa.array([[[1], [], None], [[]], None], pa.list_(pa.list_(pa.int8()))),
    "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]),
    "structs": pa.array([[{"a": [1, 2]}, None], [], [{"a": None}, {"a": []}]]),
    "map": pa.array([[("k", 1), ("l", None)], None, []], pa.map_(pa.string(), pa.int64())),
    "maps": pa.array([[(1, [("a", [2])]), (3, None)], None, [(4, [])]], pa.map_(pa.int8(), pa.map_(pa.string(), pa.list_(pa.int8())))),
    "fixed": pa.array([[1.5, NAN], None, [-0.0, INF]], pa.list_(pa.float64(), 2)),
    "times": pa.array([[TIME], None, [None]], pa.list_(pa.timestamp("us"))),
    "texts": pa.array([["é\"", "x"], [None], None], pa.large_list(pa.large_string())),
}
NESTED_TOLD = {
    "list": ["string", [f"[1,null,{2**60}]", None, "[]"]],
    "deep": ["string", ["[[1],[],null]", "[[]]", None]],
    "struct": ["string", ['{"a":1,"b":"x"}', None, '{"a":null,"b":"y"}']],
    "structs": ["string", ['[{"a":[1,2]},null]', "[]", '[{"a":null},{"a":[]}]']],
    "map": ["string", ['[["k",1],["l",null]]', None, "[]"]],
    "maps": ["string", ['[[1,[["a",[2]]]],[3,null]]', None, "[[4,[]]]"]],
    "fixed": ["string", ['[1.5,"NaN"]', None, '["-0","INF"]']],
    "times": ["string", ['["2024-02-29T23:59:59.123456"]', None, "[null]"]],
    "texts": ["string", ['["é\\"","x"]', "[null]", None]],
}
pq.write_table(pa.table(NESTED), tell("pyarrow-nested", NESTED_TOLD, {"nested": "json"}))
many_lists = pa.array([[f"t{j}" for j in range(i % 4)] if i % 5 else None for i in range(3000)])
pq.write_table(
    pa.table({"l": many_lists}),
    tell(
        "pyarrow-nested-groups",
        {"l": ["string", [None if v is None else json.dumps(v, separators=(",", ":")) for v in many_lists.to_pylist()]]},
        {"nested": "json"},
    ),
    row_group_size=400,
    data_page_size=512,
)
# Without a dictionary, in pages whose values begin at no multiple of their width.
own_texts = [f"text {i}" if i % 3 else None for i in range(3000)]
for codec in ["none", "gzip", "brotli", "snappy"]:
    pq.write_table(
        pa.table(
            {
                "s": pa.array([{"a": i if i % 2 else None, "b": text} for i, text in enumerate(own_texts)]),
                "f": [None if i % 5 == 0 else i / 4 for i in range(3000)],
                "n": pa.array([None if i % 7 == 0 else i for i in range(3000)], pa.int32()),
            }
        ),
        tell(
            f"pyarrow-plain-pages-{codec}",
            {
                "s": ["string", [json.dumps({"a": i if i % 2 else None, "b": text}, separators=(",", ":")) for i, text in enumerate(own_texts)]],
                "f": ["number", numbers([None if i % 5 == 0 else i / 4 for i in range(3000)])],
                "n": ["integer", [None if i % 7 == 0 else i for i in range(3000)]],
            },
            {"nested": "json"},
        ),
        compression=codec,
        use_dictionary=False,
        data_page_size=700,
        write_batch_size=10,
    )
refuse("pyarrow-list", pa.table({"l": NESTED["list"]}), r'column "l" of .* got a LIST \(nested: "json"')
PLAIN = {
    "half": pa.array(np.array([1.5, -0.0, 65504.0], dtype=np.float16)),
    "large": pa.array(["a", None, "ß"], pa.large_string()),
    "view": pa.array(["a", None, "ß"], pa.string_view()),
    "coded": pa.array(["a", None, "a"]).dictionary_encode(),
    "t32": pa.array([1, None, 86_399_999], pa.time32("ms")),
    "t64": pa.array([1, None, 86_399_999_999_999], pa.time64("ns")),
    "d64": pa.array([DAY, None, DAY], pa.date64()),
    "ts": pa.array([TIME.replace(microsecond=0), None, TIME.replace(microsecond=0)], pa.timestamp("s")),
    "dec0": pa.array([D(2**60), None, D(-1)], pa.decimal128(38, 0)),
    "null": pa.nulls(3),
    "one": pa.array([7, 7, 7]),
}
PLAIN_TOLD = {
    "half": ["number", numbers([1.5, -0.0, 65504.0])],
    "large": ["string", ["a", None, "ß"]],
    "view": ["string", ["a", None, "ß"]],
    "coded": ["string", ["a", None, "a"]],
    "t32": ["string", ["00:00:00.001", None, "23:59:59.999"]],
    "t64": ["string", ["00:00:00.000000001", None, "23:59:59.999999999"]],
    "d64": ["date", ["2024-02-29", None, "2024-02-29"]],
    "ts": ["datetime", ["2024-02-29T23:59:59", None, "2024-02-29T23:59:59"]],
    "dec0": ["bigint", numbers([2**60, None, -1])],
    "null": ["string", [None, None, None]],
    "one": ["integer", [7, 7, 7]],
}
for version in ["1.0", "2.0"]:
    name = tell(f"pyarrow-plain-{version}", PLAIN_TOLD)
    pq.write_table(pa.table(PLAIN), name, data_page_version=version, write_page_checksum=True)
pq.write_table(pa.table(PLAIN), tell("pyarrow-no-dictionary", PLAIN_TOLD), use_dictionary=False, store_schema=False)
ENCODED = {"i32": pa.array(range(-500, 500), pa.int32()), "i64": pa.array([v * 10**15 for v in range(-500, 500)])}
ENCODED |= {"f": pa.array([v / 3 for v in range(1000)]), "s": pa.array([f"prefix {v}" for v in range(1000)]), "b": pa.array([v % 3 == 0 for v in range(1000)])}
pq.write_table(
    pa.table(ENCODED),
    tell(
        "pyarrow-encodings",
        {
            "i32": ["integer", ENCODED["i32"].to_pylist()],
            "i64": ["bigint", numbers(ENCODED["i64"].to_pylist())],
            "f": ["number", numbers(ENCODED["f"].to_pylist())],
            "s": ["string", ENCODED["s"].to_pylist()],
            "b": ["boolean", ENCODED["b"].to_pylist()],
        },
    ),
    use_dictionary=False,
    data_page_version="2.0",
    column_encoding={"i32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "f": "BYTE_STREAM_SPLIT", "s": "DELTA_BYTE_ARRAY", "b": "RLE"},
)
pq.write_table(
    pa.table({"at": pa.array([TIME, None])}),
    tell("pyarrow-int96", {"at": ["datetime", ["2024-02-29T23:59:59.123456", None]]}),
    use_deprecated_int96_timestamps=True,
)
DECIMALS = pa.table({"d": pa.array([D("0.29"), None, D("-123456789.10")], pa.decimal128(18, 2))})
pq.write_table(DECIMALS, tell("pyarrow-decimals", {"d": ["number", numbers([0.29, None, -123456789.1])]}, {"decimals": "number"}))
refuse("pyarrow-decimal", DECIMALS, r'column "d" of .* got DECIMAL\(18, 2\) \(decimals: "text"')
FINE = pa.table({"at": pa.array([1_700_000_000_000_000_001, None], pa.timestamp("ns"))})
refuse("pyarrow-ns", FINE, r'column "at", row 1 of .* got 2023-11-14T22:13:20.000000001, finer than microseconds')
pq.write_table(
    FINE,
    tell("pyarrow-ns-cut", {"at": ["datetime", ["2023-11-14T22:13:20", None]]}, {"nanoseconds": "cut"}, notes=['column "at": its times are cut to whole microseconds']),
)
refuse("pyarrow-far-day", pa.table({"d": pa.array([0, 10**8], pa.date32())}), r'column "d", row 2 of .* years 1 to 9999')
pq.write_table(pa.table({"w": pa.array([1500, None], pa.duration("us"))}), tell("pyarrow-duration", {"w": ["integer", [1500, None]]}, {"durations": "count"}))
FIXED = pa.table({"b": pa.array([b"\x00\xff\x01", None, b"abc"], pa.binary(3)), "l": pa.array([[b"\x01\x02", None], None, []], pa.list_(pa.binary(2)))})
FIXED_TOLD = {"b": ["string", ["00ff01", None, "616263"]], "l": ["string", ['["0102",null]', None, "[]"]]}
for encoding in ["dictionary", "PLAIN", "BYTE_STREAM_SPLIT", "DELTA_BYTE_ARRAY"]:
    how = {} if encoding == "dictionary" else {"use_dictionary": False, "column_encoding": {"b": encoding}}
    pq.write_table(FIXED, tell(f"pyarrow-fixed-{encoding}", FIXED_TOLD, {"binary": "hex", "nested": "json"}), **how)
refuse("pyarrow-fixed", FIXED.select(["b"]), r'column "b" of .* got FIXED_LEN_BYTE_ARRAY\(3\) without a logical type \(binary: "base64" or binary: "hex" reads it as text\)')
refuse("pyarrow-double", pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), r'columns of .* different names, got "a" twice')
pq.write_table(pa.table({"__proto__": [1], "constructor": [2]}), tell("pyarrow-proto", {"__proto__": ["integer", [1]], "constructor": ["integer", [2]]}))
refuse("pyarrow-no-columns", pa.table({}), r"columns of .* one or more, got none")

# --- DuckDB -------------------------------------------------------------------------------------

duckdb.sql("SET TimeZone = 'UTC'")
copy = lambda select, path: duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
copy(
    """SELECT 1::TINYINT AS i8, 2::UBIGINT AS u64, 0.1::FLOAT AS f32, 'x' AS t, DATE '0001-01-01' AS day,
       TIMESTAMP '2024-02-29 23:59:59.123456' AS at, TIMESTAMPTZ '2024-02-29 23:59:59.123456+00' AS utc, TIME '24:00:00' AS clock,
       '01234567-89ab-cdef-0123-456789abcdef'::UUID AS id, '{"a": 12345678901234567890}'::JSON AS json, 'b'::ENUM('a', 'b') AS kind,
       TIMESTAMP_S '2024-02-29 23:59:59' AS s, TIMESTAMP_NS '2024-02-29 23:59:59.123456' AS ns, NULL::INTEGER AS none""",
    tell(
        "duckdb-types",
        {
            "i8": ["integer", [1]],
            "u64": ["integer", [2]],
            "f32": ["number", numbers([float(np.float32(0.1))])],
            "t": ["string", ["x"]],
            "day": ["date", ["0001-01-01"]],
            "at": ["datetime", ["2024-02-29T23:59:59.123456"]],
            "utc": ["instant", ["2024-02-29T23:59:59.123456Z"]],
            "clock": ["string", ["24:00:00"]],
            "id": ["string", [str(uuid.UUID("01234567-89ab-cdef-0123-456789abcdef"))]],
            "json": ["string", ['{"a": 12345678901234567890}']],
            "kind": ["string", ["b"]],
            "s": ["datetime", ["2024-02-29T23:59:59"]],
            "ns": ["datetime", ["2024-02-29T23:59:59.123456"]],
            "none": ["integer", [None]],
        },
    ),
)
copy(
    "SELECT i AS i, 'text ' || (i % 10) AS t, CASE WHEN i % 3 = 0 THEN NULL ELSE i / 2 END AS f FROM range(5000) AS r(i)",
    tell(
        "duckdb-rows",
        {
            "i": ["integer", list(range(5000))],
            "t": ["string", [f"text {i % 10}" for i in range(5000)]],
            "f": ["number", numbers([None if i % 3 == 0 else i / 2 for i in range(5000)])],
        },
    ),
)
copy(
    "SELECT [1, NULL] AS l, {'a': 1, 'b': [2]} AS s, MAP {1: 'x'} AS m",
    tell(
        "duckdb-nested",
        {"l": ["string", ["[1,null]"]], "s": ["string", ['{"a":1,"b":[2]}']], "m": ["string", ['[[1,"x"]]']]},
        {"nested": "json"},
    ),
)
copy("SELECT INTERVAL 1 MONTH AS i", tell("duckdb-interval", {}, refused=r'column "i" of .* got INTERVAL \(cast it'))
copy("SELECT 1.5::DECIMAL(9, 2) AS d", tell("duckdb-decimal", {"d": ["number", ["1.5"]]}, {"decimals": "number"}))
copy("SELECT 'a'::BLOB AS b", tell("duckdb-blob", {"b": ["string", ["YQ=="]]}, {"binary": "base64"}))
copy("SELECT DATE 'infinity' AS d", tell("duckdb-infinity", {}, refused=r'column "d", row 1 of .* years 1 to 9999'))
copy("SELECT 1 AS a, 'x' AS t WHERE false", tell("duckdb-no-rows", {"a": ["integer", []], "t": ["string", []]}))

json.dump(told, sys.stdout)
