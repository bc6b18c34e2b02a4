"""The stage `pack`: joins a corpus's extraction shards into one training shard, filtered, with a manifest.

The folder written holds shard.h5, manifest.parquet (the rows that made it, in shard order), excluded.csv (every
other row of the corpus, whichever stage left it out), quality.csv (every row that was extracted, packed or not) and
hands.csv (the dominant hand of every packed row, as filmed).
"""

import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from signscale.corpora import load_corpus
from signscale.data.handedness import dominant_hand, in_handedness
from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.excluded import Excluded, beside, read_excluded, write_excluded
from signscale.formats.hands import Hands, write_hands
from signscale.formats.quality import SEEN, Quality, read_quality, table_beside, together, write_quality
from signscale.formats.sample import Sample, read_manifest, write_manifest
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.params import PackParams, Params
from signscale.progress import Progress

logger = logging.getLogger(__name__)

JOIN = "+"
"""Stands between the sample ids in the `clip` of a composed sample."""
_OPEN_SHARDS = 16
_HANDS = np.concatenate([skeleton.LEFT_HAND, skeleton.RIGHT_HAND])


def pack_corpus(params: Params, corpus: str, manifest: Path, shards: Sequence[Path], out: Path) -> None:
    """Pack the rows of a manifest into the folder `out`; `shards` are the extraction shards of the corpus, or of its
    base for a composed corpus.

    Filters (params.pack): the extracted clip's jumps, swaps and confidence; then, of the clip as it is packed, fewer
    than min_frames frames, a person in too small a share of the frames, a hand in too small a share. Clips are kept
    whole, however long. With params.pack.handedness dominant_right, a clip (of a composed one each part) whose left
    hand is dominant is mirrored. One clip is in memory at a time. Raises SignScaleError if there are no shards, if they
    disagree on the estimator, or if a row is missing from all of them.
    """
    composed = load_corpus(corpus).kind == "composed"
    extracted, rows, out = _Extracted(shards), read_manifest(manifest), Path(out)
    packed: list[Sample] = []
    aside: list[Excluded] = []
    measured: list[Quality] = []
    hands: list[Hands] = []
    clips = _clips(rows, composed, extracted, params.pack, packed, aside, measured, hands)
    kept = write_shard(out / "shard.h5", clips, extracted.estimator, extracted.version)
    write_manifest(out / "manifest.parquet", packed)
    write_excluded(out / "excluded.csv", aside)
    write_quality(out / "quality.csv", measured)
    write_hands(out, hands)
    logger.info(f"pack: {corpus}: {kept} clips kept, {len(aside)} excluded")


def _clips(
    rows: list[Sample],
    composed: bool,
    extracted: "_Extracted",
    filters: PackParams,
    packed: list[Sample],
    aside: list[Excluded],
    measured: list[Quality],
    hands: list[Hands],
) -> Iterator[Clip]:
    """The clips that pass, in manifest order; each row ends in `packed` (with the clip's true rate) or in `aside`.

    `measured` gets the quality of every row that was extracted, `hands` the dominant hands of those that pass.
    """
    for row in Progress(rows, desc="pack", unit="clip"):
        parts = row.clip.split(JOIN) if composed else [row.sample_id]
        lost = next((extracted.aside[part] for part in parts if part in extracted.aside), None)
        if lost is not None:
            aside.append(replace(lost, sample_id=row.sample_id))
            continue
        measured.append(together(row.sample_id, [extracted.quality(part) for part in parts]))
        try:
            check_quality(measured[-1], filters)
            filmed = [extracted.clip(part) for part in parts]
            sources = [in_handedness(source, filters.handedness) for source in filmed]
            if filters.trim_ends:
                sources = [trimmed(source) for source in sources]
            if composed:
                sources = [middle(source, filters.composed_share) for source in sources]
            clip = filtered(joined(row.sample_id, sources), filters)
            if composed:  # cut to their middles, the parts may show the left hand more: as packed it must be the right
                clip = in_handedness(clip, filters.handedness)
        except FilterError as rejection:
            aside.append(Excluded(row.sample_id, "pack", str(rejection)))
            continue
        packed.append(replace(row, fps=clip.fps))
        hands.append(Hands(row.sample_id, JOIN.join(dominant_hand(source.keypoints) for source in filmed)))
        yield clip


class FilterError(Exception):
    """A clip that a filter excludes; the text is the reason, one line with the remedy."""


def check_quality(found: Quality, filters: PackParams) -> None:
    """Raise FilterError if the keypoints of a clip, as extracted, jump or swap sides too often, or are too unsure."""
    for what, value, most, key in (
        ("jumps in", found.jumps / found.frames, filters.max_jump_share, "max_jump_share"),
        ("left and right swapped in", found.swaps / found.frames, filters.max_swap_share, "max_swap_share"),
    ):
        if value > most:
            raise FilterError(f"{found.sample_id}: {what} {value:.2f} of the frames, more than pack.{key} ({most})")
    if found.confidence < filters.min_confidence:
        raise FilterError(
            f"{found.sample_id}: mean confidence {found.confidence:.2f}, less than pack.min_confidence "
            f"({filters.min_confidence})"
        )


def middle(clip: Clip, share: float) -> Clip:
    """The middle `share` of a clip's frames, at least one frame: the sign without the hand going up and down."""
    frames = len(clip.keypoints)
    kept = max(1, round(share * frames))
    first = (frames - kept) // 2
    return replace(clip, keypoints=clip.keypoints[first : first + kept])


def trimmed(clip: Clip) -> Clip:
    """The clip from the first frame with a hand to the last one; a clip without a hand as it is, for the filters."""
    seen = np.flatnonzero((clip.keypoints[:, _HANDS, 2] > SEEN).any(axis=1))
    return replace(clip, keypoints=clip.keypoints[seen[0] : seen[-1] + 1]) if len(seen) else clip


def joined(sample_id: str, parts: Sequence[Clip]) -> Clip:
    """The parts end to end as one clip; raises FilterError if their pictures differ in size.

    Parts of different rates keep their frames as they are; the clip has the rate of the first.
    """
    first = parts[0]
    for part in parts:
        if part.size != first.size:
            raise FilterError(
                f"{sample_id}: {part.sample_id} is {part.size[0]}x{part.size[1]} pixels, {first.sample_id} "
                f"{first.size[0]}x{first.size[1]}; compose samples of equal picture size"
            )
    return Clip(sample_id, np.concatenate([part.keypoints for part in parts]), first.size, first.fps)


def filtered(clip: Clip, filters: PackParams) -> Clip:
    """The clip, whole; raises FilterError if a filter holds it back."""
    frames = len(clip.keypoints)
    if frames < filters.min_frames:
        raise FilterError(f"{clip.sample_id}: {frames} frames, fewer than pack.min_frames ({filters.min_frames})")
    for what, part, least, key in (
        ("a person", skeleton.BODY, filters.min_person_share, "min_person_share"),
        ("a hand", _HANDS, filters.min_hand_share, "min_hand_share"),
    ):
        share = float((clip.keypoints[:, part, 2] > SEEN).any(axis=1).mean())
        if share < least:
            raise FilterError(f"{clip.sample_id}: {what} in {share:.2f} of the frames, less than pack.{key} ({least})")
    return clip


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a clip lies: which shard file, and its index there."""

    shard: Path
    index: int


class _Extracted:
    """Extraction shards seen as one: clips and their quality by sample id, and what was excluded beside them.

    Few shards are open at once: a corpus of a million clips has thousands of files.
    """

    def __init__(self, shards: Sequence[Path]):
        if not shards:
            raise SignScaleError("pack: no keypoint shards were given; run keypoints first")
        self.aside: dict[str, Excluded] = {}
        self._places: dict[str, _Place] = {}
        self._quality: dict[str, Quality] = {}
        self._open: OrderedDict[Path, Shard] = OrderedDict()
        made: dict[tuple[str, str], Path] = {}
        for path in map(Path, shards):
            with Shard(path) as shard:
                self._places |= {name: _Place(path, index) for index, name in enumerate(shard.ids)}
                made.setdefault((shard.estimator, shard.estimator_version), path)
            self.aside |= {row.sample_id: row for row in read_excluded(beside(path))}
            self._quality |= {row.sample_id: row for row in read_quality(table_beside(path))}
        if len(made) > 1:
            listed = "; ".join(f"{path} by {name} {version}" for (name, version), path in made.items())
            raise SignScaleError(f"pack: shards of different estimators ({listed}); run keypoints again for all")
        ((self.estimator, self.version),) = made

    def quality(self, sample_id: str) -> Quality:
        """The quality of a sample; raises SignScaleError if no table holds it."""
        if sample_id not in self._quality:
            raise SignScaleError(
                f"pack: {sample_id} is in no keypoint shard; they are of an older manifest, run keypoints"
            )
        return self._quality[sample_id]

    def clip(self, sample_id: str) -> Clip:
        """The clip of a sample; raises SignScaleError if no shard holds it."""
        if sample_id not in self._places:
            raise SignScaleError(f"pack: {sample_id} has a quality but no keypoints; run snakemake keypoints")
        place = self._places[sample_id]
        if place.shard not in self._open:
            if len(self._open) == _OPEN_SHARDS:
                self._open.popitem(last=False)[1].close()
            self._open[place.shard] = Shard(place.shard)
        self._open.move_to_end(place.shard)
        return self._open[place.shard].clip(place.index)
