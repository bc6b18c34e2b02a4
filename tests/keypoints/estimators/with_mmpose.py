"""Our MMPose path against MMPose's own calls; run by test_mmpose.py in the environment of `make env-mmpose`."""

from signscale.keypoints.estimators.mmpose.estimate import (  # first: it stands in for mmcv's operators
    MMPoseEstimator,
    PoseModel,
    build_model,
)

# isort: split
import copy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made_clips import row, write_video
from mmdet.apis import inference_detector
from mmengine.registry import DefaultScope
from mmpose.apis import inference_topdown

from signscale.errors import SignScaleError
from signscale.formats.sample import write_manifest
from signscale.formats.shard import Shard
from signscale.keypoints import run as extract
from signscale.keypoints.estimators.mmpose import MMPoseParams
from signscale.keypoints.people import Signer
from signscale.params import load_params

from .random_weights import SMALL_DETECTOR, SMALL_POSE, in_double, reference_models, textured

ROOT = Path(__file__).resolve().parents[2]
SIMCC = "configs/wholebody_2d_keypoint/rtmpose/cocktail14/rtmw-m_8xb1024-270e_cocktail14-256x192.py"


def small(config: str = SMALL_POSE, **changes) -> MMPoseParams:
    """Settings of a small model and detector, three frames at once."""
    settings = load_params(ROOT, "paper").keypoints.mmpose
    detector = settings.detector.model_copy(update={"config": SMALL_DETECTOR, "min_score": 0.0})
    return settings.model_copy(update={"config": config, "detector": detector, "batch_size": 3} | changes)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> SimpleNamespace:
    """The reference models and our estimator of the same random weights; two clips of different sizes."""
    folder = tmp_path_factory.mktemp("weights")
    pose, detector, settings = reference_models(folder, small())
    clips = [textured(4, (320, 240), 1), textured(3, (200, 280), 2)]
    return SimpleNamespace(
        pose=pose, detector=detector, settings=settings, estimator=MMPoseEstimator(settings), clips=clips
    )


def by_mmpose(pose, detector, frames: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Positions (T, 133, 2) and scores (T, 133) by MMPose's own call, a frame at a time; 0 for nobody."""
    signer, positions, scores = Signer(), np.zeros((len(frames), 133, 2)), np.zeros((len(frames), 133))
    for t, frame in enumerate(frames):
        box = signer.among(detector.boxes([frame], 1)[0])
        if box is not None:
            with DefaultScope.overwrite_default_scope("mmpose"):
                (found,) = inference_topdown(pose, np.ascontiguousarray(frame[..., ::-1]), box[None])
            positions[t], scores[t] = found.pred_instances.keypoints[0], found.pred_instances.keypoint_scores[0]
    return positions, scores.clip(0, 1)


def assert_same(ours: np.ndarray, reference: tuple[np.ndarray, np.ndarray], share: float = 1.0) -> None:
    """Scores are the same, and positions within 1e-3 px, of all or of a share of the points."""
    positions, scores = reference
    seen = ours[..., 2] > 0
    assert seen[0].mean() > 0.5 and np.array_equal(seen, scores > 0)
    assert np.abs(ours[..., 2] - scores).max() < 1e-4
    assert np.quantile(np.abs(ours[..., :2] - positions)[seen], share) < 1e-3


def test_people_equal_mmdetections_own_call(made):
    for frame, ours in zip(made.clips[0], made.estimator.detector.boxes(made.clips[0], 3 + 2), strict=True):
        with DefaultScope.overwrite_default_scope("mmdet"):
            people = inference_detector(made.detector, np.ascontiguousarray(frame[..., ::-1])).pred_instances
        assert len(ours) == len(people.bboxes) > 10
        assert np.abs(ours - people.bboxes.numpy()).max() < 1e-2


@pytest.mark.parametrize("flip_test", [True, False])
def test_clips_that_share_batches_equal_mmposes_own_call_to_a_thousandth_of_a_pixel(made, flip_test):
    """In double precision: DARK, on the ragged peaks of a random network, makes pixels of the rounding of float32."""
    pose, estimator = in_double(made.pose, flip_test), copy.copy(made.estimator)
    estimator.model = PoseModel(in_double(made.pose, flip_test), estimator.device, "fp32")
    points = list(estimator.estimate_clips(made.clips))
    assert [len(clip) for clip in points] == [4, 3]
    for ours, frames in zip(points, made.clips, strict=True):
        assert_same(ours, by_mmpose(pose, estimator.detector, frames))


def test_in_single_precision_nine_points_of_ten_are_as_close(made):
    ours = made.estimator.estimate(made.clips[0])
    assert_same(ours, by_mmpose(made.pose, made.estimator.detector, made.clips[0]), share=0.9)


def test_any_whole_body_config_works_by_its_name(made, tmp_path):
    pose, _, settings = reference_models(tmp_path, small(SIMCC))
    estimator = MMPoseEstimator(settings)
    assert_same(estimator.estimate(made.clips[1]), by_mmpose(pose, estimator.detector, made.clips[1]))


def test_the_clips_beside_it_change_no_bit_of_a_clip(made):
    together = list(made.estimator.estimate_clips(made.clips))
    alone = [made.estimator.estimate(frames) for frames in made.clips]
    assert [a.tobytes() for a in alone] == [b.tobytes() for b in together]


def test_nobody_in_view_is_confidence_0_and_no_coordinates(made):
    detector = made.settings.detector.model_copy(update={"min_score": 1.0})
    points = MMPoseEstimator(made.settings.model_copy(update={"detector": detector})).estimate(made.clips[1])
    assert points.shape == (3, 133, 3) and not points.any()


def test_a_clip_that_fails_midway_is_named_and_the_others_go_on(made):
    def broken():
        yield from made.clips[0][:2]
        raise SignScaleError("b.mp4: damaged after 0.08 s")

    first, failed, last = made.estimator.estimate_clips([made.clips[1], broken(), made.clips[1]])
    assert str(failed) == "b.mp4: damaged after 0.08 s"
    assert first.tobytes() == last.tobytes()
    with pytest.raises(SignScaleError, match="damaged"):
        made.estimator.estimate(broken())


def test_what_does_not_fit_is_named(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = made.settings.weights
    cpu = torch.device("cpu")
    for changes, line in [
        ({"config": "configs/none.py"}, "configs/none.py: no such config"),
        ({"config": SMALL_POSE.replace("w32_dark-8xb64", "w48_8xb32")}, "not of this config"),
        ({"weights": weights.model_copy(update={"sha256": "0" * 8})}, "its sha256 is"),
        ({"weights": weights.model_copy(update={"source": "https://x.org/w.pth"})}, "run `signscale models`"),
    ]:
        with pytest.raises(SignScaleError, match=line):
            build_model(made.settings.model_copy(update=changes), cpu)
    body = "configs/body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py"
    with pytest.raises(SignScaleError, match="has 17 points, not the 133"):
        build_model(made.settings.model_copy(update={"config": body}), cpu)


@pytest.fixture
def job(made, tmp_path, monkeypatch) -> Callable[[dict[str, int]], Path]:
    """Runs a job over clips of the given numbers of frames, written once; b is damaged. Returns its shard's place."""
    monkeypatch.chdir(tmp_path)
    params = load_params(ROOT, "paper")
    keypoints = params.keypoints.model_copy(update={"mmpose": made.settings, "clips_per_shard": 9})
    params = params.model_copy(update={"keypoints": keypoints})
    raw, out = tmp_path / params.acquire.raw / "made", tmp_path / "00000.h5"
    facts = SimpleNamespace(kind="video", views=("mmpose", "interwild"))
    monkeypatch.setattr(extract, "load_corpus", lambda name: facts)

    def run(frames: dict[str, int]) -> Path:
        if not raw.is_dir():
            raw.mkdir(parents=True)
            for name, count in frames.items():
                write_video(raw / f"{name}.mp4", count)
            (raw / "b.mp4").write_bytes((raw / "b.mp4").read_bytes()[:300])
            rows = [row(name, f"{name}.mp4") for name in frames]
            rows = [type(r)(**{f: getattr(r, f) for f in r.__slots__} | {"view": "mmpose"}) for r in rows]
            write_manifest("made.parquet", rows)
        extract.extract_shard(params, "made", Path("made.parquet"), 0, out)
        return out

    return run


def pieces() -> int:
    """How many finished clips lie in scratch."""
    return len(list(Path("scratch").rglob("*.h5")))


def test_a_job_writes_mmposes_shard_and_resumes_clip_by_clip(job, monkeypatch):
    def stopped(path, *rest):
        if Path(path).name == "00000.h5":
            raise KeyboardInterrupt
        return write_shard(path, *rest)

    frames = {"a": 4, "b": 5, "c": 4}
    write_shard = extract.write_shard
    monkeypatch.setattr(extract, "write_shard", stopped)
    with pytest.raises(KeyboardInterrupt):
        job(frames)
    assert pieces() == 2
    monkeypatch.setattr(extract, "write_shard", write_shard)
    monkeypatch.setattr(MMPoseEstimator, "_located", lambda self, round_: 1 / bool(not round_.frames) and round_)
    out = job(frames)  # no frame is estimated again
    with Shard(out) as shard:
        assert shard.ids == ["made/a", "made/c"] and shard.lengths().tolist() == [4, 4]
        assert (shard.estimator, "mmpose 1.3.2" in shard.estimator_version) == ("mmpose", True)
    assert "b.mp4" in out.with_name("00000.excluded.csv").read_text()


def test_a_killed_job_has_lost_no_clip_but_those_of_its_last_two_batches(job, monkeypatch):
    computed, outputs = [], PoseModel.outputs

    def killed(self, *arguments):
        if len(computed) == 4:
            raise KeyboardInterrupt
        computed.append(1)
        return outputs(self, *arguments)

    monkeypatch.setattr(PoseModel, "outputs", killed)
    with pytest.raises(KeyboardInterrupt):
        job({"a": 3, "b": 5, "c": 4, "d": 4, "e": 4})
    # Batches of 3: aaa ccc cdd dde, and eee as it died. Lost: d, which ends in the fourth, and e.
    assert pieces() == 2
