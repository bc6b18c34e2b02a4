"""One extraction job: the rows of its part of a manifest in, one keypoint shard out.

Beside the shard lie the list of clips excluded and the table of quality. A clip that cannot be read is excluded and
counted; the others are still extracted. Clips kept are stored as they are; the quality filters come later, in `pack`,
so that changing a filter never extracts again. Videos and folders of frames are estimated, resumable clip by clip
(pictures.py), many at once where the estimator shares batches (batching.py); recorded skeletons (.pose files, OpenPose
episodes, archives of clips) are only read, and so is a corpus whose keypoints others published (keypoints.published).
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from signscale.corpora import Corpus, load_corpus
from signscale.cpus import available_cpus
from signscale.errors import SignScaleError
from signscale.formats.excluded import Excluded, beside, write_excluded
from signscale.formats.quality import Quality, measure, table_beside, write_quality
from signscale.formats.sample import Sample, read_manifest
from signscale.formats.shard import Clip, check_clip, write_shard
from signscale.keypoints import pictures
from signscale.keypoints.batching import sharing_batches
from signscale.keypoints.estimators.choice import estimators_of, running
from signscale.keypoints.readers import openpose, pose_files, pose_layouts, recorded
from signscale.keypoints.readers.published.clips import PublishedClips
from signscale.params import KeypointsParams, Params
from signscale.progress import Progress

logger = logging.getLogger(__name__)

SCRATCH = Path("scratch/keypoints")


@dataclass(frozen=True, slots=True)
class _Source:
    """How the clips of one kind of corpus are read, and whose keypoints they are."""

    estimator: str
    version: str
    read: Callable[[Sample], Clip]
    note: Callable[[], str] = lambda: ""
    """One line that the user should know once the clips are read; "" if there is none."""


def extract_shard(params: Params, corpus: str, manifest: Path, shard: int, out: Path, processes: int = 1) -> None:
    """Write the keypoints of job `shard` of a manifest to `out`, beside it the clips excluded and the quality table.

    Job k takes the rows [k * clips_per_shard, (k + 1) * clips_per_shard). Where there are pictures to estimate,
    `processes` share them out, which changes no byte. Raises SignScaleError if there are no rows, or if clips of the
    corpus's kind have no extraction.
    """
    size = params.keypoints.clips_per_shard
    rows = read_manifest(manifest)[shard * size : (shard + 1) * size]
    if not rows:
        raise SignScaleError(f"{manifest}: job {shard} of {size} clips has no rows; run its stage again")
    scratch = SCRATCH / params.preset / corpus / f"{shard:05d}"
    source = _source(params, corpus, rows, scratch, processes)
    aside: list[Excluded] = []
    measured: list[Quality] = []
    kept = write_shard(out, _clips(rows, source, aside, measured), source.estimator, source.version)
    write_quality(table_beside(out), measured)
    write_excluded(beside(out), aside)
    if scratch.is_dir():
        shutil.rmtree(scratch)
    logger.info(f"keypoints: {corpus} {shard:05d}: {kept} clips kept, {len(aside)} excluded")
    if note := source.note():
        logger.warning(f"keypoints: {corpus} {shard:05d}: {note}")


def _source(params: Params, corpus: str, rows: list[Sample], scratch: Path, processes: int) -> _Source:
    raw, facts = Path(params.acquire.raw) / corpus, load_corpus(corpus)
    kind = facts.kind
    if settings := params.keypoints.published.get(corpus):
        published = PublishedClips(settings, corpus, raw)
        return _Source(published.estimator, published.version, published.clip, published.note)
    if kind == "pose":
        return _pose_source(rows, raw)
    if kind == "openpose":
        episodes = openpose.Episodes(raw, rows)
        return _Source(
            openpose.ESTIMATOR,
            openpose.ESTIMATOR_VERSION,
            lambda row: Clip(row.sample_id, episodes.points(row), facts.picture, row.fps),
        )
    if kind == "recorded":
        archives = recorded.RecordedArchives(raw, facts.picture)
        return _Source(recorded.ESTIMATOR, recorded.ESTIMATOR_VERSION, archives.clip)
    if kind in ("video", "frames"):
        return _estimated(params.keypoints, facts, raw, rows, scratch, processes)
    raise SignScaleError(f"corpus {corpus}: clips of kind {kind!r} cannot be extracted; they are made of others")


def _estimated(
    settings: KeypointsParams, facts: Corpus, raw: Path, rows: list[Sample], scratch: Path, processes: int
) -> _Source:
    """Pictures, by the estimators of their views: clips share batches, or processes share the clips."""
    chosen = estimators_of(settings, facts)
    job = pictures.Pictures(
        settings, tuple(one.name for one in chosen), raw, getattr(facts, "longest_side", 0), scratch
    )
    estimators = running(settings, job.names)
    if all(one.shares_batches for one in chosen):
        read = sharing_batches(rows, job, estimators)
    elif (count := min(processes, available_cpus(), len(rows))) > 1:
        read = pictures.shared_out(rows, job, count)
    else:
        read = pictures.one_by_one(job, estimators)
    return _Source(
        "+".join(one.name for one in estimators.values()), "; ".join(one.version for one in estimators.values()), read
    )


def _clips(rows: list[Sample], source: _Source, aside: list[Excluded], measured: list[Quality]) -> Iterator[Clip]:
    """The clips of the rows in order, each with its quality in `measured`; rows that fail go to `aside`."""
    for row in Progress(rows, desc=f"keypoints {rows[0].corpus}", unit="clip"):
        try:
            clip = source.read(row)
            check_clip(clip)
        except SignScaleError as error:
            aside.append(Excluded(row.sample_id, "keypoints", str(error)))
        else:
            measured.append(measure(clip))
            yield clip


def _pose_source(rows: list[Sample], raw: Path) -> _Source:
    """The .pose files of a job; their estimator is that of the first that can be read, and another's are refused."""
    made = pose_layouts.HOLISTIC[:2]
    for row in rows:
        try:
            made = pose_files.estimator_of(raw / row.clip)
            break
        except SignScaleError:
            continue  # reported when it is read

    def read(row: Sample) -> Clip:
        points, size, fps = pose_files.read_pose(raw / row.clip, row.start, row.end)
        if (found := pose_files.estimator_of(raw / row.clip)) != made:
            raise SignScaleError(f"{raw / row.clip}: made by {found[0]}, others of the corpus by {made[0]}")
        return Clip(row.sample_id, points, size, fps)

    return _Source(*made, read)
