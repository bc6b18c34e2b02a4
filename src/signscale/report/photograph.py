"""The picture of the video entrance: one frame of the photograph's clip with the keypoints found in it."""

import base64
import io
from pathlib import Path

import av
import numpy as np
from markupsafe import Markup

from signscale.formats import skeleton
from signscale.formats.sample import read_manifest
from signscale.formats.shard import Shard
from signscale.params import Params
from signscale.report.skeletons import PARTS

CORPUS = "photograph"


def _first_frame(video: Path) -> str:
    """The first frame as a JPEG data address."""
    with av.open(str(video)) as container:
        picture = next(container.decode(video=0)).to_image()
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _bones(points: np.ndarray) -> Markup:
    """Bones with both ends found, (79, 3) in pixels."""
    paths = []
    for part, edges in PARTS.items():
        drawn = [(points[a], points[b]) for a, b in edges if points[a, 2] > 0 and points[b, 2] > 0]
        d = "".join(f"M{p[0]:.1f} {p[1]:.1f}L{q[0]:.1f} {q[1]:.1f}" for p, q in drawn)
        paths.append(Markup('<path class="{}" d="{}"/>').format(part, d))
    return Markup("").join(paths)


def read_photograph(params: Params, results: Path) -> Markup | None:
    """The picture, or None where the corpus, its video or its keypoints are not there."""
    shard_path = results / "keypoints" / CORPUS / "00000.h5"
    manifest = results / "acquire" / f"{CORPUS}.parquet"
    if not (shard_path.exists() and manifest.exists()):
        return None
    clips = {sample.sample_id: sample.clip for sample in read_manifest(manifest)}
    with Shard(shard_path) as shard:
        if not len(shard):
            return None
        clip = shard.clip(0)
    video = Path(params.acquire.raw) / CORPUS / clips[clip.sample_id]
    if not video.is_file():
        return None
    points = clip.keypoints[0, skeleton.SELECTED]
    found = int((points[:, 2] > 0).sum())
    label = (
        f"First frame of {clip.sample_id} with the skeleton drawn over it: {found} of {skeleton.NODES} points found."
    )
    width, height = clip.size
    return (
        Markup('<svg class="photograph" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(width, height, label)
        + Markup('<image href="{}" width="{}" height="{}"/>').format(_first_frame(video), width, height)
        + _bones(points)
        + Markup("</svg>")
    )
