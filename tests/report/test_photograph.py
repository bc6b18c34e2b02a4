"""The video entrance's picture: drawn over the real first frame, and absent without it."""

import av
import numpy as np

from signscale.formats import skeleton
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import Clip, write_shard
from signscale.report.photograph import read_photograph


def _write(folder, results):
    folder.mkdir(parents=True)
    with av.open(str(folder / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")))
        container.mux(stream.encode())
    sample = Sample("photograph/a", "photograph", "", "", "", "a.mp4", 0.0, -1.0, 0.0, "", "", "", "mediapipe")
    write_manifest(results / "acquire" / "photograph.parquet", [sample])
    points = np.zeros((3, 133, 3), np.float32)
    points[:, [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER]] = [[10, 20, 1], [50, 20, 1]]
    write_shard(
        results / "keypoints" / "photograph" / "00000.h5", [Clip("photograph/a", points, (64, 64), 25.0)], "e", "1"
    )


def test_the_points_lie_over_the_first_frame(params, results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / params.acquire.raw / "photograph", results)
    picture = read_photograph(params, results)
    assert 'viewBox="0 0 64 64"' in picture
    assert "data:image/jpeg;base64," in picture
    assert "2 of 79 points found" in picture
    assert "M10.0 20.0L50.0 20.0" in picture


def test_without_the_corpus_there_is_no_picture(params, results):
    assert read_photograph(params, results) is None
