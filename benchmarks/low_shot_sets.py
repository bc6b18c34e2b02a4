"""The real sign sets of low_shot.py as packs: word clips of several people, words of one person, and 70 signs on video.

Found in a folder given by --material: poses/traduttore_words.npz with its two csv files, poses/signwish.npz (both
MediaPipe mapped to 133 points, no face mesh, x and y as shares of the picture), and the videos of videos/karsl70. None
of them travels with this project.
"""

import csv
import re
from pathlib import Path

import numpy as np

from signscale.corpora.sample import Sample, write_manifest
from signscale.keypoints.mediapipe import MediaPipeEstimator
from signscale.keypoints.video import open_video
from signscale.params import Params
from signscale.progress import Progress
from signscale.store.shard import Clip, write_shard

SIDE = 1000
"""The picture is taken as this many pixels wide and high: the files hold shares of a picture of unknown size."""

FPS = 20.0
"""The files name no rate; nothing here depends on it."""

LABELLED, TESTED = "dmohazab", "TheCamNelson"
"""Who committed the clips that may be labelled, and those of the test; a third committer's are never labelled."""


def sample(name: str, corpus: str, split: str, label: str, text: str, signer: str = "") -> Sample:
    """A row of a pack made here."""
    return Sample(f"{corpus}/{name}", corpus, split, "ase", signer, name, 0.0, -1.0, FPS, "", text, label, "mediapipe")


def stored_clip(sample_id: str, points: np.ndarray) -> Clip:
    """(T, 133, 3) shares of the picture and confidence -> the clip in pixels."""
    keypoints = points.astype(np.float32)
    keypoints[..., :2] = np.clip(keypoints[..., :2] * SIDE, -SIDE, 2 * SIDE)
    keypoints[..., 2] = np.clip(keypoints[..., 2], 0, 1)
    return Clip(sample_id, keypoints, (SIDE, SIDE), FPS)


def write_pack(out: Path, clips: list[Clip], samples: list[Sample], version: str) -> None:
    """Write the two files of a pack that readers need."""
    write_shard(out / "shard.h5", clips, "mediapipe", version)
    write_manifest(out / "manifest.parquet", samples)


def signwish(material: Path, out: Path) -> None:
    """880 clips of 11 words, all for pre-training, with a sentence each."""
    with np.load(material / "poses" / "signwish.npz") as file:
        points, names, ids = file["kp"], file["classes"][file["y"]], file["ids"]
    samples = [
        sample(str(i), "signwish", "train", str(name), f"This word is {name}.")
        for i, name in zip(ids, names, strict=True)
    ]
    write_pack(out, [stored_clip(s.sample_id, p) for s, p in zip(samples, points, strict=True)], samples, "as found")


def traduttore(material: Path, out: Path) -> None:
    """Words committed by three people: `train` without text, `test` of the words that both have."""
    with np.load(material / "poses" / "traduttore_words.npz") as file:
        points, names, ids = file["kp"], file["classes"][file["y"]], file["ids"]
    with (material / "poses" / "traduttore_words_mixed.csv").open(encoding="utf-8") as file:
        about = {row["id"]: row for row in csv.DictReader(file)}
    own = {i: about[i]["author_major"] for i in map(str, ids) if about[i]["mixed"] == "0"}
    words = {
        person: {str(n) for i, n in zip(ids, names, strict=True) if own.get(str(i)) == person}
        for person in (LABELLED, TESTED)
    }
    shared = (words[LABELLED] & words[TESTED]) - {"-"}  # "-" is nobody signing
    clips, samples = [], []
    for i, name, clip in zip(map(str, ids), map(str, names), points, strict=True):
        if i not in own or (own[i] == TESTED and name not in shared):
            continue
        label = name if name in shared and own[i] in (LABELLED, TESTED) else ""
        row = sample(i, "traduttore", "test" if own[i] == TESTED else "train", label, "", own[i])
        samples.append(row)
        clips.append(stored_clip(row.sample_id, clip))
    write_pack(out, clips, samples, "as found")


def karsl(material: Path, out: Path, params: Params) -> None:
    """70 signs, one training and one test video each, through our own video entrance and MediaPipe."""
    folder = material / "videos" / "karsl70"
    estimator, clips, samples = MediaPipeEstimator(params.keypoints.mediapipe), [], []
    for path in Progress(sorted(folder.rglob("*.mp4")), desc="karsl70", unit="clip"):
        split = "test" if "test" in path.relative_to(folder).as_posix().lower() else "train"
        label = re.split(r"[_-]", path.stem)[2]
        row = sample(path.stem, "karsl70", split, label, "")
        with open_video(path) as video:
            clips.append(Clip(row.sample_id, estimator.estimate(video.frames), video.size, video.fps))
        samples.append(row)
    write_pack(out, clips, samples, estimator.version)
