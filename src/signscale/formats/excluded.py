"""The excluded samples: which, at which stage, and why. One CSV beside each shard, present even if empty."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from signscale.formats.csv_file import read_rows, write_rows


@dataclass(frozen=True, slots=True)
class Excluded:
    """A sample left out. stage: keypoints or pack. reason: one line naming the file and the remedy."""

    sample_id: str
    stage: str
    reason: str


_COLUMNS = ["sample_id", "stage", "reason"]


def beside(shard: Path | str) -> Path:
    """The list that belongs to a keypoint shard: `00003.h5` has `00003.excluded.csv`."""
    return Path(shard).with_suffix(".excluded.csv")


def write_excluded(path: Path | str, rows: Iterable[Excluded]) -> int:
    """Write the rows as CSV with a header, whole or not at all; returns how many."""
    rows = list(rows)
    write_rows(path, _COLUMNS, ([row.sample_id, row.stage, row.reason] for row in rows))
    return len(rows)


def read_excluded(path: Path | str) -> list[Excluded]:
    """Read such a CSV; raises SignScaleError if it is absent or torn."""
    rows = read_rows(path, _COLUMNS, "a list of excluded clips", "run its stage again")
    return [Excluded(**row) for row in rows]
