"""Annotation files read row by row: what can be read is read, what cannot is a Fault with its place and reason.

A file that cannot be a table at all (absent, UTF-16, a header without the needed columns) raises SignScaleError.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from signscale.errors import SignScaleError
from signscale.formats.csv_file import cell_as_it_was, write_rows

_BOM = b"\xef\xbb\xbf"
_QUOTED = re.compile(
    r"'[^']*'|\[[^\]]*\]|\([^)]*\)"  # values, boxes
    r"|(?<!\S)-?\d[\d.]*(?![\w-])"  # numbers
    r"|(?<!\S)(?=\S*\d)(?!\S*\.(?:txt|json|vtt|csv))\S*[/_]\S*"  # ids, but no file names
)


FaultKind = Literal["lost", "rule", "remark"]
"""lost: a row of the annotation file that makes no sample. rule: excluded by a rule of ours, such as a length.
remark: a known fault or a choice of layout that the user should know; no row is lost by it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row. file: its name. row: line (1-based) or item of a JSON list (0-based); 0 if the file.

    split: train, dev or test where it is known.
    """

    file: str
    row: int
    reason: str
    kind: FaultKind = "lost"
    split: str = ""

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}: {self.reason}"


class RowError(Exception):
    """Raised while a row is turned into a Sample: the row is excluded with this reason."""


def lines(path: Path, faults: list[Fault]) -> Iterator[tuple[int, str]]:
    """(line number, text) of a UTF-8 file: a BOM and CRLF are taken off, lines in another encoding are faults."""
    with _opened(path) as file:
        for number, raw in enumerate(file, start=1):
            if number == 1:
                if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise SignScaleError(f"{path}: UTF-16; convert it: iconv -f UTF-16 -t UTF-8")
                raw = raw.removeprefix(_BOM)
            try:
                yield number, raw.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                guess = "GB18030" if _is_gb18030(raw) else "ISO-8859-1"
                faults.append(
                    Fault(path.name, number, f"not UTF-8 at byte {error.start}; convert the file from {guess} by iconv")
                )


def _opened(path: Path):
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise SignScaleError(f"{path}: no such annotation file; run `signscale acquire` or drop it there") from None


def _is_gb18030(raw: bytes) -> bool:
    """Whether bytes read as Chinese text; umlauts in ISO-8859-1 are single high bytes between ASCII letters."""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    letters, high = sum("\u4e00" <= letter <= "\u9fff" for letter in text), sum(byte > 127 for byte in raw)
    return 0.8 * high <= 2 * letters <= 1.25 * high


def table(
    path: Path, separator: str, columns: Iterable[str], faults: list[Fault], quoted: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) of a table with a header line.

    quoted: a field that begins with a quote is a CSV field, in which a quote is doubled; else quotes are plain
    characters. Rows whose number of fields differs from the header's, or whose quotes do not close, are faults. Raises
    SignScaleError if a column is missing.
    """
    header: list[str] | None = None
    for number, line in lines(path, faults):
        if not line.strip():
            continue
        cells = _quoted_fields(line, separator) if quoted else line.split(separator)
        if cells is None:
            faults.append(Fault(path.name, number, "the quotes of a field do not close"))
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            if missing := [column for column in columns if column not in header]:
                raise SignScaleError(f"{path}: header lacks {', '.join(missing)}; fetch the published file again")
        elif len(cells) != len(header):
            faults.append(Fault(path.name, number, f"{len(cells)} columns, the header has {len(header)}"))
        else:
            yield number, dict(zip(header, cells, strict=True))


def _quoted_fields(line: str, separator: str) -> list[str] | None:
    """The fields of a CSV line; None if its quotes do not close."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return None


def listed(path: Path, faults: list[Fault]) -> Iterator[tuple[int, tuple[str, str]]]:
    """(line number, (first, second)) of a list file without a header: two fields split by tab, comma or spaces."""
    for number, line in lines(path, faults):
        if not line.strip():
            continue
        cells = line.replace(",", " ").split()
        if len(cells) == 2:
            yield number, (cells[0], cells[1])
        else:
            faults.append(Fault(path.name, number, f"{len(cells)} columns, expected 2"))


def read_json(path: Path, kind: type) -> Any:
    """A UTF-8 JSON file (BOM allowed) holding a list or dict; raises SignScaleError if it is damaged or something
    else."""
    with _opened(path) as file:
        raw = file.read()
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except ValueError as error:
        raise SignScaleError(f"{path}: not whole UTF-8 JSON ({error}); move it away and fetch it again") from None
    if not isinstance(content, kind):
        raise SignScaleError(f"{path}: expected a {kind.__name__}, found {type(content).__name__}; fetch it again")
    return content


def number(row: dict[str, Any], column: str) -> float:
    """The finite number in a column; raises RowError if it is missing, not a number, or not finite."""
    if column not in row:
        raise RowError(f"{column} is missing")
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        raise RowError(f"{column} is {row[column]!r}, not a number") from None
    if not abs(value) < float("inf"):
        raise RowError(f"{column} is {row[column]!r}, not a finite number")
    return value


def words(text: str) -> str:
    """Text with runs of white space made single spaces, and none at the ends."""
    return " ".join(text.split())


def read_faults(path: Path) -> list[Fault]:
    """The faults that `write_faults` wrote, none if there is no such file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        try:
            return [
                Fault(**({name: cell_as_it_was(cell) for name, cell in row.items()} | {"row": int(row["row"])}))
                for row in csv.DictReader(file)
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise SignScaleError(f"{path}: not a list of faults ({error}); acquire the corpus again") from None


def kinds(faults: Iterable[Fault]) -> dict[str, int]:
    """How many faults of each kind, the most frequent first: reasons that differ in what they quote are of one kind."""
    counted = Counter(_QUOTED.sub("…", fault.reason) for fault in faults)
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def write_faults(path: Path, faults: Iterable[Fault]) -> None:
    """Write faults as CSV with a header, whole or not at all; the header alone if there is none."""
    write_rows(path, [field.name for field in fields(Fault)], map(astuple, faults))
