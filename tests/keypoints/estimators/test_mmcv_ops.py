"""The substitute for MMCV's compiled operators: one is real, the others say so when called."""

import sys

import numpy as np
import pytest
import torch

from signscale.errors import SignScaleError
from signscale.keypoints.estimators.mmpose.mmcv_ops import _Operators, non_maximum, provide_operators
from signscale.keypoints.people import overlap


def by_definition(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(overlap(boxes[j], boxes[[i]])[0] <= threshold for j in kept):
            kept.append(int(i))
    return kept


def test_suppression_keeps_what_its_definition_keeps():
    rng = np.random.default_rng(0)
    for threshold in (0.3, 0.6):
        corner, size = rng.uniform(0, 60, (80, 2)), rng.uniform(5, 40, (80, 2))
        boxes, scores = np.concatenate([corner, corner + size], axis=1), rng.uniform(size=80)
        found = non_maximum(torch.tensor(boxes), torch.tensor(scores), threshold)
        assert found.tolist() == by_definition(boxes, scores, threshold)
        assert 10 < len(found) < 80


def test_no_boxes_leave_none():
    assert non_maximum(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []


def test_any_other_operator_is_there_and_raises_only_when_called():
    operator = _Operators("mmcv._ext").deform_conv_forward
    with pytest.raises(SignScaleError, match="deform_conv_forward, which mmcv-lite does not have; install mmcv"):
        operator(1, groups=2)


def test_compiled_operators_that_are_there_stay(monkeypatch):
    compiled = object()
    monkeypatch.setitem(sys.modules, "mmcv._ext", compiled)
    provide_operators()
    assert sys.modules["mmcv._ext"] is compiled
