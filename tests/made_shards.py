"""Random clips and the shards made of them."""

from pathlib import Path

import numpy as np

from signscale.formats.excluded import Excluded, beside, write_excluded
from signscale.formats.quality import measure, table_beside, write_quality
from signscale.formats.shard import Clip, write_shard


def random_clip(name: str, seed: int, frames: int = 0, size: tuple[int, int] = (640, 480), fps: float = 25.0) -> Clip:
    """Points anywhere in the picture and somewhat outside of it; `frames` 0 draws 1 to 200."""
    draw = np.random.default_rng(seed)
    count = frames or int(draw.integers(1, 201))
    points = draw.uniform(-0.1, 1.1, (count, 133, 3)) * [*size, 1]
    points[..., 2] = draw.uniform(0, 1, (count, 133))
    return Clip(name, points.astype(np.float32), size, fps)


def extracted(path: Path, clips: list[Clip], aside: list[Excluded] = (), version: str = "1") -> Path:
    """An extraction shard with its list and its table beside it."""
    write_shard(path, clips, "made", version)
    write_quality(table_beside(path), map(measure, clips))
    write_excluded(beside(path), aside)
    return path
