"""The part of FlatBuffers that the heads of Arrow messages need: writing and reading small tables."""

from __future__ import annotations

import struct
from typing import Any, Optional, Union

_SIZES = {"B": 1, "h": 2, "i": 4, "q": 8}


class Scalar:
    """A number in a table: ``B`` for a byte or a boolean, ``h``, ``i`` and ``q`` for 16, 32 and 64 bits."""

    def __init__(self, form: str, number: int) -> None:
        self.form, self.number = form, number


class Structs:
    """A vector of structs, each some whole numbers of 64 bits."""

    def __init__(self, rows: list[tuple[int, ...]]) -> None:
        self.rows = rows


#: A table: its fields by their place in the schema; None is left out.
Fields = list[Optional[Union[Scalar, "Fields", Structs, str, tuple]]]  # type: ignore[misc]


def write_root(fields: Fields) -> bytes:
    """A buffer with the table as its root. A tuple is a vector of tables."""
    buffer = bytearray(8)
    struct.pack_into("<I", buffer, 0, _write_table(buffer, fields))
    return bytes(buffer)


def _pad(buffer: bytearray, alignment: int, ahead: int = 0) -> None:
    buffer.extend(b"\0" * (-(len(buffer) + ahead) % alignment))


def _write_table(buffer: bytearray, fields: Fields) -> int:
    given = [(slot, value) for slot, value in enumerate(fields) if value is not None]
    sizes = {slot: _SIZES[value.form] if isinstance(value, Scalar) else 4 for slot, value in given}
    places: dict[int, int] = {}
    size = 4
    for slot, _ in sorted(given, key=lambda each: -sizes[each[0]]):
        size += -size % sizes[slot]
        places[slot] = size
        size += sizes[slot]
    vtable = struct.pack(
        f"<HH{len(fields)}H", 4 + 2 * len(fields), size, *(places.get(slot, 0) for slot in range(len(fields)))
    )
    _pad(buffer, 8, len(vtable))
    buffer.extend(vtable)
    start = len(buffer)
    buffer.extend(b"\0" * size)
    struct.pack_into("<i", buffer, start, len(vtable))
    for slot, value in given:
        at = start + places[slot]
        if isinstance(value, Scalar):
            struct.pack_into(f"<{value.form}", buffer, at, value.number)
        else:
            target = _write_child(buffer, value)
            struct.pack_into("<I", buffer, at, target - at)
    return start


def _write_child(buffer: bytearray, value: Any) -> int:
    if isinstance(value, list):
        return _write_table(buffer, value)
    if isinstance(value, str):
        text = value.encode("utf-8")
        _pad(buffer, 4)
        start = len(buffer)
        buffer.extend(struct.pack("<I", len(text)) + text + b"\0")
        return start
    if isinstance(value, Structs):
        _pad(buffer, 8, 4)
        start = len(buffer)
        buffer.extend(struct.pack("<I", len(value.rows)))
        for row in value.rows:
            buffer.extend(struct.pack(f"<{len(row)}q", *row))
        return start
    _pad(buffer, 4)
    start = len(buffer)
    buffer.extend(struct.pack("<I", len(value)) + b"\0" * (4 * len(value)))
    for index, table in enumerate(value):
        at = start + 4 + 4 * index
        target = _write_table(buffer, table)
        struct.pack_into("<I", buffer, at, target - at)
    return start


class Table:
    """A table in a buffer, whose fields are read by their place in the schema."""

    def __init__(self, buffer: memoryview, at: int) -> None:
        self._buffer, self._at = buffer, at
        self._vtable = at - struct.unpack_from("<i", buffer, at)[0]
        self._size = struct.unpack_from("<H", buffer, self._vtable)[0]

    @classmethod
    def root(cls, buffer: memoryview) -> Table:
        return cls(buffer, struct.unpack_from("<I", buffer, 0)[0])

    def _field(self, slot: int) -> int:
        entry = 4 + 2 * slot
        place = struct.unpack_from("<H", self._buffer, self._vtable + entry)[0] if entry < self._size else 0
        return self._at + place if place else 0

    def _target(self, slot: int) -> int:
        at = self._field(slot)
        return at + struct.unpack_from("<I", self._buffer, at)[0] if at else 0

    def number(self, slot: int, form: str, default: int = 0) -> int:
        at = self._field(slot)
        return struct.unpack_from(f"<{form}", self._buffer, at)[0] if at else default

    def text(self, slot: int) -> str | None:
        at = self._target(slot)
        if not at:
            return None
        size = struct.unpack_from("<I", self._buffer, at)[0]
        return bytes(self._buffer[at + 4 : at + 4 + size]).decode("utf-8")

    def table(self, slot: int) -> Table | None:
        at = self._target(slot)
        return Table(self._buffer, at) if at else None

    def tables(self, slot: int) -> list[Table]:
        at = self._target(slot)
        count = struct.unpack_from("<I", self._buffer, at)[0] if at else 0
        places = [at + 4 + 4 * index for index in range(count)]
        return [Table(self._buffer, each + struct.unpack_from("<I", self._buffer, each)[0]) for each in places]

    def structs(self, slot: int, width: int) -> list[tuple[int, ...]]:
        at = self._target(slot)
        count = struct.unpack_from("<I", self._buffer, at)[0] if at else 0
        form = f"<{width}q"
        return [struct.unpack_from(form, self._buffer, at + 4 + 8 * width * index) for index in range(count)]
