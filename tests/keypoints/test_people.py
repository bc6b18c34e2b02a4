"""Who the signer is when several people are in view."""

import numpy as np

from signscale.keypoints.people import Signer, overlap

SIGNER, PASSER = np.array([100, 50, 200, 250.0]), np.array([0, 0, 90, 80.0])


def chosen(signer: Signer, *boxes: np.ndarray) -> np.ndarray | None:
    return signer.among(np.array(boxes).reshape(-1, 4))


def test_the_largest_person_of_the_first_frame_that_shows_anybody_is_the_signer():
    signer = Signer()
    assert chosen(signer) is None
    assert np.array_equal(chosen(signer, PASSER, SIGNER), SIGNER)


def test_a_larger_person_who_comes_in_later_is_not_the_signer():
    signer = Signer()
    chosen(signer, SIGNER)
    large = np.array([220, 0, 500, 400.0])
    for step in range(20):
        moved = SIGNER + 3 * step
        assert np.array_equal(chosen(signer, large, moved), moved)


def test_a_frame_that_lost_the_signer_shows_nobody_and_the_signer_is_found_again():
    signer = Signer()
    chosen(signer, SIGNER, PASSER)
    assert chosen(signer, PASSER) is None
    assert np.array_equal(chosen(signer, PASSER, SIGNER + 5), SIGNER + 5)


def test_after_twelve_frames_without_the_signer_the_largest_person_takes_over():
    signer = Signer()
    chosen(signer, SIGNER)
    assert [chosen(signer, PASSER) is None for _ in range(13)] == [True] * 12 + [False]


def test_overlap_of_boxes_by_hand():
    # 10 x 10 beside 10 x 10 moved by 5: shared 50 of 150; inside: 25 of 100; apart: 0.
    boxes = np.array([[5, 0, 15, 10], [0, 0, 5, 5], [20, 20, 30, 30]])
    assert np.allclose(overlap(np.array([0, 0, 10, 10]), boxes), [50 / 150, 0.25, 0])
