"""Our InterWild path against InterWild's own model; run by test_mmpose.py in the environment of `make env-interwild`.

The model's code is InterWild's at the commit of the Makefile, its weights are random. Only its MANO layer, whose files
are behind a registration, is a substitute of the recorded shapes: 778 vertices from shape, pose and rotation.
"""

from signscale.keypoints.estimators.interwild.estimate import (
    HandNetworks,
    InterWildEstimator,
    import_code,
)

# isort: split
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from signscale.formats import skeleton
from signscale.formats.files import sha256
from signscale.keypoints.estimators.interwild import InterWildParams
from signscale.keypoints.estimators.interwild import estimate as interwild
from signscale.keypoints.estimators.interwild.hands import check_joint_order, person_crop
from signscale.keypoints.estimators.mmpose.estimate import MMPoseEstimator
from signscale.keypoints.people import Signer
from signscale.params import WeightsParams

from .random_weights import reference_models, textured
from .with_mmpose import small

CODE = Path(__file__).resolve().parents[2] / ".venv-interwild" / "InterWild"


@pytest.fixture(scope="module")
def networks() -> HandNetworks:
    """Ours, with random weights large enough that hands differ."""
    torch.manual_seed(5)
    made = HandNetworks(import_code(CODE))
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    made.train()(pictures(3))  # untouched, its normalisations let hardly anything through
    made.eval()
    with torch.no_grad():
        made.hand_position_net.conv[0].weight.mul_(10)
        made.body_box_net.bbox_center[0].weight.mul_(10)
        for size in (made.body_box_net.rhand_size, made.body_box_net.lhand_size):
            size[-1].bias.fill_(12)
    return made


class Mano(torch.nn.Module):
    """A hand of MANO's shapes."""

    def forward(self, betas, hand_pose, global_orient, transl):
        return SimpleNamespace(vertices=torch.randn(len(betas), 778, 3))


@pytest.fixture
def theirs(networks: HandNetworks, monkeypatch) -> torch.nn.Module:
    """InterWild's whole model with the same weights."""
    mano = sys.modules["utils.mano"].mano
    recorded = {"layer": {"left": Mano(), "right": Mano()}, "shape_param_dim": 10}
    recorded["sh_joint_regressor"] = np.eye(21, 778, dtype=np.float32)
    recorded["th_joint_type"] = {"right": np.arange(21), "left": np.arange(21, 42)}
    for name, value in recorded.items():
        monkeypatch.setattr(mano, name, value, raising=False)
    rotations = sys.modules["pytorch3d.transforms"]
    shown = {"rotation_6d_to_matrix": lambda r: r, "matrix_to_axis_angle": lambda r: r[..., :3].contiguous()}
    for name, value in (shown | {"axis_angle_to_matrix": None}).items():
        monkeypatch.setattr(rotations, name, value, raising=False)
        monkeypatch.setattr(sys.modules["nets.module"], name, value, raising=False)
    for call in (torch.Tensor, torch.nn.Module):
        monkeypatch.setattr(call, "cuda", lambda made, *_, **__: made)
    monkeypatch.syspath_prepend(str(CODE / "common"))
    monkeypatch.syspath_prepend(str(CODE / "main"))
    from model import get_model

    whole = get_model("test").eval()
    missing, unexpected = whole.load_state_dict(networks.state_dict(), strict=False)
    assert not unexpected and all("rotation" in name or "trans_net" in name for name in missing)
    return whole


def pictures(count: int) -> torch.Tensor:
    frames = np.stack(textured(count, (384, 512), 4))
    return (torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255).contiguous()


def test_hand_points_equal_interwilds_own_model_with_mano_left_out(networks, theirs):
    shown = pictures(3)
    with torch.no_grad():
        out = theirs({"img": shown}, {}, {}, "test")
    ours = networks(shown)
    assert np.ptp(ours.left, axis=(0, 1)).min() > 3, "the points differ, so order and sides are told apart"
    assert np.abs(ours.left - out["ljoint_img"][..., :2].numpy()).max() < 1e-3
    assert np.abs(ours.right - out["rjoint_img"][..., :2].numpy()).max() < 1e-3
    scores = torch.stack([out["lhand_bbox_conf"], out["rhand_bbox_conf"]], dim=-1).numpy()
    assert np.abs(ours.scores - scores).max() < 1e-6


def test_its_joints_are_in_our_order():
    check_joint_order(CODE)


def test_the_second_view_is_mmposes_body_and_face_with_these_hands(networks, tmp_path, monkeypatch):
    monkeypatch.setattr(interwild, "CODE", CODE)
    _, _, settings = reference_models(tmp_path, small())
    body = MMPoseEstimator(settings)
    torch.save({"network": {f"module.{k}": v for k, v in networks.state_dict().items()}}, tmp_path / "hands.pth")
    digits = sha256(tmp_path / "hands.pth")[:8]
    weights = WeightsParams(source=str(tmp_path / "hands.pth"), sha256=digits)
    estimator = InterWildEstimator(body, InterWildParams(weights=weights))
    clips = [textured(2, (320, 240), 1), textured(3, (200, 280), 2)]
    fused, alone = list(estimator.estimate_clips(clips)), list(body.estimate_clips(clips))
    hands = np.concatenate([skeleton.LEFT_HAND, skeleton.RIGHT_HAND])
    rest = np.setdiff1d(np.arange(133), hands)
    for view, plain, frames in zip(fused, alone, clips, strict=True):
        assert view[:, rest].tobytes() == plain[:, rest].tobytes()
        assert not np.array_equal(view[:, hands], plain[:, hands])
        crop, back = person_crop(frames[0], Signer().among(body.detector.boxes(frames[:1], 3)[0]))
        found = networks(torch.from_numpy(crop)[None].permute(0, 3, 1, 2).float() / 255)
        expected = found.left[0] @ back[:, :2].T + back[:, 2]
        assert np.abs(view[0, skeleton.LEFT_HAND, :2] - expected).max() < 1e-2
        assert np.allclose(view[0, skeleton.RIGHT_HAND, 2], found.scores[0, 1], atol=1e-5)
    assert estimator.version.startswith(f"InterWild 7c01e4a {digits} on td-hm_hrnet-w32_dark")
