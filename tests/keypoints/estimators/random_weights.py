"""MMPose's and MMDetection's models with random weights of one seed, as checkpoints."""

import signscale.keypoints.estimators.mmpose.estimate  # noqa: F401  first: it stands in for mmcv's operators

# isort: split
import copy
from pathlib import Path

import mmpose
import numpy as np
import torch
from mmdet.apis import init_detector
from mmengine.registry import DefaultScope
from mmpose.apis import init_model
from torch import nn

from signscale.formats.files import sha256
from signscale.keypoints.estimators.mmpose import DetectorParams, MMPoseParams
from signscale.params import WeightsParams

WITHIN = Path(mmpose.__file__).parent / ".mim"
SMALL_POSE = (
    "configs/wholebody_2d_keypoint/topdown_heatmap/coco-wholebody/"
    "td-hm_hrnet-w32_dark-8xb64-210e_coco-wholebody-256x192.py"
)
SMALL_DETECTOR = "demo/mmdetection_cfg/rtmdet_nano_320-8xb32_coco-person.py"


def lived_in(model: nn.Module, inputs: torch.Tensor) -> nn.Module:
    """The model with statistics of `inputs` in its normalisations, and heatmaps above 0 as trained ones are.

    Untouched, they would be the identity, which hides what folding them does; and DARK takes the heatmap's logarithm,
    which below 0 blows rounding up to pixels.
    """
    normalisations = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [m.momentum for m in normalisations]
    for module in normalisations:
        module.momentum = 1.0
    with torch.no_grad():
        model.train().extract_feat(inputs)
        for module, momentum in zip(normalisations, momenta, strict=True):
            module.momentum = momentum
        model.eval()
        if type(getattr(model, "head", None)).__name__ == "HeatmapHead":
            heatmaps = model.head(model.extract_feat(inputs))
            model.head.final_layer.weight.mul_(0.08 / heatmaps.std())
            model.head.final_layer.bias.fill_(0.6)
    return model


def reference_models(folder: Path, settings: MMPoseParams) -> tuple[nn.Module, nn.Module, MMPoseParams]:
    """MMPose's and MMDetection's own models of the settings' configs, and settings that name their weights' files."""
    torch.manual_seed(3)
    with DefaultScope.overwrite_default_scope("mmpose"):
        pose = init_model(str(WITHIN / settings.config), None, "cpu")
    width, height = pose.cfg.codec.input_size
    lived_in(pose, _normal(textured(4, (width, height), 0)))
    with DefaultScope.overwrite_default_scope("mmdet"):
        detector = init_detector(str(WITHIN / settings.detector.config), None, device="cpu")
    for layer, bias in ((detector.bbox_head.rtm_cls, 0.0), (detector.bbox_head.rtm_reg, 5.0)):
        for convolution in layer:  # else no box has any size, or a score that counts
            convolution.weight.data.mul_(3000)
            convolution.bias.data.fill_(bias)
    weights = {}
    for name, model in (("pose", pose), ("detector", detector)):
        torch.save({"state_dict": model.state_dict()}, folder / f"{name}.pth")
        weights[name] = WeightsParams(source=str(folder / f"{name}.pth"), sha256=sha256(folder / f"{name}.pth")[:8])
    found = DetectorParams(config=settings.detector.config, weights=weights["detector"], min_score=0.0)
    pose.test_cfg["flip_test"] = settings.flip_test
    return pose, detector, settings.model_copy(update={"weights": weights["pose"], "detector": found})


def in_double(model: nn.Module, flip_test: bool) -> nn.Module:
    """A copy of a model of MMPose's that computes in double precision."""
    model = copy.deepcopy(model).double()
    model.backbone.register_forward_pre_hook(lambda module, inputs: (inputs[0].double(),))
    model.test_cfg["flip_test"] = flip_test
    return model


def _normal(frames: list[np.ndarray]) -> torch.Tensor:
    """Frames as a network takes them, (n, 3, H, W)."""
    return (torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).float() - 120) / 58


def textured(frames: int, size: tuple[int, int], seed: int) -> list[np.ndarray]:
    """Pictures uint8 (H, W, 3) with shapes at all scales, that move."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[:height, :width]
    waves = [(rng.uniform(0.005, 0.05, 2), rng.uniform(0, 6.3, 3)) for _ in range(12)]
    pictures = []
    for t in range(frames):
        total = np.zeros((height, width, 3))
        for frequency, phase in waves:
            total += np.sin((frequency[0] * x + frequency[1] * y + 0.3 * t)[..., None] + phase)
        pictures.append(np.uint8(127 + 120 * total / np.abs(total).max()))
    return pictures
