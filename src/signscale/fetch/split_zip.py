"""A zip in several parts (name.z01, name.z02, ... name.zip) read as one file, without a joined copy on the disk.

The parts are laid end to end. What follows the last member, the list of members, is made anew in memory, since there
every place is given as a part and a distance from that part's start (APPNOTE.TXT of the zip format, 4.3 and 4.5.3).
"""

import io
import struct
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple

from signscale.errors import SignScaleError

_END = struct.Struct("<4s4H2LH")  # signature, this part, part of the list, members (twice), bytes, place, comment
_LOCATOR = struct.Struct("<4sLQL")  # signature, part and place of the wide end, number of parts
_WIDE_END = struct.Struct("<4sQ2H2L4Q")  # signature, bytes, versions, then as in _END
_MEMBER = struct.Struct("<4s6H3L5H2L")
_PACKED, _SIZE, _NAME, _EXTRA, _COMMENT, _PART, _PLACE = 8, 9, 10, 11, 12, 13, 16  # fields of _MEMBER
_LONG, _SHORT = 0xFFFFFFFF, 0xFFFF
"""Values which mean that the number is in the wide field."""


class _List(NamedTuple):
    """Where the list of members is: its part and place there, its bytes, and how many members it has."""

    part: int
    place: int
    size: int
    members: int


@contextmanager
def opened(archive: Path) -> Iterator[BinaryIO]:
    """The file, open for reading; if it is the last part of a zip, all parts as one whole zip.

    Raises SignScaleError if a part is missing, zipfile.BadZipFile if the parts do not belong together.
    """
    count = _number_of_parts(archive)
    parts = [archive.with_suffix(f".z{number:02d}") for number in range(1, count)] + [archive]
    for part in parts:
        if not part.is_file():
            raise SignScaleError(f"{part}: part of {archive.name} is missing; fetch it, or drop it there")
    with ExitStack() as files:
        pieces = [files.enter_context(part.open("rb")) for part in parts]
        if count == 1:
            yield pieces[0]
            return
        laid = _Laid(pieces)
        found = _find_list(laid)
        start = laid.starts[found.part] + found.place
        rest = _relisted(laid.exactly(start, found.size), found.members, laid.starts, start)
        yield io.BufferedReader(_Laid([*pieces, io.BytesIO(rest)], cut=start), 1 << 20)


class _Laid(io.RawIOBase):
    """Files laid end to end; `cut`: the byte at which the last of them takes over from the others."""

    def __init__(self, pieces: list[BinaryIO], cut: int | None = None):
        super().__init__()
        sizes = [piece.seek(0, io.SEEK_END) for piece in pieces]
        self.pieces, self.starts, self.at = pieces, [0, *accumulate(sizes)][:-1], 0
        if cut is not None:
            kept = bisect_right(self.starts[:-1], cut - 1)  # pieces that begin before the cut
            self.pieces, self.starts = [*pieces[:kept], pieces[-1]], [*self.starts[:kept], cut]
        self.size = self.starts[-1] + sizes[-1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def exactly(self, start: int, size: int) -> bytes:
        """The `size` bytes from `start` on; raises zipfile.BadZipFile if there are fewer."""
        self.seek(start)
        content = bytearray()
        while len(content) < size and (read := self.read(size - len(content))):
            content += read
        if len(content) < size:
            raise zipfile.BadZipFile("it ends before its list of members does; a part has lost bytes")
        return bytes(content)

    def readinto(self, buffer) -> int:
        index = bisect_right(self.starts, self.at) - 1
        end = self.starts[index + 1] if index + 1 < len(self.starts) else self.size
        self.pieces[index].seek(self.at - self.starts[index])
        read = self.pieces[index].read(max(min(len(buffer), end - self.at), 0))
        buffer[: len(read)] = read
        self.at += len(read)
        return len(read)


def _number_of_parts(archive: Path) -> int:
    """Of how many parts this file is the last; 1 for a whole one and for what is not named a zip."""
    if archive.suffix != ".zip":
        return 1
    with archive.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(size - _LOCATOR.size - _END.size - _SHORT, 0))
        tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        return 1
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(b"PK\6\7"):
        return max(_LOCATOR.unpack_from(tail, at - _LOCATOR.size)[3], 1)
    part = _END.unpack_from(tail, at)[1]
    return 1 if part == _SHORT else part + 1


def _find_list(laid: _Laid) -> _List:
    """The end of the zip, wide or not, tells where its list of members is."""
    start = max(laid.size - _LOCATOR.size - _END.size - _SHORT, 0)
    tail = laid.exactly(start, laid.size - start)
    at = tail.rfind(b"PK\5\6")
    _, _, part, _, members, size, place, _ = _END.unpack_from(tail, at)
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(b"PK\6\7"):
        _, wide_part, wide_place, _ = _LOCATOR.unpack_from(tail, at - _LOCATOR.size)
        end = laid.exactly(_place(laid.starts, wide_part, wide_place), _WIDE_END.size)
        if not end.startswith(b"PK\6\6"):
            raise zipfile.BadZipFile("its end is not where it says; a part has lost bytes")
        *_, part, _, members, size, place = _WIDE_END.unpack(end)
    _place(laid.starts, part, place)
    return _List(part, place, size, members)


def _place(starts: list[int], part: int, place: int) -> int:
    """The byte from the start of the first part; raises zipfile.BadZipFile if there is no such part."""
    if part >= len(starts):
        raise zipfile.BadZipFile(f"it names part {part + 1}, there are {len(starts)}")
    return starts[part] + place


def _relisted(listed: bytes, members: int, starts: list[int], list_start: int) -> bytes:
    """The list of members and the end of a zip in one part, of those of a zip in several; all numbers wide."""
    out, at = bytearray(), 0
    for _ in range(members):
        fields = list(_MEMBER.unpack(listed[at : at + _MEMBER.size].ljust(_MEMBER.size, b"\0")))
        if fields[0] != b"PK\1\2":
            raise zipfile.BadZipFile("its list of members is not whole; a part has lost bytes")
        name_end = at + _MEMBER.size + fields[_NAME]
        extra_end = name_end + fields[_EXTRA]
        wide, others = _extra(listed[name_end:extra_end], fields)
        place = _place(starts, wide.part, wide.place)
        if place + wide.packed > list_start:
            raise zipfile.BadZipFile("a member reaches beyond the parts; one of them has lost bytes")
        others += struct.pack("<2H3Q", 1, 24, wide.size, wide.packed, place)
        fields[_SIZE] = fields[_PACKED] = fields[_PLACE] = _LONG
        fields[_PART], fields[_EXTRA] = 0, len(others)
        end = extra_end + fields[_COMMENT]
        out += _MEMBER.pack(*fields) + listed[at + _MEMBER.size : name_end] + others + listed[extra_end:end]
        at = end
    wide_end = list_start + len(out)
    out += _WIDE_END.pack(b"PK\6\6", 44, 45, 45, 0, 0, members, members, len(out), list_start)
    out += _LOCATOR.pack(b"PK\6\7", 0, wide_end, 1)
    return bytes(out + _END.pack(b"PK\5\6", 0, 0, _SHORT, _SHORT, _LONG, _LONG, 0))


class _Wide(NamedTuple):
    """Numbers of a member: bytes, bytes packed, its part and its place there."""

    size: int
    packed: int
    part: int
    place: int


def _extra(extra: bytes, fields: list) -> tuple[_Wide, bytes]:
    """A member's numbers, from its wide field where the short ones say so; and its other extra fields."""
    others, wide, at = bytearray(), b"", 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            wide = extra[at + 4 : at + 4 + size]
        else:
            others += extra[at : at + 4 + size]
        at += 4 + size
    numbers = []
    for field, is_wide, width in ((_SIZE, _LONG, 8), (_PACKED, _LONG, 8), (_PLACE, _LONG, 8), (_PART, _SHORT, 4)):
        value = fields[field]
        if value == is_wide:
            if len(wide) < width:
                raise zipfile.BadZipFile("a member's sizes are missing from its list")
            value, wide = int.from_bytes(wide[:width], "little"), wide[width:]
        numbers.append(value)
    size, packed, place, part = numbers
    return _Wide(size, packed, part, place), bytes(others)
