"""The onnx estimator: decoding and crops by hand and as rtmlib 0.0.16 gave them, and networks of random weights."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.keypoints.estimators.onnx import OnnxDetectorParams, OnnxParams, simcc
from signscale.keypoints.estimators.onnx.estimate import OnnxEstimator
from signscale.keypoints.estimators.onnx.people import People, apart
from signscale.params import WeightsParams, checked

from .random_networks import save_pose, save_suppressed, save_yolox


@pytest.fixture(scope="module")
def stored():
    """A frame, a box and made-up outputs of networks, with what rtmlib's own functions made of them."""
    with np.load(Path(__file__).parent / "data" / "rtmlib.npz") as content:
        return dict(content)


def weights(path: Path) -> WeightsParams:
    return WeightsParams(source=str(path), sha256=sha256(path))


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> OnnxParams:
    """A pose model and a detector that takes one picture at a time."""
    folder = tmp_path_factory.mktemp("networks")
    detector = OnnxDetectorParams(kind="rtmdet", weights=weights(save_suppressed(folder / "d.onnx")), min_score=0.3)
    return OnnxParams(weights=weights(save_pose(folder / "p.onnx")), colours="bgr", detector=detector, batch_size=3)


def noise(count: int, size: tuple[int, int], seed: int) -> list[np.ndarray]:
    coarse = np.random.default_rng(seed).integers(0, 256, (count, size[1] // 20, size[0] // 20, 3), dtype=np.uint8)
    return list(coarse.repeat(20, axis=1).repeat(20, axis=2))


def test_a_point_lies_where_both_vectors_are_largest_and_scores_their_mean():
    along_x, along_y = np.zeros((1, 133, 576), np.float32), np.zeros((1, 133, 768), np.float32)
    along_x[0, 4, 301], along_y[0, 4, 10] = 0.5, 0.75
    found = simcc.positions(along_x, along_y)[0]
    assert found[4].tolist() == [150.5, 5.0, 0.625]
    window = simcc.Window(np.array([100.0, 80.0]), np.array([144.0, 192.0]))  # half the crop's size
    points = simcc.in_picture(found, window, 288, 384)
    assert points[4].tolist() == [100 - 72 + 75.25, 80 - 96 + 2.5, 0.625]
    assert not points[5].any()


def test_a_window_has_the_crops_shape_and_a_quarter_more_than_its_box():
    wide, tall = simcc.window_of(np.array([0, 0, 80, 40.0]), 3, 4), simcc.window_of(np.array([0, 0, 40, 80.0]), 3, 4)
    assert (wide.centre.tolist(), wide.size.tolist()) == ([40, 20], [100, 400 / 3])
    assert (tall.centre.tolist(), tall.size.tolist()) == ([20, 40], [75, 100])


def test_a_window_of_the_crops_size_is_cut_out_as_it_is():
    frame = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    shown = simcc.crop(frame, simcc.Window(np.array([25.0, 20.0]), np.array([24.0, 32.0])), 24, 32)
    cut = frame[4:36, 13:37].astype(float)
    expected = (cut - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
    assert np.abs(shown - expected.transpose(2, 0, 1)).max() < 1e-6


def test_crops_and_points_are_rtmlibs(stored):
    window = simcc.window_of(stored["box"], 24, 32)
    shown = simcc.crop(np.ascontiguousarray(stored["frame"][..., ::-1]), window, 24, 32)
    assert np.abs(shown - stored["shown"]).max() < 0.02  # one step of a colour, where another OpenCV rounds
    found = simcc.positions(*(stored[axis].astype(np.float32) / 64 for axis in "xy"))[0]
    points, seen = simcc.in_picture(found, window, 24, 32), stored["scores"] > 0
    assert seen.sum() == 132 and not points[7].any()
    assert np.abs(points[:, :2] - stored["points"])[seen].max() < 1e-4
    assert np.abs(points[:, 2] - stored["scores"].clip(0, 1)).max() < 1e-6


def test_boxes_of_a_detector_without_suppression_are_rtmlibs(stored, tmp_path):
    part = OnnxDetectorParams(kind="yolox", weights=weights(save_yolox(tmp_path / "d.onnx", 64)), min_score=0.3)
    people, raw = People(part, 1), stored["raw"].astype(np.float32) / 16
    raw[..., 4:] = np.abs(raw[..., 4:])
    people.network.outputs = lambda pictures: [raw]
    (boxes,) = people.boxes([np.zeros((128, 128, 3), np.uint8)])
    assert boxes.shape == stored["boxes"].shape and len(boxes) > 1
    in_order = [array[np.lexsort(array.T.round(2))] for array in (boxes, stored["boxes"])]  # some scores are equal
    assert np.abs(in_order[0] - in_order[1]).max() < 1e-4


def test_of_boxes_that_overlap_the_best_is_left():
    boxes = np.array([[0, 0, 9, 9], [0, 0, 9, 7], [20, 0, 29, 9], [0, 5, 9, 14]], np.float32)
    assert apart(boxes, np.array([0.5, 0.9, 0.7, 0.6], np.float32)).tolist() == [1, 2, 3]


def test_clips_that_share_batches_are_those_alone_bit_for_bit(settings):
    estimator = OnnxEstimator(settings)
    clips = [noise(4, (320, 240), 1), noise(3, (200, 280), 2)]
    together = list(estimator.estimate_clips(clips))
    assert [points.shape for points in together] == [(4, 133, 3), (3, 133, 3)]
    assert together[0][..., 2].any() and together[0][..., 2].max() <= 1
    assert [points.tobytes() for points in together] == [estimator.estimate(clip).tobytes() for clip in clips]


def test_nobody_in_view_is_confidence_0_and_no_coordinates(settings):
    unsure = settings.detector.model_copy(update={"min_score": 1.0})
    points = OnnxEstimator(settings.model_copy(update={"detector": unsure})).estimate(noise(2, (320, 240), 1))
    assert points.shape == (2, 133, 3) and not points.any()


def test_a_model_in_an_archive_is_the_model(settings, tmp_path):
    path = tmp_path / "rtmw.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(settings.weights.path, "20231122/end2end.onnx")
    clip = noise(2, (320, 240), 1)
    packed = OnnxEstimator(settings.model_copy(update={"weights": weights(path)}))
    assert packed.estimate(clip).tobytes() == OnnxEstimator(settings).estimate(clip).tobytes()


def test_the_model_with_a_wrong_keypoint_is_refused_by_name_and_by_content(settings):
    for source, digits in (
        ("https://x.org/rtmw-x_simcc-cocktail13_pt-ucoco_270e-384x288-0949e3a9_20230925.zip", "0" * 64),
        ("renamed.onnx", "b2dd00cce207d3c1503e35cc77a82ecd7092dcbdfe4a3c692ec4cdc3cf40c804"),
    ):
        content = settings.model_dump() | {"weights": {"source": source, "sha256": digits}}
        with pytest.raises(SignScaleError, match="weights: RTMW of 2023-09-25 has a wrong keypoint"):
            checked(OnnxParams, content, "keypoints.onnx")


def test_what_is_no_such_network_is_named(settings, tmp_path):
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    absent = WeightsParams(source="https://x.org/absent.onnx", sha256="0" * 8)
    swapped = settings.detector.weights
    for changes, line in [
        ({"weights": weights(text)}, "text.onnx: onnxruntime cannot read it"),
        ({"weights": absent}, "absent.onnx: no such file; run `signscale models`"),
        ({"weights": swapped}, "not two vectors of 133 points; name a whole-body model"),
    ]:
        with pytest.raises(SignScaleError, match=line):
            OnnxEstimator(settings.model_copy(update=changes)).estimate(noise(1, (320, 240), 1))
