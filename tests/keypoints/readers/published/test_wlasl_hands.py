"""The hands of WLASL become its clips and its annotation file; each hand keeps its side."""

from pathlib import Path

import numpy as np
import pytest

from signscale.acquire.run import acquire_corpus
from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.sample import read_manifest
from signscale.keypoints.readers.published import open_reader
from signscale.keypoints.readers.published.wlasl_hands import wholebody_of_hands
from signscale.params import load_params


def hand(x: float, y: float) -> np.ndarray:
    """A hand whose wrist is at (x, y)."""
    return np.stack([x + np.arange(21) / 1000, np.full(21, y), np.zeros(21)], axis=-1)


NONE = np.full((21, 3), -1.0)


def test_two_hands_are_told_apart_by_their_place_and_one_by_where_it_was() -> None:
    frames = np.array(
        [
            [hand(0.7, 0.5), NONE],  # one hand on the right of the picture: the left one
            [hand(0.7, 0.5), hand(0.3, 0.5)],
            [hand(0.3, 0.5), hand(0.7, 0.5)],  # in another order of detection
            [NONE, NONE],
            [hand(0.45, 0.5), NONE],  # nearer to where the right one was
            [hand(0.55, 0.5), NONE],  # followed across the middle
        ]
    )
    points = wholebody_of_hands(frames)
    left, right = points[:, skeleton.LEFT_HAND[0]], points[:, skeleton.RIGHT_HAND[0]]
    assert left[:, 0].tolist() == pytest.approx([0.7, 0.7, 0.7, 0, 0, 0])
    assert right[:, 0].tolist() == pytest.approx([0, 0.3, 0.3, 0, 0.45, 0.55])
    assert left[:, 2].tolist() == [1, 1, 1, 0, 0, 0]
    assert points[1, skeleton.LEFT_HAND[8], :2].tolist() == pytest.approx([0.708, 0.5])
    assert not points[:, :91].any(), "no body and no face"


def write_archive(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        kp=np.array([[hand(0.3, 0.5), NONE]] * 12, np.float16),
        offset=np.array([0, 5, 12]),
        ids=np.array(["00335", "00336"]),
        label=np.array([1, 0]),
        classes=np.array(["book", "drink"]),
        split=np.array(["test", "val"]),
        signer=np.array([-1, 7]),
    )


def test_the_preset_makes_wlasls_rows_of_the_archive(root: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    params = load_params(root, "wlasl_hands")
    write_archive(tmp_path / params.keypoints.published["wlasl"].path)
    acquire_corpus(params, "wlasl", tmp_path / "manifest.parquet")
    rows = {row.sample_id: row for row in read_manifest(tmp_path / "manifest.parquet")}
    test, dev = rows["wlasl/00335"], rows["wlasl/00336"]
    assert (test.split, test.gloss, test.label, test.signer) == ("test", "drink", "1", "")
    assert (dev.split, dev.gloss, dev.label, dev.signer) == ("dev", "book", "0", "7")
    assert (test.start, test.end) == (0.0, -1.0)


def test_another_corpus_and_another_archive_are_refused(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz")
    assert len(open_reader("wlasl_hands", tmp_path / "a.npz", "wlasl").read("00336").points) == 7
    with pytest.raises(SignScaleError, match="the hands of WLASL; msasl cannot be read from them"):
        open_reader("wlasl_hands", tmp_path / "a.npz", "msasl")
    np.savez(tmp_path / "b.npz", kp=np.zeros(3))
    (tmp_path / "c.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:100])
    for name in ("b", "c"):
        with pytest.raises(SignScaleError, match=rf"{name}\.npz: not the hands of WLASL"):
            open_reader("wlasl_hands", tmp_path / f"{name}.npz", "wlasl")


def test_the_real_archive_is_read(shared: Path) -> None:
    reader = open_reader("wlasl_hands", shared / "poses/wlasl_hands.npz", "wlasl")
    assert len(reader.names) == 11_980
    points = reader.read("00335").points
    assert points.shape == (58, 133, 3)
    assert (points[:, 91:, 2] > 0).any()
    assert not points[:, :91].any()
