"""Arithmetic of the model counted from its sizes: matrix products only, two operations a multiply-add.

What training is measured by: operations a second against the machine's own rate of matrix products.
"""

from itertools import pairwise

from signscale.formats.skeleton import NODE_LEFT_SIDE, NODE_NON_MANUAL, NODES
from signscale.params import ModelParams

CHANNELS = 3


def frame_flops(model: ModelParams, reconstruction: bool = True) -> int:
    """Of one frame forward through embedding, branches (attention's products with other frames apart) and decoder."""
    widths = [CHANNELS, *model.graph_channels] if model.embedding == "gcn" else [CHANNELS]
    total = 0
    for a, b in pairwise(widths):
        residual = a * b if a != b else 0
        total += NODES * (NODES * a + 2 * a * b + residual)
    sides = 2 * len(NODE_LEFT_SIDE)
    total += (sides + len(NODE_NON_MANUAL)) * widths[-1] * model.part_width
    manual = model.part_width * (2 if model.interpretation == "table" else 1)
    branches = {"manual": [manual], "non_manual": [model.part_width], "both": [manual, model.part_width]}[
        model.branches
    ]
    total += sum(12 * width * width * model.blocks for width in branches)
    sign = sum(branches)
    if reconstruction:
        total += sign * sign + sign * NODES * 2
    return 2 * (total + sign * model.shared_width)


def attention_flops(model: ModelParams, frames: int) -> int:
    """Of the attention of one clip of `frames` frames, all blocks, forward: every frame with every other, twice."""
    manual = model.part_width * (2 if model.interpretation == "table" else 1)
    branches = {"manual": [manual], "non_manual": [model.part_width], "both": [manual, model.part_width]}[
        model.branches
    ]
    return 2 * 2 * frames * frames * sum(branches) * model.blocks
