"""Memory of an extraction job's processes: those that only decode and crop, MediaPipe's, and some that import torch.

    python benchmarks/extraction_memory.py [2 8 64]

Each of that many processes works on one made clip of 1280 x 720, as in a job that was given as many CPUs, whatever this
machine has. `torch` stands for MMPose's decoders, whose codec imports it. MediaPipe and torch are left out beyond eight
processes. Prints JSON: MB of all processes together (PSS, pages they share counted once), of the largest (RSS), and
which of the heavy packages they imported.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from signscale.keypoints import workers
from signscale.keypoints.people import Signer
from signscale.keypoints.readers.video import open_video

HEAVY = ("torch", "transformers", "pandas", "mediapipe", "mmpose")
FRAMES = 12


def write_clip(path: Path) -> None:
    """A clip of moving noise."""
    frames = np.random.default_rng(0).integers(0, 255, (FRAMES, 72, 128, 3), np.uint8)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for frame in frames:
            big = av.VideoFrame.from_ndarray(frame.repeat(10, 0).repeat(10, 1), format="rgb24")
            file.mux(stream.encode(big))
        file.mux(stream.encode())


def light() -> Callable[[Path], list[str]]:
    """Decodes and crops."""

    def work(clip: Path) -> list[str]:
        signer = Signer()
        with open_video(clip, 0.0, -1.0) as video:
            for frame in video.frames:
                left, top, right, bottom = signer.among(np.array([[300, 100, 800, 700]], np.float32)).astype(int)
                np.ascontiguousarray(frame[top:bottom, left:right])
        return [name for name in HEAVY if name in sys.modules]

    return work


def mediapipe() -> Callable[[Path], list[str]]:
    """Estimates with MediaPipe."""
    from signscale.keypoints.estimators.choice import running
    from signscale.params import load_params

    estimator = running(load_params(Path(__file__).parents[1], "demo").keypoints, ["mediapipe"])["mediapipe"]

    def work(clip: Path) -> list[str]:
        with open_video(clip, 0.0, -1.0) as video:
            estimator.estimate(video.frames)
        return [name for name in HEAVY if name in sys.modules]

    return work


def torch() -> Callable[[Path], list[str]]:
    """Decodes and crops, with torch in memory."""
    import torch  # noqa: F401

    return light()


def megabytes(pid: int, field: str) -> float:
    """A field of the kernel's account of a process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1000
    raise ValueError(field)


def children() -> list[int]:
    """The processes that this one started, less multiprocessing's own helper."""
    pids = Path(f"/proc/self/task/{Path('/proc/self').resolve().name}/children").read_text().split()
    return [int(pid) for pid in pids if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def measure(make: Callable, count: int, clip: Path) -> dict[str, object]:
    """The memory of that many processes once each has worked on the clip."""
    with workers.at_work(make, (), [clip] * count, count) as results:
        imported = {name for _, names in results for name in names}
        pids = children()
        together, largest = sum(megabytes(pid, "Pss") for pid in pids), max(megabytes(pid, "Rss") for pid in pids)
    return {
        "kind": make.__name__,
        "processes": len(pids),
        "pss_mb": round(together),
        "largest_rss_mb": round(largest),
    } | {"imported": sorted(imported)}


def main(counts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip)
        for make in (light, mediapipe, torch):
            for count in counts:
                if count <= 8 or make is light:
                    print(json.dumps(measure(make, count, clip)), flush=True)


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [2, 8, 64])
