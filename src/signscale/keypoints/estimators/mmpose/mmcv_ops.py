"""The compiled operators of MMCV, where only mmcv-lite is installed: non-maximum suppression in torch, no other.

MMPose and MMDetection import all of `mmcv.ops`; HRNet + DARK needs none of it and the person detector needs `nms`
alone. Compiling the rest takes half an hour. A full mmcv, if there is one, is left as it is.
"""

import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType

import torch

from signscale.errors import SignScaleError

_EXTENSION = "mmcv._ext"


class _Operators(ModuleType):
    """Has every operator by name, as mmcv.utils.load_ext demands; all but `nms` raise when called."""

    nms = staticmethod(lambda boxes, scores, iou_threshold, offset: non_maximum(boxes, scores, iou_threshold, offset))

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*_: object, **__: object) -> None:
            raise SignScaleError(
                f"mmcv.ops: this config calls the compiled operator {name}, which mmcv-lite does not have; "
                "install mmcv 2.1.0 in place of mmcv-lite, or choose a config without it"
            )

        return missing


def provide_operators() -> None:
    """Let `import mmcv.ops` work; to be called before mmpose or mmdet is imported."""
    if _EXTENSION not in sys.modules and importlib.util.find_spec(_EXTENSION) is None:
        operators = _Operators(_EXTENSION)
        operators.__spec__ = ModuleSpec(_EXTENSION, loader=None)  # no loader: there is no full mmcv
        sys.modules[_EXTENSION] = operators


def non_maximum(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float, offset: int = 0) -> torch.Tensor:
    """Indices, best score first, of the boxes (n, 4) left when each takes away those that overlap it by more.

    Boxes are left, top, right, bottom; offset 1 counts the right and bottom pixels as inside.
    """
    order = scores.argsort(descending=True, stable=True)
    left, top, right, bottom = boxes[order].unbind(dim=1)
    area = (right - left + offset) * (bottom - top + offset)
    alive = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    kept = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        width = (torch.minimum(right[i], right) - torch.maximum(left[i], left) + offset).clamp(min=0)
        height = (torch.minimum(bottom[i], bottom) - torch.maximum(top[i], top) + offset).clamp(min=0)
        shared = width * height
        alive &= shared <= iou_threshold * (area[i] + area - shared)
    return order[torch.tensor(kept, dtype=torch.long, device=boxes.device)]
