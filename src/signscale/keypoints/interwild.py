"""InterWild's hands on MMPose's body and face: the second view of a clip (PAPER, Keypoints).

Code: facebookresearch/InterWild at the commit of the Makefile, CC-BY-NC 4.0, fetched by `make env-interwild` and run
from its own folder; weights come by hand. InterWild also fits MANO meshes, with files behind a registration. The hand
points come before that, from its box, crop and position networks, so this runs those three alone: no MANO file is read,
and MANO's module, which loads them when it is imported, is replaced by the few numbers the networks take from it.

A hand has no confidence for each point: all 21 take that of the hand's box (reading).
"""

import ast
import sys
import types
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import cv2
import numpy as np
import torch

from signscale import skeleton
from signscale.errors import SignScaleError
from signscale.keypoints.weights import fill
from signscale.params import InterWildParams

CODE = Path(".venv-interwild/InterWild")
CROP = (512, 384)  # height and width of what the networks take
_MARGIN = 1.25  # the crop's window beyond the person's box, on each axis, as InterWild was trained
_HAND = 8  # cells of the hand network's grid, and
_HAND_PIXELS = 256  # pixels of the hand picture it covers


class Crop(NamedTuple):
    """What both estimators need of a frame. picture: uint8 (512, 384, 3) RGB. back: (2, 3), crop to frame pixels."""

    body: Any
    picture: np.ndarray
    back: np.ndarray
