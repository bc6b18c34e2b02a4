"""InterWild's hands on MMPose's body and face: the second view of a clip (PAPER, Keypoints).

Code: facebookresearch/InterWild at the commit of the Makefile, CC-BY-NC 4.0, fetched by `make env-interwild` and run
from its own folder; weights come by hand. InterWild also fits MANO meshes, with files behind a registration. The hand
points come before that, from its box, crop and position networks, so this runs those three alone: no MANO file is read,
and MANO's module, which loads them when it is imported, is replaced by the few numbers the networks take from it.

A hand has no confidence for each point: all 21 take that of the hand's box (interpretation).
"""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.keypoints.estimators.interwild import InterWildParams
from signscale.keypoints.estimators.interwild.hands import CROP, Hands, check_joint_order, in_frame, person_crop
from signscale.keypoints.estimators.mmpose.estimate import MMPoseEstimator
from signscale.keypoints.estimators.rounds import Points
from signscale.keypoints.estimators.weights import fill

CODE = Path(".venv-interwild/InterWild")
_CELLS, _HAND_PIXELS = 8, 256  # side of the hand network's grid, and of the picture of a hand that it covers
_BOX_MARGIN = 2.0  # a hand's picture beyond its box


class Crop(NamedTuple):
    """What both estimators need of a frame. picture, back: see `person_crop`."""

    body: Any
    picture: np.ndarray
    back: np.ndarray


class InterWildEstimator(MMPoseEstimator):
    """MMPose with its hands replaced by InterWild's; shares the models of the MMPose estimator given.

    networks: pictures float32 (n, 3, 512, 384) in 0..1 to Hands; InterWild's own unless others are given.
    """

    name = "interwild"

    def __init__(self, body: MMPoseEstimator, settings: InterWildParams, networks: Any = None):
        self.model, self.detector = body.model, body.detector
        self.device, self.batch_size = body.device, body.batch_size
        self._networks = networks or load_networks(settings, CODE, self.device)
        commit = (CODE / ".git" / "HEAD").read_text(encoding="utf-8")[:7] if networks is None else "given"
        weights = settings.weights.sha256[:8] if settings.weights else "none"
        self.version = f"InterWild {commit} {weights} on {body.version}"

    def crop(self, frame: np.ndarray, box: np.ndarray) -> Crop:
        """See RoundsEstimator."""
        picture, back = person_crop(frame, box)
        return Crop(super().crop(frame, box), picture, back)

    def points(self, crops: list[Crop], decoders: Executor) -> list[Points]:
        """See RoundsEstimator."""
        bodies = super().points([crop.body for crop in crops], decoders)
        size = self.batch_size
        pictures = np.stack([crop.picture for crop in crops] + [crops[0].picture] * (size - len(crops)))
        shown = torch.from_numpy(pictures).to(self.device).permute(0, 3, 1, 2).contiguous()
        found = self._networks(shown.float() / 255)
        hands = [in_frame(Hands(*(part[i] for part in found)), crop.back) for i, crop in enumerate(crops)]
        return [_Fused(body, hand) for body, hand in zip(bodies, hands, strict=True)]


class _Fused(NamedTuple):
    """Points to come: MMPose's body and face with these hands (42, 3)."""

    body: Points
    hands: np.ndarray

    def result(self) -> np.ndarray:
        """See Points."""
        points = self.body.result().copy()
        points[np.concatenate([skeleton.LEFT_HAND, skeleton.RIGHT_HAND])] = self.hands
        return points


class HandNetworks(torch.nn.Module):
    """InterWild's networks up to the hand points, with the names that its checkpoints give them.

    modules: its `nets.resnet`, `nets.module` and `utils.transforms`.
    """

    def __init__(self, modules: SimpleNamespace):
        super().__init__()
        self.body_backbone = modules.resnet.ResNetBackbone(50)
        self.body_box_net = modules.module.BoxNet()
        self.hand_roi_net = modules.module.HandRoI(modules.resnet.ResNetBackbone(50))
        self.hand_position_net = modules.module.PositionNet()
        self._box = modules.transforms.restore_bbox

    @torch.inference_mode()
    def forward(self, pictures: torch.Tensor) -> Hands:
        """See InterWildEstimator: pictures float32 (n, 3, 512, 384) in 0..1."""
        with _cuda_is_where_it_runs(pictures.device):
            small = torch.nn.functional.interpolate(pictures, (CROP[0] // 2, CROP[1] // 2), mode="bilinear")
            right_at, right_size, left_at, left_size, *scores = self.body_box_net(self.body_backbone(small))
            boxes = [
                self._box(at, size, 1.0, _BOX_MARGIN) for at, size in ((right_at, right_size), (left_at, left_size))
            ]
            features, _, to_crop = self.hand_roi_net(pictures, *boxes)
            cells = self.hand_position_net(features)[..., :2]
        right, left = (cells / _CELLS * _HAND_PIXELS).chunk(2)
        left = torch.stack([_HAND_PIXELS - 1 - left[..., 0], left[..., 1]], dim=-1)  # it was shown mirrored
        found = [
            hand @ there[:, :, :2].transpose(1, 2) + there[:, None, :, 2]
            for hand, there in zip((left, right), reversed(to_crop.chunk(2)), strict=True)
        ]
        return Hands(*(part.float().cpu().numpy() for part in (*found, torch.stack(scores[::-1], dim=-1))))


def load_networks(settings: InterWildParams, code: Path, device: torch.device) -> HandNetworks:
    """InterWild's networks from its code and the weights of the params.

    Raises SignScaleError if the code is not there or orders joints in another way, or if the weights do not fit.
    """
    if not (code / "common" / "nets" / "module.py").is_file():
        raise SignScaleError(f"{code}: InterWild's code is not there; run `make env-interwild`")
    check_joint_order(code)
    networks = HandNetworks(import_code(code))
    if settings.weights is None:
        raise SignScaleError("keypoints.interwild.weights: name InterWild's checkpoint; docs/estimators.md says which")
    fill(networks, settings.weights)
    return networks.to(device).eval()


def import_code(code: Path) -> SimpleNamespace:
    """InterWild's modules with the networks; they import each other by bare names, from its folders."""
    sizes = SimpleNamespace(sh_joint_num=len(skeleton.HAND_JOINTS), sh_root_joint_idx=0, orig_joint_num=16)
    substitutes = {"utils.mano": {"mano": sizes}, "pytorch3d": {}, "pytorch3d.transforms": {}}
    for name in ("rotation_6d_to_matrix", "matrix_to_axis_angle"):
        substitutes["pytorch3d.transforms"][name] = None  # for MANO's rotations, which are not computed
    for name, content in substitutes.items():
        module = ModuleType(name)
        vars(module).update(content)
        sys.modules.setdefault(name, module)
    before = list(sys.path)
    sys.path[:0] = [str((code / folder).resolve()) for folder in ("main", "common")]
    try:
        from nets import module, resnet
        from utils import transforms
    except ImportError as error:
        raise SignScaleError(f"{code}: cannot be imported ({error}); run `make env-interwild`") from error
    finally:
        sys.path[:] = before  # its modules add to it too
    return SimpleNamespace(module=module, resnet=resnet, transforms=transforms)


@contextmanager
def _cuda_is_where_it_runs(device: torch.device) -> Iterator[None]:
    """InterWild calls `.cuda()` on what it makes; without a GPU that leaves it where it is."""
    if device.type == "cuda":
        yield
        return
    cuda = torch.Tensor.cuda
    torch.Tensor.cuda = lambda tensor, *_, **__: tensor
    try:
        yield
    finally:
        torch.Tensor.cuda = cuda
