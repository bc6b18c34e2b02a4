"""Packed rows are the valid frames, each once; a row attends to its own clip whatever the clips beside it."""

import pytest
import torch
from torch.nn import functional as F

from signscale.model.packing import Packing

LENGTHS = [[3], [2, 5, 5, 1], [64, 63, 62, 20, 64, 4], [1] * 9, [2, 0, 4]]


def batch(lengths, width):
    torch.manual_seed(0)
    valid = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return torch.randn(*valid.shape, width), valid


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_what_is_taken_is_put_back_and_padding_is_zero(lengths):
    x, valid = batch(lengths, 4)
    packing = Packing(valid)
    rows = packing.take(x)
    assert len(rows) == sum(lengths)
    torch.testing.assert_close(packing.put(rows), x * valid[..., None], rtol=0, atol=0)
    torch.testing.assert_close(packing.put_frames(rows), x * valid[..., None], rtol=0, atol=0)
    time = torch.arange(valid.shape[1]).expand_as(valid)
    assert packing.times.tolist() == packing.take(time).tolist()


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_a_summary_stands_before_the_frames_of_its_clip(lengths):
    x, valid = batch(lengths, 4)
    packing = Packing(valid, summary=True)
    rows = packing.lead(packing.take(x), torch.full((4,), 7.0))
    assert len(rows) == sum(lengths) + len(lengths)
    back = packing.put(rows)
    assert (back[:, 0] == 7).all()
    torch.testing.assert_close(back[:, 1:], x * valid[..., None], rtol=0, atol=0)
    torch.testing.assert_close(packing.frames(rows), packing.take(x), rtol=0, atol=0)


@pytest.mark.parametrize("summary", [False, True])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_attention_is_that_of_each_clip_by_itself(lengths, summary):
    x, valid = batch(lengths, 12)
    packing = Packing(valid, summary)
    rows = packing.lead(packing.take(x), torch.ones(12)) if summary else packing.take(x)
    found, given = packing.put(packing.attend(rows, 2)), packing.put(rows)
    for clip, length in enumerate(lengths):
        own = given[clip, : length + summary]
        query, key, value = (part.unflatten(1, (2, 2)).transpose(0, 1) for part in own.chunk(3, dim=1))
        weights = (query @ key.transpose(1, 2) / 2**0.5).softmax(dim=2)
        expected = F.pad((weights @ value).transpose(0, 1).flatten(1), (0, 0, 0, found.shape[1] - len(own)))
        torch.testing.assert_close(found[clip], expected, rtol=0, atol=1e-6)


def test_a_mask_with_gaps_is_taken_as_it_is():
    x, _ = batch([4], 12)
    valid = torch.tensor([[True, False, True, True]])
    packing = Packing(valid)
    assert packing.times.tolist() == [0, 2, 3]
    whole = Packing(torch.ones(1, 3, dtype=torch.bool))
    rows = x[0, [0, 2, 3]]
    torch.testing.assert_close(packing.attend(packing.take(x), 2), whole.attend(rows, 2), rtol=0, atol=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_a_gpu_attends_in_bf16_as_it_does_in_groups(lengths):
    x, valid = batch(lengths, 3 * 64)
    packing = Packing(valid.cuda())
    rows = packing.take(x.cuda())
    whole, half = (packing.attend(rows.to(kind), 2).float() for kind in (torch.float32, torch.bfloat16))
    torch.testing.assert_close(half, whole, rtol=0.02, atol=0.02)
