"""The counted formula is what torch counts, forward and backward."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from signscale.model.encoder import PoseEncoder
from signscale.params import ModelParams
from signscale.pretrain.decoder import PoseDecoder
from signscale.pretrain.flops import attention_flops, frame_flops

SIZES = {
    "embedding": "gcn",
    "interpretation": "table",
    "branches": "both",
    "graph_channels": [8, 8, 12],
    "part_width": 16,
}
SIZES |= {"blocks": 2, "heads": 4, "dropout": 0.0, "shared_width": 8, "max_frames": 32}


def product(_sum, a, b, **_) -> int:
    return 2 * a[0] * a[1] * b[1]


def attention(query, *_, **__) -> int:
    batch, heads, frames, width = query
    return 4 * batch * heads * frames * frames * width


# Kernels that torch's counter leaves out.
MORE = {
    torch.ops.aten.addmm_: product,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: attention,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: lambda _, *rest, **__: 2 * attention(*rest),
}


@pytest.mark.parametrize(
    "changes",
    [{}, {"interpretation": "prose"}, {"embedding": "linear"}, {"branches": "manual"}, {"branches": "non_manual"}],
    ids=str,
)
def test_the_formula_is_what_torch_counts(changes):
    sizes = ModelParams(**(SIZES | changes))
    encoder = PoseEncoder(sizes)
    decoder, project = PoseDecoder(encoder.width), torch.nn.Linear(encoder.width, sizes.shared_width)
    pose, valid = torch.randn(3, 20, 79, 3), torch.ones(3, 20, dtype=torch.bool)
    with FlopCounterMode(display=False, custom_mapping=MORE) as forward:
        features = encoder(pose, valid)[valid]
        decoded, projected = decoder(features), project(features)
    expected = 60 * frame_flops(sizes) + 3 * attention_flops(sizes, 20)
    assert forward.get_total_flops() == expected
    with FlopCounterMode(display=False, custom_mapping=MORE) as backward:
        (decoded.sum() + projected.sum()).backward()
    # The first layer has no gradient to pass on.
    assert backward.get_total_flops() == pytest.approx(2 * expected, rel=0.15)
