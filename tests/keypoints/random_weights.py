"""MMPose's and MMDetection's models with random weights of one seed, as checkpoints."""

import signscale.keypoints.mmpose  # noqa: F401  first: it stands in for mmcv's operators

# isort: split
from pathlib import Path

import mmpose
import numpy as np
import torch
from mmdet.apis import init_detector
from mmengine.registry import DefaultScope
from mmpose.apis import init_model
from torch import nn

from signscale.files import sha256
from signscale.params import DetectorParams, MMPoseParams, WeightsParams

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
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model.extract_feat(inputs)
        if type(getattr(model, "head", None)).__name__ == "HeatmapHead":
            model.head.final_layer.weight.mul_(20)
            model.head.final_layer.bias.fill_(1)
    return model.eval()


def reference_models(folder: Path, settings: MMPoseParams) -> tuple[nn.Module, nn.Module, MMPoseParams]:
    """MMPose's and MMDetection's own models of the settings' configs, and settings that name their weights' files."""
    torch.manual_seed(3)
    with DefaultScope.overwrite_default_scope("mmpose"):
        pose = init_model(str(WITHIN / settings.config), None, "cpu")
    width, height = pose.cfg.codec.input_size
    lived_in(pose, torch.randn(2, 3, height, width))
    with DefaultScope.overwrite_default_scope("mmdet"):
        detector = init_detector(str(WITHIN / settings.detector.config), None, device="cpu")
    lived_in(detector, torch.randn(2, 3, 320, 320))
    weights = {}
    for name, model in (("pose", pose), ("detector", detector)):
        torch.save({"state_dict": model.state_dict()}, folder / f"{name}.pth")
        weights[name] = WeightsParams(source=str(folder / f"{name}.pth"), sha256=sha256(folder / f"{name}.pth")[:8])
    found = DetectorParams(config=settings.detector.config, weights=weights["detector"], min_score=0.0)
    pose.test_cfg["flip_test"] = settings.flip_test
    return pose, detector, settings.model_copy(update={"weights": weights["pose"], "detector": found})


def textured(frames: int, size: tuple[int, int], seed: int) -> list[np.ndarray]:
    """Pictures uint8 (H, W, 3) with shapes at all scales, that move."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[:height, :width]
    waves = [(rng.uniform(0.005, 0.2, 2), rng.uniform(0, 6.3, 3)) for _ in range(12)]
    pictures = []
    for t in range(frames):
        total = np.zeros((height, width, 3))
        for frequency, phase in waves:
            total += np.sin((frequency[0] * x + frequency[1] * y + 0.3 * t)[..., None] + phase)
        pictures.append(np.uint8(127 + 120 * total / np.abs(total).max()))
    return pictures
