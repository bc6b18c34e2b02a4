"""Clips a second from disk to masked, normalised tensors, one process: our HDF5 shards against one pickle a clip.

Usage: python benchmarks/input_pipeline.py [--clips N]
The peers' way: a pickle a clip of float64 keypoints, the hands' boxes and the masks frame by frame in Python. Both read
the same made-up clips (lengths as in the paper) in the same random order, in turns, with files in the page cache; CPU
seconds. Reading alone is timed as well, and what a training step of the paper's size consumes here. Prints JSON and
keeps it in benchmarks/results/input_pipeline.json.
"""

import argparse
import json
import pickle
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pretrain import WIDTH, made_batch, paper_lengths, timed, trainer

from signscale.data.batches import length_bucketed
from signscale.data.masking import mask_pose
from signscale.data.normalise import HAND_BOX_SCALE, SEEN, normalise
from signscale.data.randomness import generator
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.formats.skeleton import LEFT_HAND, MASK_PARTS, NODE_LEFT_HAND, NODE_RIGHT_HAND, RIGHT_HAND, SELECTED
from signscale.params import load_params
from signscale.pretrain.model import PretrainingModel

ROOT = Path(__file__).parents[1]
SIZE = (640, 480)


def made(frames: int, seed: int) -> np.ndarray:
    """(T, 133, 3) of a slowly moving figure."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(100, 400, (1, 133, 3)) + rng.normal(0, 1, (frames, 133, 3)).cumsum(axis=0)
    points[..., 2] = rng.uniform(0.2, 1, (frames, 133))
    return points.clip(0, 479)


def literal(keypoints: np.ndarray, rng: np.random.Generator, mask) -> tuple[np.ndarray, np.ndarray]:
    """Normalised and masked pose, a frame and a part at a time."""
    pose = np.zeros((len(keypoints), 79, 3), np.float32)
    for t, frame in enumerate(keypoints):
        pose[t] = frame[SELECTED]
        pose[t, :, :2] = pose[t, :, :2] / SIZE - 0.5
        for points, where in ((LEFT_HAND, NODE_LEFT_HAND), (RIGHT_HAND, NODE_RIGHT_HAND)):
            hand = frame[points]
            seen = hand[hand[:, 2] > SEEN, :2]
            low, high = seen.min(axis=0), seen.max(axis=0)
            half = (high - low).max() * HAND_BOX_SCALE / 2
            box = np.clip([*((low + high) / 2 - half), *((low + high) / 2 + half)], 0, [*SIZE, *SIZE])
            pose[t, where, :2] = (hand[:, :2] - box[:2]) / (box[2:] - box[:2]) - 0.5
    masked, touched = pose.copy(), np.zeros(pose.shape[:2], bool)
    for nodes in MASK_PARTS.values():
        for frame in rng.permutation(len(pose))[: round(mask.ratio * len(pose))]:
            level = rng.integers(3)
            if level == 0:
                for node in rng.choice(nodes, rng.integers(1, min(mask.max_joints, len(nodes)) + 1), replace=False):
                    touched[frame, node] = True
                    if rng.random() < 0.5:
                        masked[frame, node] = 0
                    else:
                        masked[frame, node, :2] += rng.uniform(-mask.max_shift, mask.max_shift, 2)
                continue
            length = rng.integers(mask.clip_length[0], mask.clip_length[1] + 1) if level == 2 else 1
            for near in range(max(0, frame - length // 2), min(len(pose), frame + length)):
                masked[near, nodes], touched[near, nodes] = 0, True
    return masked, touched


def rate(work: Callable[[int], object], order: np.ndarray) -> float:
    """Clips a CPU second."""
    begin = time.process_time()
    for index in order:
        work(int(index))
    return len(order) / (time.process_time() - begin)


def step_rates(clips: int = 16, steps: int = 3) -> list[float]:
    """Clips a CPU second that training at the paper's size takes in, after one step to warm up."""
    settings = load_params(ROOT, "paper").pretrain
    model = PretrainingModel(settings.model, settings.loss, WIDTH)
    step, lengths = trainer(lambda batch: model(batch)["loss"], model, "cpu"), paper_lengths(clips * 64)
    batches = [lengths[indices] for indices in length_bucketed(lengths, clips, 1, 0)[: steps + 1]]
    made_up = [made_batch(each, int(each.max()), "cpu") for each in batches]
    return [clips / timed(lambda b=batch: step(b), "cpu")[1] for batch in made_up][1:]


def main() -> None:
    """Write both stores in a temporary folder and read them in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=300)
    clips = parser.parse_args().clips
    lengths, mask = paper_lengths(clips), load_params(ROOT, "paper").pretrain.mask
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        poses = [made(int(frames), k) for k, frames in enumerate(lengths)]
        write_shard(
            folder / "s.h5", (Clip(str(k), p.astype(np.float32), SIZE, 25.0) for k, p in enumerate(poses)), "", ""
        )
        for k, pose in enumerate(poses):
            (folder / f"{k}.pkl").write_bytes(pickle.dumps({"keypoints": pose, "size": SIZE}))
        sizes = {
            "shard": (folder / "s.h5").stat().st_size,
            "pickles": sum(f.stat().st_size for f in folder.glob("*.pkl")),
        }
        shard = Shard(folder / "s.h5")

        def load(index: int) -> np.ndarray:
            return pickle.loads((folder / f"{index}.pkl").read_bytes())["keypoints"]

        ways = {
            "ours": lambda k: mask_pose(normalise(shard.keypoints(k), SIZE), mask, generator(1, "mask", 0, str(k))),
            "peers": lambda k: literal(load(k), np.random.default_rng(k), mask),
            "ours_reading": shard.keypoints,
            "peers_reading": load,
        }
        found: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(3):
            order = np.random.default_rng(turn).permutation(clips)
            for way, work in ways.items():
                found[way].append(rate(work, order))
    ratios = [a / b for a, b in zip(found["ours"], found["peers"], strict=True)]
    result = {
        "clips": clips,
        "frames_a_clip": round(float(lengths.mean()), 1),
        "clips_per_cpu_second": {way: [round(value, 1) for value in values] for way, values in found.items()},
        "ratio": {"median": round(statistics.median(ratios), 2), "all": [round(r, 2) for r in ratios]},
        "bytes_per_clip": {store: round(size / clips) for store, size in sizes.items()},
    }
    consumed = statistics.median(step_rates())
    result["a_step_at_paper_size_consumes_clips_per_cpu_second"] = round(consumed, 3)
    result["cores_of_compute_that_one_core_of_input_feeds"] = round(statistics.median(found["ours"]) / consumed)
    result["note"] = "the step's figure is this CPU's; what a GPU consumes is not measured here"
    text = json.dumps(result, indent=1)
    (ROOT / "benchmarks" / "results" / "input_pipeline.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
