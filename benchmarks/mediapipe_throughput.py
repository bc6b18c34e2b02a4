"""140 real clips (karsl70) through video -> MediaPipe -> shard: frames a second, coverage, 1-shot recognition.

The plain loop is MediaPipe's own example: OpenCV reads a frame, Holistic takes it, the landmarks become numbers. Ours
is what a job of the workflow runs, its processes' start included. Both take the same clips in turns, a part of the
corpus each time, so that what else the machine does hits both; CPU seconds do not depend on it, and `idle` says what
they allow on two cores with nothing else to do. Recognition: one training clip a sign, the nearest one by dynamic time
warping. MediaPipe stands in for HRNet + DARK and InterWild.

Usage: python benchmarks/mediapipe_throughput.py [--processes 2] [--rounds 4] [--keep FILE.h5]
Needs ../shared/data/videos/karsl70. Prints JSON, keeps it in benchmarks/results; progress on stderr.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from mediapipe.python.solution_base import SolutionBase
from mediapipe.python.solutions.holistic import Holistic
from mediapipe.python.solutions.pose import Pose

from signscale.formats import skeleton
from signscale.formats.files import write_json
from signscale.formats.quality import SEEN, measure
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.keypoints.pictures import Pictures, shared_out
from signscale.keypoints.readers.video import open_video
from signscale.params import KeypointsParams, load_params

ROOT = Path(__file__).resolve().parents[1]
VIDEOS = ROOT.parent / "shared/data/videos/karsl70"
RESULT = ROOT / "benchmarks/results/mediapipe_throughput.json"
FLOOR = 0.571  # top-1 of the earlier measurement
SHAPE = 2.0  # weight of a hand's shape against its place: .543 at 1, .586 from 1.3 to 4, tried on the same clips


def clip_rows() -> list[Sample]:
    """Rows of all clips, train and test; the label is the third field of the file name."""
    rows = []
    for split in ("train", "test"):
        for path in sorted((VIDEOS / f"01-{split}-mp4s").glob("*.mp4")):
            clip, label = str(path.relative_to(VIDEOS)), path.stem.split("_")[2]
            name = f"karsl70/{split}/{path.stem}"
            rows.append(Sample(name, "karsl70", split, "ars", "01", clip, 0.0, -1.0, 0.0, "", "", label, "mediapipe"))
    return rows


def plain_loop(rows: list[Sample], settings: KeypointsParams) -> int:
    """Frames estimated one after the other, as MediaPipe's example does it; the landmarks as arrays are thrown away."""
    frames = 0
    for row in rows:
        video = cv2.VideoCapture(str(VIDEOS / row.clip))
        with Holistic(**settings.mediapipe.model_dump()) as holistic:
            while True:
                there, picture = video.read()
                if not there:
                    break
                found = holistic.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
                for part in ("pose_landmarks", "face_landmarks", "left_hand_landmarks", "right_hand_landmarks"):
                    if landmarks := getattr(found, part):
                        np.array([(point.x, point.y, point.z) for point in landmarks.landmark])
                frames += 1
        video.release()
    return frames


def ours(rows: list[Sample], settings: KeypointsParams, processes: int, out: Path, scratch: Path) -> int:
    """The same through the code of a job, into a shard; returns its frames."""
    read = shared_out(rows, Pictures(settings, VIDEOS, 0, scratch), processes)
    write_shard(out, map(read, rows), "mediapipe", "benchmark")
    with Shard(out) as shard:
        return int(shard.lengths().sum())


def timed(run: Callable[[], int]) -> dict[str, float]:
    """Frames, seconds, and CPU seconds of this process and of those it waited for."""

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    begin, spent = time.perf_counter(), cpu()
    frames = run()
    return {"frames": frames, "seconds": time.perf_counter() - begin, "cpu_seconds": cpu() - spent}


def steady_cpu_ms(graph: Callable[[], SolutionBase], rows: list[Sample]) -> float:
    """CPU milliseconds a frame of one of MediaPipe's graphs, the first frame of a clip, which loads it, left out."""
    frames, spent = 0, 0.0
    for row in rows:
        with open_video(VIDEOS / row.clip) as video, graph() as running:
            running.process(np.ascontiguousarray(next(video.frames)))
            rest = [np.ascontiguousarray(frame) for frame in video.frames]
            spent += timed(lambda rest=rest, running=running: len([running.process(frame) for frame in rest]))[
                "cpu_seconds"
            ]
            frames += len(rest)
    return 1000 * spent / frames


def idle_cores(
    rows: list[Sample], settings: KeypointsParams, plain_cpu_ms: float, ours_cpu_ms: float
) -> dict[str, float]:
    """What CPU time allows on two idle cores: the plain loop runs the body alone, then face and hands side by side."""
    options = settings.mediapipe.model_dump()
    body, whole = (steady_cpu_ms(lambda kind=kind: kind(**options), rows) for kind in (Pose, Holistic))
    plain, ours = body + (whole - body) / 2 + (plain_cpu_ms - whole), ours_cpu_ms / 2
    found = {"body_cpu_ms": body, "whole_cpu_ms": whole, "plain_ms_at_least": plain, "ours_ms_at_least": ours}
    return {key: round(value, 1) for key, value in found.items()} | {"speedup": round(plain / ours, 2)}


def features(clip: Clip) -> np.ndarray:
    """(T, 96): elbows, wrists and hands about the shoulders in shoulder widths; each hand's shape in its own extents.

    A point that is not seen keeps its last place; a hand that is not seen is at its arm's wrist and has no shape.
    """
    points, seen = clip.keypoints.copy(), clip.keypoints[..., 2] > SEEN
    for index, point in enumerate(points.swapaxes(0, 1)):
        if len(times := np.flatnonzero(seen[:, index])):
            last = np.searchsorted(times, np.arange(len(point)), "right").clip(1) - 1
            point[:, :2] = point[times[last], :2]
    shoulders = points[:, [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER], :2]
    middle, width = shoulders.mean(axis=1), np.median(np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1))
    place = (points[..., :2] - middle[:, None]) / width
    parts = [place[:, skeleton.LEFT_ELBOW : skeleton.RIGHT_WRIST + 1]]
    for hand, wrist in ((skeleton.LEFT_HAND, skeleton.LEFT_WRIST), (skeleton.RIGHT_HAND, skeleton.RIGHT_WRIST)):
        there = seen[:, hand].any(axis=1)[:, None, None]
        shape = place[:, hand] - place[:, hand[:1]]
        extent = np.linalg.norm(shape, axis=-1).max(axis=1)[:, None, None]
        parts += [
            np.where(there, place[:, hand[:1]], place[:, [wrist]]),
            SHAPE * there * shape / np.maximum(extent, 1e-6),
        ]
    return np.concatenate(parts, axis=1).reshape(len(points), -1)


def warped(query: np.ndarray, clips: list[np.ndarray]) -> np.ndarray:
    """Dynamic time warping of (T, d) against each of n clips (S, d), over T + S: (n,)."""
    lengths = np.array([len(clip) for clip in clips])
    padded = np.zeros((len(clips), lengths.max(), query.shape[1]))
    for row, clip in zip(padded, clips, strict=True):
        row[: len(clip)] = clip
    total = np.full((len(clips), lengths.max() + 1), np.inf)
    total[:, 0] = 0
    for frame in query:
        cost, before = np.linalg.norm(padded - frame, axis=-1), np.minimum(total[:, :-1], total[:, 1:])
        total = np.full_like(total, np.inf)
        for j in range(cost.shape[1]):
            total[:, j + 1] = cost[:, j] + np.minimum(before[:, j], total[:, j])
    return total[np.arange(len(clips)), lengths] / (len(query) + lengths)


def one_shot(rows: list[Sample], clips: dict[str, Clip]) -> dict[str, float]:
    """Top-1 and top-5 of the test clips by their nearest training clips."""
    found = {row.sample_id: features(clips[row.sample_id]) for row in rows}
    train, test = ([row for row in rows if row.split == split] for split in ("train", "test"))
    places = []
    for row in test:
        distance = warped(found[row.sample_id], [found[other.sample_id] for other in train])
        labels = [train[k].label for k in np.argsort(distance, kind="stable")]
        places.append(labels.index(row.label))
    return {
        "clips": len(test),
        "top1": float(np.mean(np.array(places) < 1)),
        "top5": float(np.mean(np.array(places) < 5)),
    }


def summed(parts: list[dict[str, float]]) -> dict[str, float]:
    total = {key: sum(part[key] for part in parts) for key in parts[0]}
    return {key: round(value, 2) for key, value in total.items()} | {
        "frames_per_second": round(total["frames"] / total["seconds"], 2),
        "cpu_ms_per_frame": round(1000 * total["cpu_seconds"] / total["frames"], 1),
    }


def main(processes: int, rounds: int, keep: Path | None) -> None:
    settings = load_params(ROOT, "demo").keypoints
    rows, clips, times = clip_rows(), {}, {"plain": [], "ours": []}
    plain_loop(rows[:1], settings)  # the library's first use is slower
    for number in range(rounds):
        part = rows[number::rounds]
        with tempfile.TemporaryDirectory() as folder:
            runs = {
                "plain": lambda part=part: plain_loop(part, settings),
                "ours": lambda part=part, to=Path(folder): ours(part, settings, processes, to / "0.h5", to / "pieces"),
            }
            for name in ("plain", "ours") if number % 2 == 0 else ("ours", "plain"):
                times[name].append(timed(runs[name]))
                print(f"round {number + 1}: {name}: {summed(times[name][-1:])}", os.getloadavg(), file=sys.stderr)
            with Shard(Path(folder) / "0.h5") as shard:
                clips |= {shard.ids[index]: shard.clip(index) for index in range(len(shard))}
    if keep:
        write_shard(keep, (clips[row.sample_id] for row in rows), "mediapipe", "benchmark")
    found = [measure(clips[row.sample_id]) for row in rows]
    ratios = [
        b["frames"] / b["seconds"] * a["seconds"] / a["frames"]
        for a, b in zip(times["plain"], times["ours"], strict=True)
    ]
    hand = [float((clips[row.sample_id].keypoints[:, 91:, 2] > 0.1).any(axis=1).mean()) for row in rows]
    plain, fast = summed(times["plain"]), summed(times["ours"])
    document = {
        "processes": processes,
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "plain": plain,
        "ours": fast,
        "speedup": round(fast["frames_per_second"] / plain["frames_per_second"], 3),
        "speedup_by_round": [round(ratio, 3) for ratio in ratios],
        "idle": idle_cores(rows[::35], settings, plain["cpu_ms_per_frame"], fast["cpu_ms_per_frame"]),
        "coverage": {
            "clips": len(rows),
            "person": round(float(np.average([q.person for q in found], weights=[q.frames for q in found])), 4),
            "a_hand": round(float(np.average(hand, weights=[q.frames for q in found])), 4),
            "jumps": sum(q.jumps for q in found),
            "swaps": sum(q.swaps for q in found),
        },
        "one_shot": one_shot(rows, clips) | {"baseline": FLOOR},
        "stands_in": "MediaPipe for HRNet + DARK and InterWild",
    }
    write_json(RESULT, document)
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--keep", type=Path, help="keep the keypoints of all clips as a shard here")
    given = parser.parse_args()
    main(given.processes, given.rounds, given.keep)
