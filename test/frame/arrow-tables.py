"""Arrow files of pandas, polars, pyarrow and DuckDB, and what Python has of them.

write FOLDER COUNT SEED: writes them, with COUNT random tables, and prints what is in each: the types
    and values that a frame is to have, as JSON, or a part of the sentence that refuses it
check FOLDER: prints what pyarrow reads of all that the tests have written there
readers FILE: prints what pandas, polars, pyarrow and DuckDB read of a file
"""
import datetime as dt
import decimal
import json
import math
import random
import sys

import pyarrow as pa
import pyarrow.compute as pc

T = pa.types
SAFE = 2**53 - 1
EPOCH = dt.datetime(1970, 1, 1)


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return "-0" if value == 0 and math.copysign(1, value) < 0 else value


def moment(micros, is_instant):
    at = EPOCH + dt.timedelta(microseconds=micros)
    rest = at.microsecond
    digits = "" if rest == 0 and not is_instant else f".{rest // 1000:03d}" if rest % 1000 == 0 else f".{rest:06d}"
    text = f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}{digits}"
    return text + "Z" if is_instant else text


def clock(nanos):
    seconds, rest = divmod(nanos, 10**9)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    digits = f"{rest:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return text + ("." + digits if digits else "")


UNITS = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}


def whole(values):
    is_safe = all(v is None or abs(v) <= SAFE for v in values)
    return ("integer", values) if is_safe else ("bigint", [None if v is None else str(v) for v in values])


def is_text(kind):
    return T.is_string(kind) or T.is_large_string(kind) or T.is_string_view(kind)


def is_binary(kind):
    return T.is_binary(kind) or T.is_large_binary(kind) or T.is_binary_view(kind) or T.is_fixed_size_binary(kind)


def nested(kind, value):
    """The JSON text of a value; whole numbers have all their digits in Python."""
    if value is None:
        return "null"
    if T.is_map(kind):
        return "[" + ",".join(f"[{nested(kind.key_type, k)},{nested(kind.item_type, v)}]" for k, v in value) + "]"
    if T.is_list(kind) or T.is_large_list(kind) or T.is_fixed_size_list(kind) or T.is_list_view(kind):
        return "[" + ",".join(nested(kind.value_type, v) for v in value) + "]"
    if T.is_struct(kind):
        return "{" + ",".join(f"{quote(f.name)}:{nested(f.type, value[f.name])}" for f in kind) + "}"
    if T.is_integer(kind):
        return str(value)
    (_, [flat]) = of_type(kind, pa.array([value], kind))
    return quote(flat) if isinstance(flat, str) else json.dumps(flat) if not isinstance(flat, float) else repr_js(flat)


def quote(text):
    return json.dumps(text, ensure_ascii=False)


def repr_js(value):
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)


def of_type(kind, array):
    """The type and the values that a frame has of an array."""
    if T.is_dictionary(kind):
        return of_type(kind.value_type, array.dictionary_decode())
    if T.is_run_end_encoded(kind):
        return of_type(kind.value_type, pc.run_end_decode(array))
    raw = array
    if T.is_time(kind) or T.is_timestamp(kind) or T.is_duration(kind):
        raw = array.cast(pa.int32() if T.is_time32(kind) else pa.int64())
    values = raw.to_pylist()
    each = lambda make: [None if v is None else make(v) for v in values]
    if T.is_null(kind):
        return "string", values
    if T.is_boolean(kind):
        return "boolean", values
    if T.is_integer(kind) or T.is_duration(kind):
        return whole(values)
    if T.is_floating(kind):
        return "number", each(lambda v: number(float(v)))
    if is_text(kind):
        return "string", values
    if T.is_decimal(kind):
        return "string", each(lambda v: format(v, "f"))
    if T.is_date(kind):
        return "date", each(lambda v: f"{v.year:04d}-{v.month:02d}-{v.day:02d}")
    if T.is_time(kind):
        return "string", each(lambda v: clock(v * UNITS[kind.unit]))
    if T.is_timestamp(kind):
        is_instant = kind.tz is not None
        return ("instant" if is_instant else "datetime"), each(lambda v: moment(v * UNITS[kind.unit] // 1000, is_instant))
    if is_binary(kind):
        return "string", each(lambda v: v.hex())
    return "string", each(lambda v: nested(kind, v))


def truth(table):
    columns = []
    for name, column in zip(table.column_names, table.columns):
        whole_column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        if isinstance(whole_column, pa.ChunkedArray):
            whole_column = pa.concat_arrays(whole_column.chunks) if whole_column.num_chunks else pa.array([], column.type)
        kind, values = of_type(column.type, whole_column)
        columns.append({"name": name, "type": kind, "values": values})
    return columns


# Random tables of pyarrow.

TEXTS = ["", "a", "é", "👩‍👩‍👧", "a text of more than twelve bytes", 'q"\\\n', "\ufeffx", "NA", "\0"]


def draws(rnd):
    """A random type, and what draws its values."""
    whole_type = rnd.choice([pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()])
    bits = whole_type.bit_width
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if T.is_signed_integer(whole_type) else (0, 2 ** min(bits, 63) - 1)
    near = rnd.random() < 0.5
    ints = lambda: rnd.randint(max(low, -SAFE), min(high, SAFE)) if near else rnd.choice([low, high, 0, rnd.randint(low, high)])
    text = lambda: rnd.choice(TEXTS) + rnd.choice(["", str(rnd.randint(0, 9))])
    micros = lambda: rnd.choice([0, -1, 1, rnd.randint(-62135596800 * 10**6, 253402300799 * 10**6)])
    unit = rnd.choice(list(UNITS))
    scale = {"s": 10**6, "ms": 1000, "us": 1, "ns": 1}[unit]
    def stamp():
        at = micros() // scale
        return at if unit != "ns" else max(min(at, 9 * 10**15), -(9 * 10**15)) * 1000
    def floats():
        return rnd.choice([0.0, -0.0, 1.5, float("nan"), float("inf"), -float("inf"), rnd.uniform(-1e4, 1e4)])
    precision = rnd.choice([5, 18, 30, 60])
    places = rnd.randint(0, 5)
    def decimals():
        return decimal.Decimal(rnd.randint(-(10**precision) + 1, 10**precision - 1)).scaleb(-places, decimal.Context(prec=80))
    return rnd.choice([
        (whole_type, ints), (whole_type, ints),
        (rnd.choice([pa.float16(), pa.float32(), pa.float64()]), floats),
        (rnd.choice([pa.string(), pa.large_string(), pa.string_view()]), text),
        (rnd.choice([pa.string(), pa.large_string(), pa.string_view()]), text),
        (pa.bool_(), lambda: rnd.random() < 0.5),
        (pa.null(), lambda: None),
        (pa.decimal128(precision, places) if precision <= 38 else pa.decimal256(precision, places), decimals),
        (rnd.choice([pa.date32(), pa.date64()]), lambda: dt.date(1, 1, 1) + dt.timedelta(rnd.randint(0, 3652058))),
        (pa.time32("s"), lambda: rnd.randint(0, 86399)), (pa.time32("ms"), lambda: rnd.randint(0, 86399999)),
        (pa.time64("us"), lambda: rnd.randint(0, 86399999999)), (pa.time64("ns"), lambda: rnd.randint(0, 86399999999999)),
        (pa.timestamp(unit, rnd.choice([None, "UTC", "Europe/Berlin", "+05:30"])), stamp),
        (pa.timestamp(unit), stamp),
        (pa.duration(unit), lambda: rnd.randint(-(10**12), 10**12)),
        (rnd.choice([pa.binary(), pa.large_binary(), pa.binary_view()]), lambda: bytes(rnd.randint(0, 255) for _ in range(rnd.randint(0, 20)))),
        (pa.binary(3), lambda: bytes(rnd.randint(0, 255) for _ in range(3))),
        (rnd.choice([pa.list_(pa.int64()), pa.large_list(pa.int64()), pa.list_view(pa.int64())]), lambda: [rnd.choice([None, 2**60 + 1, 3]) for _ in range(rnd.randint(0, 3))]),
        (pa.list_(pa.int32(), 2), lambda: [1, rnd.choice([None, 2])]),
        (pa.struct([("a", pa.int64()), ("b", pa.string())]), lambda: {"a": rnd.choice([None, 2**60]), "b": rnd.choice([None, *TEXTS])}),
        (pa.map_(pa.string(), pa.list_(pa.float64())), lambda: [(text(), [0.5, None])] * rnd.randint(0, 2)),
    ])


def random_array(rnd, rows):
    kind, draw = draws(rnd)
    missing = rnd.choice([0, 0, 0.3, 1])
    values = [None if rnd.random() < missing else draw() for _ in range(rows)]
    if T.is_float16(kind):
        import numpy
        values = [None if v is None else numpy.float16(v) for v in values]
    array = pa.array(values, kind)
    roll = rnd.random()
    if roll < 0.2 and (is_text(kind) or T.is_integer(kind) or kind == pa.float64()) and not T.is_string_view(kind):
        array = array.dictionary_encode()
        index = rnd.choice([pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64()])
        return pa.DictionaryArray.from_arrays(array.indices.cast(index), array.dictionary)
    if roll < 0.3 and (kind == pa.int32() or kind == pa.string() or kind == pa.float64()):
        return pc.run_end_encode(array, run_end_type=rnd.choice([pa.int16(), pa.int32(), pa.int64()]))
    return array


def random_table(rnd):
    rows = rnd.choice([0, 1, 3, 9, 40])
    arrays = [random_array(rnd, rows) for _ in range(rnd.randint(1, 4))]
    return pa.table(arrays, names=[f"c{at}" for at in range(len(arrays))])


def write(table, path, form="file", codec=None, batch=None):
    options = pa.ipc.IpcWriteOptions(compression=codec, emit_dictionary_deltas=True, unify_dictionaries=form == "file")
    make = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with make(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=batch)


def random_tables(folder, count, seed):
    rnd = random.Random(seed)
    told = {}
    for number_of in range(count):
        table = random_table(rnd)
        start = rnd.randint(0, 2)
        table = table.slice(start) if rnd.random() < 0.3 else table
        name = f"random-{number_of}"
        codec = rnd.choice([None, None, "lz4", "zstd"])
        write(table, f"{folder}/{name}.arrow", rnd.choice(["file", "stream"]), codec, rnd.choice([None, None, 2, 5]))
        told[name] = {"columns": truth(table)}
    return told


def named_tables(folder):
    """Files as the tools write them by default, and with what they are often told."""
    import duckdb
    import numpy as np
    import pandas as pd
    import polars as pl

    told = {}

    def add(name, save, table=None, refused=None):
        save(f"{folder}/{name}.arrow")
        told[name] = {"refused": refused} if refused else {"columns": truth(table)}

    def feather(name, frame, refused=None, **options):
        add(name, lambda path: frame.to_feather(path, **options), None if refused else pa.Table.from_pandas(frame, preserve_index=False), refused)

    texts = pd.DataFrame({"s": ["x", "é", None], "c": pd.Categorical(["u", "v", "u"]), "n": pd.Categorical([3, 5, None])})
    numbers = pd.DataFrame({"i": [1, 2, 2**40], "big": [1, 2, 2**60], "f": [1.5, None, -0.0], "b": [True, False, True], "I": pd.array([1, None, 3], "Int64"), "u": np.array([1, 2, 255], "uint8")})
    times = pd.DataFrame({"t": pd.to_datetime(["2024-01-01T00:00:00.000001", None, "1677-09-22"], format="ISO8601"), "z": pd.to_datetime(["2024-03-31T00:30", "2024-07-01", None], format="ISO8601").tz_localize("Europe/Berlin"), "u": pd.to_datetime(["2024-01-01", None, "9999-12-31"], utc=True, format="ISO8601")})
    feather("pandas texts", texts)
    feather("pandas numbers", numbers)
    feather("pandas times", times)
    feather("pandas zstd", pd.concat([texts, numbers], axis=1), compression="zstd")
    feather("pandas uncompressed", numbers, compression="uncompressed")
    feather("pandas pyarrow types", numbers.convert_dtypes(dtype_backend="pyarrow"))
    feather("pandas none", pd.DataFrame({"n": [None, None]}))
    feather("pandas no rows", texts.head(0))
    feather("pandas long", pd.DataFrame({"s": [f"text {n % 1000}" for n in range(70_000)], "n": range(70_000)}))
    feather("pandas nanoseconds", pd.DataFrame({"t": pd.Series([1], dtype="datetime64[ns]")}), "row 1 of")
    feather("pandas periods", pd.DataFrame({"p": pd.period_range("2024-01", periods=2, freq="M")}), '.dt.to_timestamp()')

    plain = pl.DataFrame({
        "a": [1, 2, None], "s": ["x", "a long text beyond twelve bytes é", None],
        "c": pl.Series(["u", "v", None], dtype=pl.Categorical), "e": pl.Series(["u", "v", "u"], dtype=pl.Enum(["v", "u", "w"])),
        "t": [dt.datetime(2024, 1, 1, 0, 0, 0, 1), None, dt.datetime(1, 1, 1)], "d": [dt.date(2024, 1, 1), None, dt.date(1, 1, 1)],
        "m": [dt.time(1, 2, 3, 4), None, dt.time(23, 59)], "u": pl.Series([1, 2, 255], dtype=pl.UInt8),
        "f": pl.Series([1.5, None, float("nan")], dtype=pl.Float32), "n": [None, None, None], "b": [True, None, False],
    })
    zoned = pl.DataFrame({"z": [dt.datetime(2024, 7, 1), None]}).with_columns(pl.col("z").dt.replace_time_zone("Europe/Berlin"))
    rich = pl.DataFrame({
        "l": [[1, 2**60], None, []], "st": [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}],
        "dec": pl.Series(["1.10", None, "-3.05"]).cast(pl.Decimal(10, 2)), "du": [dt.timedelta(seconds=1), None, dt.timedelta(days=1)], "bin": [b"ab", None, b""],
    })
    add("polars", plain.write_ipc, plain.to_arrow())
    add("polars lz4", lambda path: plain.write_ipc(path, compression="lz4"), plain.to_arrow())
    add("polars zstd", lambda path: plain.write_ipc(path, compression="zstd"), plain.to_arrow())
    add("polars oldest", lambda path: plain.write_ipc(path, compat_level=pl.CompatLevel.oldest()), plain.to_arrow())
    add("polars stream", plain.write_ipc_stream, plain.to_arrow())
    add("polars no rows", plain.clear().write_ipc, plain.clear().to_arrow())
    add("polars zone", zoned.write_ipc, zoned.to_arrow())
    add("polars rich", rich.write_ipc, rich.to_arrow())
    add("polars Int128", pl.DataFrame({"i": pl.Series([1], dtype=pl.Int128)}).write_ipc, refused="Expected ")

    def duck(name, sql, refused=None):
        table = duckdb.connect().sql(sql).to_arrow_table()
        add(name, lambda path: write(table, path), None if refused else table, refused)

    duck("duckdb", "SELECT i, i::VARCHAR s, i / 2 f, i % 2 = 0 b, DATE '2024-01-01' + i::INT d, TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND t, i::UTINYINT u, sum(i) OVER () h FROM range(9) r(i)")
    duck("duckdb zone", "SET TimeZone = 'America/New_York'; SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' z")
    duck("duckdb midnight", "SELECT TIME '24:00:00' t, 'a'::ENUM('a', 'b') e, NULL n, uuid() IS NULL u")
    duck("duckdb nested", "SELECT [1, 2] l, {'a': 1, 'b': [1.5::DOUBLE]} s, MAP {'k': 1} m, 'ab'::BLOB bl, 1.50 d")
    duck("duckdb interval", "SELECT INTERVAL 1 MONTH v", 'column "v"')
    duck("duckdb union", "SELECT union_value(n := 1) v", 'column "v"')

    pieces = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "a", None]).dictionary_encode()])
    changing = pa.table({"d": pieces})
    def replaced(path):
        with pa.ipc.new_stream(path, changing.schema) as writer:
            for batch in changing.to_batches():
                writer.write_batch(batch)
    add("pyarrow replaced dictionaries", replaced, changing)
    add("pyarrow delta dictionaries", lambda path: write(changing, path, "stream"), changing)
    codes = {"i": pa.array([1, 2**60, 1]).dictionary_encode(), "u": pa.array([1, 2**63, 1], pa.uint64()).dictionary_encode()}
    part = pa.table(codes).slice(2)
    add("pyarrow part of dictionaries", lambda path: write(part, path), part)
    huge = pa.table({"u": pa.array([1, 2**63], pa.uint64())})
    add("pyarrow uint64", lambda path: write(huge, path), refused='column "u", row 2 of')
    nothing = pa.table({})
    add("pyarrow no columns", lambda path: write(nothing, path), refused="of at least one column")
    doubled = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    add("pyarrow doubled names", lambda path: write(doubled, path), refused='"a" twice')
    return told


def readers(path):
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow.feather as feather

    told = {}
    table = feather.read_table(path)
    told["pyarrow"] = [table.num_rows, [str(t) for t in table.schema.types]]
    frame = pd.read_feather(path)
    told["pandas"] = [len(frame), [str(t) for t in frame.dtypes]]
    for name, read in {"polars": pl.read_ipc(path), "polars, scanned": pl.scan_ipc(path).collect()}.items():
        told[name] = [read.height, [str(t) for t in read.dtypes]]
    rows = duckdb.connect().from_arrow(table).fetchall()
    told["duckdb"] = [len(rows), [str(t) for t in duckdb.connect().from_arrow(table).types]]
    return told


mode, folder, *rest = sys.argv[1:]
if mode == "write":
    count, seed = map(int, rest)
    print(json.dumps({**named_tables(folder), **random_tables(folder, count, seed)}))
elif mode == "check":
    names = json.loads(rest[0])
    print(json.dumps({name: truth(pa.ipc.open_file(f"{folder}/{name}.ours").read_all()) for name in names}))
else:
    print(json.dumps([readers(path) for path in [folder, *rest]]))
