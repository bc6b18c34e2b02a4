"""Padding never changes features; attention equals its equation; sizes are the paper's."""

import math

import pytest
import torch
from torch.nn import functional as F

from signscale.model.encoder import Block, PoseEncoder, sinusoidal_positions
from signscale.model.packing import Packing
from signscale.params import ModelParams

SIZES = {"embedding": "gcn", "interpretation": "table", "branches": "both", "graph_channels": [8, 12], "part_width": 16}
SIZES |= {"blocks": 2, "heads": 4, "dropout": 0.0, "shared_width": 8, "max_frames": 32}


def encoder(summary=False, **changes):
    torch.manual_seed(0)
    return PoseEncoder(ModelParams(**(SIZES | changes)), summary).eval()


def clips(lengths):
    torch.manual_seed(1)
    pose = torch.randn(len(lengths), max(lengths), 79, 3)
    valid = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return pose, valid


@pytest.mark.parametrize("summary", [False, True])
@pytest.mark.parametrize(
    "changes",
    [{}, {"interpretation": "prose"}, {"embedding": "linear"}, {"branches": "manual"}, {"branches": "non_manual"}],
    ids=str,
)
def test_a_clip_alone_and_in_a_padded_batch_has_the_same_features(changes, summary):
    net, lengths = encoder(summary, **changes), [7, 20, 1]
    pose, valid = clips(lengths)
    pose = pose.masked_fill(~valid[..., None, None], 1e6)  # whatever stands in the padding
    together = net(pose, valid)
    for clip, length in enumerate(lengths):
        alone = net(pose[clip : clip + 1, :length], valid[clip : clip + 1, :length])
        rows = length + summary
        torch.testing.assert_close(together[clip, :rows], alone[0], rtol=0, atol=1e-5)
        assert not together[clip, rows:].any()


@pytest.mark.parametrize("summary", [False, True])
def test_clips_alone_have_the_gradients_of_the_batch(summary):
    net, lengths = encoder(summary).double(), [7, 20, 1, 20, 19, 32, 31]
    pose, valid = clips(lengths)
    pose, slopes = pose.double(), torch.randn(len(lengths), max(lengths) + summary, 48).double()
    (net(pose, valid) * slopes).sum().backward()
    together = {name: weight.grad.clone() for name, weight in net.named_parameters()}
    net.zero_grad()
    for clip, length in enumerate(lengths):
        alone = net(pose[clip : clip + 1, :length], valid[clip : clip + 1, :length])
        (alone[0] * slopes[clip, : length + summary]).sum().backward()
    for name, weight in net.named_parameters():
        torch.testing.assert_close(weight.grad, together[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "width"),
    [
        ({}, 1536),
        ({"interpretation": "prose"}, 1024),
        ({"branches": "manual"}, 1024),
        ({"branches": "non_manual"}, 512),
    ],
    ids=str,
)
def test_widths_of_table_iii(changes, width):
    net = encoder(part_width=512, blocks=1, **changes)
    assert net.width == width
    assert net(*clips([3])).shape == (1, 3, width)


def test_the_branches_share_nothing():
    net = encoder()
    pose, valid = clips([5])
    net(pose, valid)[..., :32].sum().backward()
    assert not any(p.grad.any() for p in net.branches["non_manual"].parameters())
    assert any(p.grad.any() for p in net.branches["manual"].parameters())


def test_a_block_equals_its_equation():
    torch.manual_seed(0)
    block = Block(8, 2, 0.0).double()
    x, valid = torch.randn(2, 5, 8, dtype=torch.float64), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    packing = Packing(valid)
    found = packing.put(block(packing.take(x), packing))
    for b, length in enumerate([5, 3]):
        normed = F.layer_norm(x[b], (8,), block.attention_norm.weight, block.attention_norm.bias)
        packed = block.query_key_value(normed)
        seen = torch.zeros(5, 8, dtype=torch.float64)
        for h in range(2):
            q, k, v = (packed[:, part * 8 + h * 4 : part * 8 + h * 4 + 4] for part in range(3))
            for t in range(length):
                scores = torch.stack([q[t] @ k[s] / math.sqrt(4) for s in range(length)])
                weights = scores.exp() / scores.exp().sum()
                seen[t, h * 4 : h * 4 + 4] = sum(weights[s] * v[s] for s in range(length))
        y = x[b] + block.attention_out(seen)
        y = y + block.feed_out(
            F.gelu(block.feed_in(F.layer_norm(y, (8,), block.feed_norm.weight, block.feed_norm.bias)))
        )
        torch.testing.assert_close(found[b, :length], y[:length])


def test_positions_are_those_of_vaswani():
    table = sinusoidal_positions(6, 4)
    for position in range(6):
        for pair in range(2):
            angle = position / 10000 ** (2 * pair / 4)
            assert table[position, 2 * pair] == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[position, 2 * pair + 1] == pytest.approx(math.cos(angle), abs=1e-6)


def test_order_matters():
    pose, valid = clips([6])
    net = encoder()
    assert (net(pose, valid) - net(pose.flip(1), valid).flip(1)).abs().max() > 1e-3


def test_no_clip_at_all_is_no_error():
    out = encoder()(torch.zeros(0, 1, 79, 3), torch.zeros(0, 1, dtype=torch.bool))
    assert out.shape == (0, 1, 48)


def test_a_clip_beyond_the_longest_is_refused():
    with pytest.raises(ValueError, match="40 frames in a batch, the model takes 32; cut the clip first"):
        encoder()(*clips([40]))
