"""Parts of a batch pull as the whole batch does, in loss and gradients, with dropout and whatever texts they hold."""

from contextlib import nullcontext

import pytest
import torch

from signscale.params import LossParams, ModelParams, load_params
from signscale.pretrain.micro_batches import joined, pulls
from signscale.pretrain.model import PretrainBatch, PretrainingModel, losses

SIZES = {"embedding": "gcn", "interpretation": "table", "branches": "both", "graph_channels": [6], "part_width": 8}
SIZES |= {"blocks": 1, "heads": 2, "shared_width": 5, "max_frames": 16}
CLIPS, TEXTS = 64, 20


def whole():
    torch.manual_seed(3)
    target = torch.randn(CLIPS, 12, 79, 3)
    target[..., 2] = torch.rand(CLIPS, 12, 79)
    valid = torch.arange(12) < torch.randint(1, 13, (CLIPS, 1))
    touched = (torch.rand(CLIPS, 12, 79) < 0.4) & valid[..., None]
    tokens = torch.arange(4) < torch.randint(1, 5, (TEXTS, 1))
    return PretrainBatch(
        target * ~touched[..., None], target, touched, valid, torch.randn(TEXTS, 4, 6), tokens,
        torch.arange(TEXTS) * 3, torch.arange(CLIPS) % (TEXTS + 1) - 1,
    )  # fmt: skip


def part(batch, rows):
    """Some clips, cut to their longest, with their own texts only."""
    longest = int(batch.valid[rows].sum(dim=1).max())
    own = sorted({int(text) for text in batch.text_of_clip[rows] if text >= 0})
    column = {text: k for k, text in enumerate(own)} | {-1: -1}
    pose = (getattr(batch, name)[rows, :longest] for name in ("masked", "target", "touched", "valid"))
    texts = (batch.text[own], batch.text_valid[own], batch.text_id[own])
    return PretrainBatch(*pose, *texts, torch.tensor([column[int(text)] for text in batch.text_of_clip[rows]]))


def model(root, similarity, dropout=0.0):
    torch.manual_seed(0)
    plain = load_params(root, "paper").pretrain.loss.model_dump()
    return PretrainingModel(
        ModelParams(**SIZES, dropout=dropout), LossParams(**(plain | {"similarity": similarity})), 6
    )


def gradients(net):
    return {name: p.grad if p.grad is not None else torch.zeros_like(p) for name, p in net.named_parameters()}


@pytest.mark.parametrize("similarity", ["fine", "coarse"])
@pytest.mark.parametrize("sizes", [[16] * 4, [1, 40, 23], [64]], ids=str)
def test_parts_give_the_loss_and_gradients_of_the_whole(root, similarity, sizes):
    batch, one, cut = whole(), model(root, similarity), model(root, similarity)
    expected = one(batch)
    expected["loss"].backward()
    parts = [part(batch, rows) for rows in torch.randperm(CLIPS).split(sizes)]
    for pull, measures in pulls(cut, parts, cut.loss, torch.manual_seed, nullcontext()):
        pull.backward()
        for name, value in expected.items():
            torch.testing.assert_close(measures[name], value, rtol=1e-5, atol=1e-5)
    found = gradients(cut)
    for name, value in gradients(one).items():
        torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-5)


def test_both_passes_drop_the_same(root):
    """With dropout the whole is what the parts passed on, each in its own random state, taken together."""
    batch, net = whole(), model(root, "fine", dropout=0.5)
    parts = [part(batch, rows) for rows in torch.arange(CLIPS).split(16)]
    passed = []
    for number, each in enumerate(parts):
        torch.manual_seed(number)
        passed.append(net(each, "pass"))
    losses(joined(passed), net.loss)["loss"].backward()
    expected = {name: value.clone() for name, value in gradients(net).items()}
    net.zero_grad()
    for pull, _ in pulls(net, parts, net.loss, torch.manual_seed, nullcontext()):
        pull.backward()
    for name, value in gradients(net).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-5)
