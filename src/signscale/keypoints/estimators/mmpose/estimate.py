"""MMPose 1.x, top-down: the paper's whole-body estimator (HRNet-W48 + DARK, COCO-WholeBody, 384x288).

A person detector of MMDetection's finds the people, `people.Signer` chooses one, MMPose's own pipeline crops, its own
model and codec give the 133 points. Frames of several clips share a batch. Four things run at once: a thread decodes
frames, one detects and crops, the caller's computes the poses, others turn heatmaps into points. Every batch has the
same shape, the last one filled up, so a frame's points do not depend on the clips beside it. Batch normalisation is
folded into the convolutions, channels lie last, and a CPU computes wide convolutions by `winograd`: equal within
rounding, and faster.

Runs in the environment of `make env-mmpose`.
"""

import itertools
import os
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from signscale.errors import SignScaleError
from signscale.formats.skeleton import WHOLEBODY_POINTS
from signscale.keypoints.estimators.mmpose.mmcv_ops import provide_operators
from signscale.keypoints.estimators.mmpose.winograd import speed_up
from signscale.keypoints.estimators.people import Signer
from signscale.keypoints.estimators.prefetch import ahead
from signscale.keypoints.estimators.weights import fill
from signscale.params import DetectorParams, MMPoseParams

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
_ROUNDS_AHEAD = 2
_ROUNDS_DECODING = 1


class MMPoseEstimator:
    """PoseEstimator on MMPose, and `estimate_clips`, which lets clips share batches.

    Raises SignScaleError if a config or weights are absent
    or do not fit each other, or if the config has other points than the 133 of COCO-WholeBody.
    """

    name = "mmpose"

    def __init__(self, settings: MMPoseParams):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = build_model(settings, self.device)
        self.detector = PersonDetector(settings.detector, self.device, settings.precision)
        self._settings = settings
        self.version = f"{_label(settings)}, persons {_label(settings.detector)}, mmpose {mmpose.__version__}"

    def estimate(self, frames: Iterable[np.ndarray]) -> np.ndarray:
        """See PoseEstimator."""
        (points,) = self.estimate_clips([frames])
        if isinstance(points, SignScaleError):
            raise points
        return points

    def estimate_clips(self, clips: Iterable[Iterable[np.ndarray]]) -> Iterator[np.ndarray | SignScaleError]:
        """The points (T, 133, 3) of each clip, in order, at the latest when one batch more than its last is computed.

        A clip whose frames raise SignScaleError gives that error in place of its points; the others go on.
        """
        with (
            ahead(_rounds(clips, self._settings.batch_size), _ROUNDS_AHEAD) as rounds,
            ahead(map(self._located, rounds), _ROUNDS_AHEAD) as located,
            _decoders(self.device) as decoders,
        ):
            yield from _assembled(self._posed(located, decoders))

    def crop(self, frame: np.ndarray, box: np.ndarray) -> Any:
        """What `points` needs of a frame, uint8 (H, W, 3) RGB, and its signer's box (left, top, right, bottom)."""
        return self.model.crop(frame, box)

    def points(self, crops: list[Any], decoders: Executor) -> list["Points"]:
        """The points (133, 3) of up to a batch of crops, to come."""
        outputs = self.model.outputs(crops, self._settings.batch_size)
        windows = [window(crop) for crop in crops]
        return [
            decoders.submit(decoded, self.model.codec, output, place)
            for output, place in zip(outputs, windows, strict=True)
        ]

    def _located(self, round_: "Round") -> "Round":
        """The round with the signer's crop of every frame, instead of the frames."""
        people = self.detector.boxes(round_.frames, self._settings.batch_size)
        for clip, frame, boxes in zip(round_.clips, round_.frames, people, strict=True):
            box = clip.signer.among(boxes)
            round_.crops.append(None if box is None else self.crop(frame, box))
        round_.frames.clear()
        return round_

    def _posed(self, rounds: Iterable["Round"], decoders: Executor) -> Iterator[tuple["Round", list["Points | None"]]]:
        """Each round with the points of every frame, to come; None where there is no signer."""
        begun: deque = deque()
        for round_ in rounds:
            crops = [crop for crop in round_.crops if crop is not None]
            coming = iter(self.points(crops, decoders) if crops else [])
            begun.append((round_, [None if crop is None else next(coming) for crop in round_.crops]))
            if len(begun) > _ROUNDS_DECODING:
                yield begun.popleft()
        yield from begun


class Points(Protocol):
    """Points that are being computed elsewhere; a Future is one."""

    def result(self) -> np.ndarray:
        """Wait for the points of one frame, float32 (133, 3)."""


@dataclass(eq=False)
class Clip:
    """A clip on its way. points: of the frames so far. failure: why its frames ended early."""

    signer: Signer = field(default_factory=Signer)
    points: list[np.ndarray] = field(default_factory=list)
    failure: SignScaleError | None = None


@dataclass(eq=False)
class Round:
    """Up to a batch of frames of one or more clips, and the clip of each. ended: the clips that are complete with it.

    crops: the signer's part of each frame, None where the signer is not seen.
    """

    clips: list[Clip] = field(default_factory=list)
    frames: list[np.ndarray] = field(default_factory=list)
    crops: list[Any] = field(default_factory=list)
    ended: list[Clip] = field(default_factory=list)


def _rounds(clips: Iterable[Iterable[np.ndarray]], size: int) -> Iterator[Round]:
    """The frames of all clips, `size` at a time."""
    filling = Round()
    for frames in clips:
        clip = Clip()
        try:
            for frame in frames:
                if len(filling.frames) == size:
                    yield filling
                    filling = Round()
                filling.clips.append(clip)
                filling.frames.append(frame)
        except SignScaleError as error:
            clip.failure = error
        filling.ended.append(clip)
    yield filling


def _assembled(rounds: Iterable[tuple[Round, list[Points | None]]]) -> Iterator[np.ndarray | SignScaleError]:
    nobody = np.zeros((WHOLEBODY_POINTS, 3), np.float32)
    for round_, points in rounds:
        for clip, coming in zip(round_.clips, points, strict=True):
            clip.points.append(nobody if coming is None else coming.result())
        for clip in round_.ended:
            yield clip.failure or np.array(clip.points, np.float32).reshape(-1, WHOLEBODY_POINTS, 3)


class PoseModel:
    """A top-down model of MMPose's with its pipeline and codec, set up for speed."""

    def __init__(self, model: torch.nn.Module, device: torch.device, precision: str):
        with DefaultScope.overwrite_default_scope("mmpose"):
            self.pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)
        self.meta, self.codec = model.dataset_meta, model.head.decoder
        model.backbone, model.head = fuse_conv_bn(model.backbone), fuse_conv_bn(model.head)
        if device.type == "cpu":
            speed_up(model.backbone)
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


class Window(NamedTuple):
    """How a crop lies in its picture: size of the crop; centre and size of its window, in pixels."""

    crop: np.ndarray
    center: np.ndarray
    scale: np.ndarray


def window(crop: dict[str, Any]) -> Window:
    """The window of a crop made by `PoseModel.crop`."""
    meta = crop["data_samples"].metainfo
    return Window(*(np.asarray(meta[key]) for key in ("input_size", "input_center", "input_scale")))


def decoded(codec: Any, output: tuple[np.ndarray, ...], place: Window) -> np.ndarray:
    """One crop's output as float32 (133, 3): pixels of the picture and confidence, by MMPose's own codec."""
    keypoints, scores = codec.decode(*output)
    scores = scores[0] if isinstance(scores, tuple) else scores
    positions = keypoints[0, :, :2] / place.crop * place.scale + place.center - 0.5 * place.scale
    points = np.concatenate([positions, scores[0, :, None]], axis=-1).astype(np.float32)
    points[..., 2] = points[..., 2].clip(0, 1)
    points[points[..., 2] == 0] = 0
    return points


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


def _decoders(device: torch.device) -> Executor:
    """Threads beside a CPU's inference; processes beside a GPU's, which would wait for the codec's Python code."""
    if device.type == "cuda":
        return ProcessPoolExecutor(max(1, (os.cpu_count() or 2) - 2), get_context("spawn"))
    return ThreadPoolExecutor(1)


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
