"""The moving photograph decodes to the pictures it was made of, and is the same file every time."""

import av
import numpy as np

from signscale.corpora.photograph import CORPUS, FPS, VIDEO, views
from signscale.fetch.ledger import read_ledger
from signscale.formats.files import sha256
from signscale.formats.video_file import write_video
from signscale.params import load_params


def test_the_video_decodes_to_the_pictures(tmp_path):
    write_video(tmp_path / VIDEO, views(), FPS)
    with av.open(str(tmp_path / VIDEO)) as container:
        rate = container.streams.video[0].average_rate
        decoded = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert decoded.shape == views().shape == (24, 416, 416, 3) and rate == 25
    error = np.abs(decoded.astype(int) - views()).mean(axis=(1, 2, 3))
    moved = np.abs(views()[1:].astype(int) - views()[:-1]).mean()
    assert error.max() < 4 < moved / 2  # levels of 255: coding noise, far below one step of movement


def test_the_view_moves_four_pixels_a_frame():
    assert np.array_equal(views()[0][:, 4:], views()[1][:, :-4])


def test_the_file_is_the_same_every_time(tmp_path):
    write_video(tmp_path / "a.mp4", views(), FPS)
    write_video(tmp_path / "b.mp4", views(), FPS)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_the_corpus_is_one_sample_in_no_split(root, tmp_path):
    CORPUS.acquire(tmp_path, load_params(root, "demo").acquire)
    (sample,) = CORPUS.samples(tmp_path)
    video = tmp_path / "photograph" / sample.clip
    assert (sample.split, sample.label, sample.text, sample.view) == ("", "", "", "mediapipe")
    (row,) = read_ledger(tmp_path / "photograph" / "ledger.csv")
    assert (row.outcome, row.bytes, row.sha256) == ("ok", video.stat().st_size, sha256(video))
