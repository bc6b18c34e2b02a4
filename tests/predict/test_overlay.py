"""The answer on the video: every frame is there, the gloss being signed is lit, and nonsense is refused."""

from pathlib import Path

import av
import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats.shard import Clip
from signscale.formats.video_file import write_video
from signscale.predict.overlay import _NOW, caption, check_wanted, write_answer

GLOSSES = [{"gloss": f"G{k}", "seconds": [k, k + 0.9], "probability": 0.5} for k in range(9)]
ANSWER = {"task": "cslr", "text": "G", "glosses": GLOSSES, "probability": 0.5, "frames": 5, "seen": [0, 5], "clip": "c"}


def lit_rows(picture: np.ndarray) -> set[int]:
    """Rows of a caption with a pixel in the colour of what is signed now."""
    return set(np.flatnonzero((picture == _NOW).all(axis=2).any(axis=1)).tolist())


def test_the_gloss_that_is_signed_is_lit_and_stays_in_view():
    first, later, pause, last = (lit_rows(caption(ANSWER, second, 400)) for second in (0.5, 1.5, 1.95, 8.5))
    assert first and later and min(later) > max(first) and not pause
    assert last and max(last) < caption(ANSWER, 0, 400).shape[0]


def test_every_frame_has_its_skeleton_and_the_answer(tmp_path):
    frames = [np.full((480, 1080, 3), 20 * k, np.uint8) for k in range(5)]
    write_video(tmp_path / "c.mp4", frames, 25)
    points = np.zeros((5, 133, 3), np.float32)
    write_answer(tmp_path / "out.mp4", tmp_path / "c.mp4", Clip("c", points, (1080, 480), 25.0), ANSWER, 0)
    with av.open(str(tmp_path / "out.mp4")) as video:
        pages = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(pages) == 5
    assert [round(float(page[:470].mean()) / 20) for page in pages] == [0, 1, 2, 3, 4]
    assert all(page.shape[0] > 480 and page[490:].max() > 200 for page in pages)


@pytest.mark.parametrize(
    ("overlay", "clips", "said"),
    [
        ("o.avi", ["a.mp4"], "o.avi: an overlay is an .mp4"),
        ("o.mp4", ["a.mp4", "b.mp4"], "give a single video"),
        ("o.mp4", ["a.pose"], "give a single video"),
    ],
)
def test_an_overlay_of_what_has_no_pictures_is_refused(overlay, clips, said):
    with pytest.raises(SignScaleError, match=said):
        check_wanted(Path(overlay), [Path(clip) for clip in clips])
