"""How good the keypoints of each corpus are, over all the clips that were extracted, packed or not."""

from dataclasses import dataclass
from pathlib import Path

from signscale.formats.excluded import read_excluded
from signscale.formats.hands import left_share, read_hands
from signscale.formats.quality import Quality, read_quality, together
from signscale.params import Params

MOST_TROUBLED = 5


@dataclass(frozen=True, slots=True)
class CorpusQuality:
    """clips: how many were extracted. whole: all of them end to end. held_back: those a filter of pack excluded.
    left_handed: share of the packed ones whose dominant hand is the left.

    troubled: (clip, whether it was packed), those with the largest share of jumps and swaps first; none without any.
    """

    name: str
    clips: int
    whole: Quality
    held_back: int
    left_handed: float
    troubled: list[tuple[Quality, bool]]

    def per_thousand(self, count: int) -> float:
        """A count of frames as one of a thousand frames."""
        return 1000 * count / self.whole.frames


def trouble(found: Quality) -> float:
    """Share of a clip's frames that jump or swap."""
    return (found.jumps + found.swaps) / found.frames


def read_corpora_quality(params: Params, results: Path) -> list[CorpusQuality]:
    """The packed corpora that hold a clip, in the order of params; raises SignScaleError if a table is torn."""
    folders = [results / "pack" / name for name in params.acquire.corpora]
    tables = [(folder, read_quality(folder / "quality.csv")) for folder in folders if (folder / "quality.csv").exists()]
    return [_corpus(folder, rows) for folder, rows in tables if rows]


def _corpus(folder: Path, rows: list[Quality]) -> CorpusQuality:
    held = {row.sample_id for row in read_excluded(folder / "excluded.csv") if row.stage == "pack"}
    worst = sorted((row for row in rows if trouble(row) > 0), key=lambda row: (-trouble(row), row.sample_id))
    troubled = [(row, row.sample_id not in held) for row in worst[:MOST_TROUBLED]]
    return CorpusQuality(
        folder.name, len(rows), together(folder.name, rows), len(held), left_share(read_hands(folder)), troubled
    )
