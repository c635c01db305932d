"""Columns as an Arrow IPC stream, and back: for a Python without pyarrow."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO, NamedTuple, Optional, Sequence

from .flatbuffers import Fields, Scalar, Structs, Table, write_root

VERSION_5 = 4
SCHEMA, DICTIONARY_BATCH, RECORD_BATCH = 1, 2, 3
INT, FLOAT, UTF8, BOOL, DATE, TIMESTAMP, DURATION, LARGE_UTF8 = 2, 3, 5, 6, 8, 10, 18, 20
UNITS = ("s", "ms", "us", "ns")
_FLOAT_BITS = (16, 32, 64)


class ArrowType(NamedTuple):
    """A type of Arrow, by its number in the format, and what tells it apart."""

    kind: int
    #: of a whole number or a float
    bits: int = 0
    is_signed: bool = True
    #: of a time
    unit: str = ""
    zone: Optional[str] = None


class Column(NamedTuple):
    """A column as it lies in memory; ``validity`` is None where nothing is missing."""

    name: str
    type: ArrowType
    length: int
    missing: int
    validity: Optional[Any]
    buffers: Sequence[Any]


def write_stream(file: BinaryIO, columns: Sequence[Column], rows: int) -> None:
    """Writes the columns as one batch."""
    _write_message(file, SCHEMA, _schema_of(columns), [])
    buffers: list[Any] = []
    for column in columns:
        buffers.extend([column.validity if column.missing else b"", *column.buffers])
    _write_message(file, RECORD_BATCH, _batch_of(columns, rows, buffers), buffers)
    file.write(struct.pack("<iI", -1, 0))


def _schema_of(columns: Sequence[Column]) -> Fields:
    return [
        None,
        tuple(
            [each.name, Scalar("B", 1), Scalar("B", each.type.kind), _type_of(each.type), None, ()]
            for each in columns
        ),
    ]


def _type_of(each: ArrowType) -> Fields:
    if each.kind == INT:
        return [Scalar("i", each.bits), Scalar("B", int(each.is_signed))]
    if each.kind == FLOAT:
        return [Scalar("h", _FLOAT_BITS.index(each.bits))]
    if each.kind == DATE:
        return [Scalar("h", 0)]
    if each.kind == TIMESTAMP:
        return [Scalar("h", UNITS.index(each.unit)), each.zone]
    return [Scalar("h", UNITS.index(each.unit))] if each.kind == DURATION else []


def _batch_of(columns: Sequence[Column], rows: int, buffers: Sequence[Any]) -> Fields:
    places = []
    start = 0
    for size in map(_size_of, buffers):
        places.append((start, size))
        start += size + -size % 8
    nodes = [(each.length, each.missing) for each in columns]
    return [Scalar("q", rows), Structs(nodes), Structs(places)]


def _size_of(buffer: Any) -> int:
    return memoryview(buffer).nbytes


def _write_message(file: BinaryIO, kind: int, header: Fields, body: Sequence[Any]) -> None:
    size = sum(each + -each % 8 for each in map(_size_of, body))
    head = write_root([Scalar("h", VERSION_5), Scalar("B", kind), header, Scalar("q", size)])
    head += b"\0" * (-len(head) % 8)
    file.write(struct.pack("<ii", -1, len(head)) + head)
    for buffer in body:
        view = memoryview(buffer)
        if view.nbytes:
            file.write(view)
            file.write(b"\0" * (-view.nbytes % 8))


class ReadColumn(NamedTuple):
    """A column of a file: its buffers in place. A dictionary's codes are its buffers."""

    name: str
    type: ArrowType
    length: int
    missing: int
    buffers: Sequence[memoryview]
    dictionary: Optional["ReadColumn"]


class _Field(NamedTuple):
    name: str
    type: ArrowType
    #: the type of the codes, and the id of what they mean
    codes: Optional[ArrowType]
    dictionary: Optional[int]


def read_columns(data: memoryview) -> list[list[ReadColumn]]:
    """The columns of each batch of an Arrow stream or file that hex-runtime has written."""
    at = 8 if bytes(data[:6]) == b"ARROW1" else 0
    fields: list[_Field] = []
    dictionaries: dict[int, ReadColumn] = {}
    batches: list[list[ReadColumn]] = []
    while at < len(data):
        mark, size = struct.unpack_from("<iI", data, at)
        if mark != -1 or size == 0:
            break
        message = Table.root(data[at + 8 : at + 8 + size])
        at += 8 + size
        header = message.table(2)
        body = data[at : at + message.number(3, "q")]
        at += len(body)
        kind = message.number(1, "B")
        if header is None:
            continue
        if kind == SCHEMA:
            fields = [_read_field(each) for each in header.tables(1)]
        elif kind == DICTIONARY_BATCH:
            number = header.number(0, "q")
            texts = next(each for each in fields if each.dictionary == number)
            batch = header.table(1)
            if batch is not None:
                plain = texts._replace(codes=None, dictionary=None)
                dictionaries[number] = _read_batch(batch, body, [plain], {})[0]
        elif kind == RECORD_BATCH:
            batches.append(_read_batch(header, body, fields, dictionaries))
    return batches or [[_empty(each) for each in fields]]


def _empty(field: _Field) -> ReadColumn:
    nothing = memoryview(b"")
    offsets = memoryview(bytes(8))
    buffers = [nothing, offsets, nothing] if field.type.kind in (UTF8, LARGE_UTF8) else [nothing, nothing]
    return ReadColumn(field.name, field.type, 0, 0, buffers, None)


def _read_field(field: Table) -> _Field:
    coded = field.table(4)
    codes, number = None, None
    if coded is not None:
        index = coded.table(1)
        codes = ArrowType(INT, index.number(0, "i", 32), bool(index.number(1, "B"))) if index else ArrowType(INT, 32)
        number = coded.number(0, "q")
    return _Field(field.text(0) or "", _read_type(field.number(2, "B"), field.table(3)), codes, number)


def _read_type(kind: int, table: Table | None) -> ArrowType:
    if table is None or kind in (UTF8, LARGE_UTF8, BOOL):
        return ArrowType(kind)
    if kind == INT:
        return ArrowType(kind, table.number(0, "i"), bool(table.number(1, "B")))
    if kind == FLOAT:
        return ArrowType(kind, _FLOAT_BITS[table.number(0, "h")])
    if kind == TIMESTAMP:
        return ArrowType(kind, unit=UNITS[table.number(0, "h")], zone=table.text(1))
    return ArrowType(kind)


def _read_batch(
    batch: Table, body: memoryview, fields: Sequence[_Field], dictionaries: dict[int, ReadColumn]
) -> list[ReadColumn]:
    nodes = iter(batch.structs(1, 2))
    places = iter(batch.structs(2, 2))
    columns = []
    for name, kind, codes, number in fields:
        length, missing = next(nodes)
        stored = codes or kind
        count = 3 if stored.kind in (UTF8, LARGE_UTF8) else 2
        buffers = [body[start : start + size] for start, size in (next(places) for _ in range(count))]
        dictionary = None if number is None else dictionaries[number]
        columns.append(ReadColumn(name, stored, length, missing, buffers, dictionary))
    return columns
