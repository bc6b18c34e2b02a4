"""How good the keypoints of each corpus are, over all the clips that were extracted, packed or not."""

import math
from dataclasses import dataclass
from pathlib import Path

from signscale.formats.excluded import read_excluded
from signscale.formats.hands import count_hands, read_hands
from signscale.formats.quality import Quality, read_quality, together
from signscale.params import Params

MOST_TROUBLED = 5
OTHER_HANDED = 0.1
"""Smallest difference in the share of left-handed clips that is worth a warning."""


@dataclass(frozen=True, slots=True)
class CorpusQuality:
    """clips: how many were extracted. whole: all of them end to end. held_back: those a filter of pack excluded.
    signed, left: number of packed clips (a composed clip counts its parts), and how many have a dominant left hand.

    troubled: (clip, whether it was packed), those with the largest share of jumps and swaps first; none without any.
    """

    name: str
    clips: int
    whole: Quality
    held_back: int
    signed: int
    left: int
    troubled: list[tuple[Quality, bool]]

    def per_thousand(self, count: int) -> float:
        """A count of frames as one of a thousand frames."""
        return 1000 * count / self.whole.frames

    @property
    def left_handed(self) -> float:
        """Share of the packed clips whose dominant hand is the left, 0..1; 0 of none."""
        return self.left / max(1, self.signed)


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
    left, signed = count_hands(read_hands(folder))
    return CorpusQuality(
        folder.name, len(rows), together(folder.name, rows), len(held), signed=signed, left=left, troubled=troubled
    )


def other_handed(quality: list[CorpusQuality], params: Params) -> list[str]:
    """A warning for each corpus that pre-training does not see and whose clips are signed with the other hand.

    That is: its share of left-handed clips is further than OTHER_HANDED, and than three standard errors of the
    difference of two shares, from that of pre-training's corpora together. There is no warning where packs mirror such
    clips, or where a model is taken over.
    """
    seen = [corpus for corpus in quality if corpus.name in params.pretrain.corpora]
    left, clips = sum(corpus.left for corpus in seen), sum(corpus.signed for corpus in seen)
    if not clips or params.pretrain.start or params.pack.handedness == "dominant_right":
        return []
    lines = []
    for corpus in quality:
        if corpus in seen or not corpus.signed:
            continue
        both = (left + corpus.left) / (clips + corpus.signed)
        error = math.sqrt(both * (1 - both) * (1 / clips + 1 / corpus.signed))
        if abs(corpus.left_handed - left / clips) > max(OTHER_HANDED, 3 * error):
            lines.append(
                f"{corpus.name}: the left hand is dominant in {corpus.left_handed:.0%} of its clips, in those of "
                f"pre-training in {left / clips:.0%}"
            )
    return lines
