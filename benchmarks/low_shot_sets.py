"""The real sign sets of low_shot.py as packs: words of several people, words of one person, and 70 signs on video.

Found in a folder given by --material: the archives of the corpora traduttore and signwish in poses, and the videos of
videos/karsl70. None of them travels with this project.
"""

import re
from dataclasses import replace
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.pose_set import SIDE
from signscale.formats.array_file import read_words
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import Clip, write_shard
from signscale.keypoints.estimators.mediapipe.estimate import MediaPipeEstimator
from signscale.keypoints.readers.recorded import ESTIMATOR, ESTIMATOR_VERSION, RecordedArchives
from signscale.keypoints.readers.video import open_video
from signscale.params import Params
from signscale.progress import Progress


def write_pack(out: Path, clips: list[Clip], samples: list[Sample], version: str) -> None:
    """Write the two files of a pack that readers need."""
    write_shard(out / "shard.h5", clips, ESTIMATOR, version)
    write_manifest(out / "manifest.parquet", samples)


def recorded(name: str, material: Path, out: Path) -> None:
    """Every sample of a corpus of recorded clips, without the filters that `pack` has.

    traduttore without its sentences: pre-training would learn from them what the labelled clips are to teach.
    """
    samples = recorded_rows(name, material)
    if name == "traduttore":
        samples = [replace(sample, text="") for sample in samples]
    write_recorded(samples, material, out)


def recorded_rows(name: str, material: Path) -> list[Sample]:
    """The samples of a corpus of recorded clips, whose archive lies in the material's poses."""
    corpus, folder = load_corpus(name), material / "poses"
    return list(corpus.rows(folder, read_words(folder / corpus.file), []))


def write_recorded(samples: list[Sample], material: Path, out: Path) -> None:
    """A pack of samples of one archive."""
    archives = RecordedArchives(material / "poses", (SIDE, SIDE))
    write_pack(out, [archives.clip(sample) for sample in samples], samples, ESTIMATOR_VERSION)


def karsl(material: Path, out: Path, params: Params) -> None:
    """70 signs, one training and one test video each, through our own video entrance and MediaPipe."""
    folder = material / "videos" / "karsl70"
    estimator, clips, samples = MediaPipeEstimator(params.keypoints.mediapipe), [], []
    for path in Progress(sorted(folder.rglob("*.mp4")), desc="karsl70", unit="clip"):
        split = "test" if "test" in path.relative_to(folder).as_posix().lower() else "train"
        label = re.split(r"[_-]", path.stem)[2]
        row = Sample(
            f"karsl70/{path.stem}", "karsl70", split, "", "", path.name, 0.0, -1.0, 0.0, "", "", label, "mediapipe"
        )
        with open_video(path) as video:
            clips.append(Clip(row.sample_id, estimator.estimate(video.frames), video.size, video.fps))
        samples.append(row)
    write_pack(out, clips, samples, estimator.version)
