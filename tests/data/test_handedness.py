"""Which hand is dominant, by hand; and that a left-handed clip and its mirror image are one clip to a model."""

from dataclasses import replace

import numpy as np
import pytest

from signscale.corpora.fingerspelling import UNPACKED
from signscale.data.augment import mirror
from signscale.data.handedness import dominant_hand, in_handedness
from signscale.formats.hands import Hands, count_hands, read_hands, write_hands
from signscale.formats.shard import Clip
from signscale.formats.skeleton import LEFT_HAND, RIGHT_HAND
from signscale.keypoints.readers.pose_files import read_pose


def clip_of(left: list[float | None], right: list[float | None]) -> Clip:
    """Hands as points at (place, 100) in a picture 200 wide, None where a hand is not seen."""
    keypoints = np.zeros((len(left), 133, 3), np.float32)
    for hand, places in ((LEFT_HAND, left), (RIGHT_HAND, right)):
        for frame, place in enumerate(places):
            if place is not None:
                keypoints[frame, hand] = (place, 100, 1)
    return Clip("a", keypoints, (200, 300), 25.0)


@pytest.mark.parametrize(
    ("left", "right", "dominant"),
    [
        ([10, 10, 10], [None, 50, None], "left"),  # seen more often, though neither moves
        ([10, 90, 10], [50, 50, 50], "left"),  # seen as often, moves more
        ([10, 10, 10], [50, 52, 54], "right"),
        ([10, 10, 10], [50, 50, 50], "right"),  # neither is ahead
        ([None] * 3, [None] * 3, "right"),
        ([10, None, 90], [50, 51, None], "right"),  # frames that do not meet show no motion: 0 against 1 pixel
        ([10] * 40, [*range(39), None], "right"),  # one frame of 40 is not clearly more: motion decides
        ([10] * 40, [*range(37), None, None, None], "left"),  # three of 40 are
    ],
)
def test_the_dominant_hand_is_seen_more_or_moves_more(left, right, dominant) -> None:
    assert dominant_hand(clip_of(left, right).keypoints) == dominant


def test_a_left_handed_clip_is_mirrored_whole_and_another_stays() -> None:
    lefty, righty = clip_of([10, 40, 80], [None, 50, None]), clip_of([None] * 3, [150, 130, 110])
    assert in_handedness(lefty, "as_filmed") is lefty
    assert in_handedness(righty, "dominant_right") is righty
    turned = in_handedness(lefty, "dominant_right")
    assert turned.keypoints[:, RIGHT_HAND[0], 0].tolist() == [190, 160, 120]
    assert turned.keypoints[:, LEFT_HAND[0], 0].tolist() == [0, 150, 0]
    assert turned.keypoints[:, LEFT_HAND[0], 2].tolist() == [0, 1, 0]


def test_a_clip_and_its_mirror_image_are_one_to_a_model() -> None:
    rng = np.random.default_rng(3)
    keypoints = rng.uniform(1, 199, (30, 133, 3)).astype(np.float32)
    keypoints[..., 2] = 1
    keypoints[:12, LEFT_HAND, 2] = 0
    keypoints[:12, LEFT_HAND, :2] = 0
    clip = Clip("a", keypoints, (200, 300), 25.0)
    image = replace(clip, keypoints=mirror(keypoints, 200))
    shown = [in_handedness(one, "dominant_right").keypoints for one in (clip, image)]
    assert np.abs(shown[0] - shown[1]).max() <= 1e-4  # 200 - (200 - x)


def test_the_table_comes_back_and_parts_are_counted(tmp_path) -> None:
    rows = [Hands("w/a", "left+right+left"), Hands("w/b", "right")]
    write_hands(tmp_path, rows)
    assert read_hands(tmp_path) == rows
    assert count_hands(rows) == (2, 4)
    assert count_hands([]) == (0, 0)


def test_a_real_signer_mirrored_uses_the_other_hand(shared) -> None:
    """880 clips of one right-handed person, some of whose signs take both hands."""
    words = np.load(shared / "poses/signwish.npz")
    clips = words["kp"].astype(np.float32) * (640, 480, 1)
    found = [dominant_hand(clip) for clip in clips]
    for name in ("father", "thank you"):  # signed with one hand
        of_sign = [hand for hand, y in zip(found, words["y"], strict=True) if words["classes"][y] == name]
        assert (of_sign.count("right"), len(of_sign)) == (80, 80)
    images = [dominant_hand(mirror(clip, 640)) for clip in clips]
    assert all(one != other for one, other in zip(found, images, strict=True))


def test_of_the_embedded_signers_the_italian_one_is_left_handed(root) -> None:
    folder = root / "data/raw/fingerspelling" / UNPACKED
    if not folder.is_dir():
        pytest.skip("the embedded letters are not fetched: make demo")
    found = {
        language: [dominant_hand(read_pose(path)[0]) for path in sorted((folder / language).glob("*.pose"))]
        for language in ("ise", "svk", "ase")
    }
    assert {language: (hands.count("left"), len(hands)) for language, hands in found.items()} == {
        "ise": (40, 40), "svk": (0, 44), "ase": (0, 26),
    }  # fmt: skip
