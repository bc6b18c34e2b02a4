"""MMPose 1.x, top-down: the paper's whole-body estimator (HRNet-W48 + DARK, COCO-WholeBody, 384x288).

A person detector of MMDetection's finds the people, `people.Signer` chooses one, MMPose's own pipeline crops, its own
model and codec give the 133 points. Frames of several clips share a batch (rounds.py). Every batch has the same shape,
the last one filled up, so a frame's points do not depend on the clips beside it. Batch normalisation is folded into the
convolutions and channels lie last: equal within rounding, and faster.

Runs in the environment of `make env-mmpose`.
"""

import itertools
import warnings
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from signscale.cpus import available_cpus
from signscale.errors import SignScaleError
from signscale.formats.skeleton import WHOLEBODY_POINTS
from signscale.keypoints.estimators.mmpose import DetectorParams, MMPoseParams
from signscale.keypoints.estimators.mmpose.decoding import decoded, window
from signscale.keypoints.estimators.mmpose.mmcv_ops import provide_operators
from signscale.keypoints.estimators.rounds import Points, RoundsEstimator
from signscale.keypoints.estimators.weights import fill

# They warn at every turn that parts of torch and setuptools they use are old; envs/mmpose.txt pins what works.
for _category, _module in itertools.product(
    (UserWarning, FutureWarning), (r"mm(cv|det|engine|pose)", r"torch", r"importlib")
):
    warnings.filterwarnings("ignore", category=_category, module=_module)
provide_operators()

import mmdet  # noqa: E402
import mmpose  # noqa: E402
from mmcv.cnn import fuse_conv_bn  # noqa: E402
from mmdet.apis import init_detector  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.dataset import Compose, pseudo_collate  # noqa: E402
from mmengine.registry import DefaultScope  # noqa: E402
from mmpose.apis import init_model  # noqa: E402

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class MMPoseEstimator(RoundsEstimator):
    """SharingEstimator on MMPose.

    Raises SignScaleError if a config or weights are absent or do not fit each other, or if the config has other points
    than the 133 of COCO-WholeBody.
    """

    name = "mmpose"

    def __init__(self, settings: MMPoseParams):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = build_model(settings, self.device)
        self.detector = PersonDetector(settings.detector, self.device, settings.precision)
        self.batch_size = settings.batch_size
        self.version = f"{_label(settings)}, persons {_label(settings.detector)}, mmpose {mmpose.__version__}"

    def boxes(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """See RoundsEstimator."""
        return self.detector.boxes(frames, self.batch_size)

    def crop(self, frame: np.ndarray, box: np.ndarray) -> Any:
        """See RoundsEstimator."""
        return self.model.crop(frame, box)

    def points(self, crops: list[Any], decoders: Executor) -> list[Points]:
        """See RoundsEstimator."""
        outputs = self.model.outputs(crops, self.batch_size)
        windows = [window(crop) for crop in crops]
        return [
            decoders.submit(decoded, self.model.codec, output, place)
            for output, place in zip(outputs, windows, strict=True)
        ]

    def decoders(self) -> Executor:
        """Threads beside a CPU's inference; processes beside a GPU's, which would wait for the codec's Python code."""
        if self.device.type == "cuda":
            return ProcessPoolExecutor(max(1, available_cpus() - 2), get_context("spawn"))
        return ThreadPoolExecutor(1)


class PoseModel:
    """A top-down model of MMPose's with its pipeline and codec, set up for speed."""

    def __init__(self, model: torch.nn.Module, device: torch.device, precision: str):
        with DefaultScope.overwrite_default_scope("mmpose"):
            self.pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)
        self.meta, self.codec = model.dataset_meta, model.head.decoder
        model.backbone, model.head = fuse_conv_bn(model.backbone), fuse_conv_bn(model.head)
        # The model computes up to what the codec decodes and stops there; decoding goes on elsewhere.
        model.head.decode = lambda outputs: outputs
        self.model = model.to(device=device, memory_format=torch.channels_last).eval()
        self._autocast = autocast(device, precision)

    def crop(self, frame: np.ndarray, box: np.ndarray) -> dict[str, Any]:
        """What MMPose's pipeline makes of a frame, uint8 (H, W, 3) RGB, and a box (left, top, right, bottom)."""
        data = self.pipeline(
            {"img": frame, "bbox": box[None].astype(np.float32), "bbox_score": np.ones(1, np.float32), **self.meta}
        )
        data["inputs"] = data["inputs"].flip(0)  # MMPose takes BGR; three crops are cheaper turned than a frame
        return data

    @torch.inference_mode()
    def outputs(self, crops: list[dict[str, Any]], batch_size: int) -> list[tuple[np.ndarray, ...]]:
        """What the codec decodes (heatmaps, or the two vectors of SimCC), of each crop; always computes batch_size."""
        filled = crops + crops[:1] * (batch_size - len(crops))
        data = self.model.data_preprocessor(pseudo_collate(filled), False)
        inputs = data["inputs"].contiguous(memory_format=torch.channels_last)
        with self._autocast:
            feats = self.model.extract_feat(inputs)
            if self.model.test_cfg.get("flip_test", False):
                feats = [feats, self.model.extract_feat(inputs.flip(-1))]
            found = self.model.head.predict(feats, data["data_samples"], test_cfg=self.model.test_cfg)
        parts = found if isinstance(found, tuple) else (found,)
        full = torch.promote_types(parts[0].dtype, torch.float32)  # NumPy has no bf16
        arrays = [part[: len(crops)].to("cpu", full).numpy() for part in parts]
        return list(zip(*arrays, strict=True))


class PersonDetector:
    """A detector of MMDetection's; its class `person`, or its only one."""

    def __init__(self, settings: DetectorParams, device: torch.device, precision: str):
        config = _config(settings.config, mmdet, mmpose)
        config.model.backbone.init_cfg = None  # it names weights to download, and ours come next
        with warnings.catch_warnings(), DefaultScope.overwrite_default_scope("mmdet"):
            warnings.simplefilter("ignore")  # that it has no weights yet
            detector = init_detector(config, None, device="cpu")
        fill(detector, settings.weights)
        names = config.test_dataloader.dataset.get("metainfo", {}).get("classes", ("person",))
        self._person, self._min_score = list(names).index("person"), settings.min_score
        steps = [dict(step) for step in config.test_dataloader.dataset.pipeline if step["type"] != "LoadAnnotations"]
        steps[0] = {"type": "mmdet.LoadImageFromNDArray"}
        with DefaultScope.overwrite_default_scope("mmdet"):
            self._pipeline = Compose(steps)
        # Not the head: its convolutions are shared by levels with a normalisation each.
        detector.backbone, detector.neck = fuse_conv_bn(detector.backbone), fuse_conv_bn(detector.neck)
        self._model = detector.to(device=device, memory_format=torch.channels_last).eval()
        self._autocast = autocast(device, precision)

    @torch.inference_mode()
    def boxes(self, frames: list[np.ndarray], batch_size: int) -> list[np.ndarray]:
        """The people in frames, uint8 (H, W, 3) RGB: for each float32 (n, 4) left, top, right, bottom in pixels."""
        found = []
        for _, group in itertools.groupby(frames, key=lambda frame: frame.shape):
            data = [self._pipeline({"img": np.ascontiguousarray(frame[..., ::-1]), "img_id": 0}) for frame in group]
            filled = data + data[:1] * (batch_size - len(data))
            with self._autocast:
                for sample in self._model.test_step(pseudo_collate(filled))[: len(data)]:
                    people = sample.pred_instances
                    kept = (people.labels == self._person) & (people.scores >= self._min_score)
                    found.append(people.bboxes[kept].float().cpu().numpy())
        return found


def build_model(settings: MMPoseParams, device: torch.device) -> PoseModel:
    """The pose model of the params with its weights."""
    config = _config(settings.config, mmpose)
    with warnings.catch_warnings(), DefaultScope.overwrite_default_scope("mmpose"):
        warnings.simplefilter("ignore")  # that it looks for its table of points within mmpose, which is right
        model = init_model(config, None, device="cpu")
    if model.dataset_meta["num_keypoints"] != WHOLEBODY_POINTS:
        raise SignScaleError(
            f"{settings.config}: has {model.dataset_meta['num_keypoints']} points, not the 133 of COCO-WholeBody; "
            "name a whole-body config in keypoints.mmpose.config"
        )
    fill(model, settings.weights)
    model.test_cfg["flip_test"] = settings.flip_test
    return PoseModel(model, device, settings.precision)


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Half precision on a GPU, if asked for; a CPU computes in fp32."""
    return (
        torch.autocast("cuda", _DTYPES[precision]) if device.type == "cuda" and precision in _DTYPES else nullcontext()
    )


def _config(name: str, *packages: Any) -> Config:
    """A config by path, or by its place in an installed package of OpenMMLab's."""
    for place in (Path(name), *(Path(package.__file__).parent / ".mim" / name for package in packages)):
        if place.is_file():
            return Config.fromfile(place)
    raise SignScaleError(
        f"{name}: no such config, neither a file nor within {packages[-1].__name__}; correct params.yaml"
    )


def _label(part: MMPoseParams | DetectorParams) -> str:
    """Config and weights in few words, for the shard."""
    return f"{Path(part.config).stem} {part.weights.sha256[:8]}"
