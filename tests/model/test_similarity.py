"""The streamed similarity and the contrastive loss equal their equations, in value and gradient."""

import math

import pytest
import torch
from torch.nn import functional as F

from signscale.model import similarity
from signscale.model.similarity import coarse_similarity, contrastive_loss, fine_grained_similarity, window_average


@pytest.fixture
def material():
    """Unit vectors of 5 clips of up to 4 windows and 7 texts of up to 3 tokens, in float64."""
    torch.manual_seed(0)
    sign, text = torch.randn(5, 4, 6, dtype=torch.float64), torch.randn(7, 3, 6, dtype=torch.float64)
    sign_mask = torch.arange(4) < torch.tensor([4, 1, 2, 3, 4])[:, None]
    text_mask = torch.arange(3) < torch.tensor([3, 1, 2, 3, 3, 2, 1])[:, None]
    return F.normalize(sign, dim=2), F.normalize(text, dim=2), sign_mask, text_mask


def literal(sign, text, sign_mask, text_mask, temperature=1.0):
    """PAPER, eq. 4-5 with four loops; the paper has no temperature inside."""
    out = torch.zeros(len(sign), len(text), dtype=torch.float64)
    for b in range(len(sign)):
        for u in range(len(text)):
            windows = []
            for i in range(sign.shape[1]):
                if not sign_mask[b, i]:
                    continue
                energies = [float(sign[b, i] @ text[u, j]) for j in range(text.shape[1]) if text_mask[u, j]]
                weights = [math.exp(energy / temperature) for energy in energies]
                windows.append(sum(w * e for w, e in zip(weights, energies, strict=True)) / sum(weights))
            out[b, u] = sum(windows) / len(windows)
    return out


@pytest.mark.parametrize("numbers", [1, 130, 1 << 24])
def test_fine_similarity_equals_four_loops_in_any_number_of_blocks(material, numbers, monkeypatch):
    monkeypatch.setattr(similarity, "BLOCK_NUMBERS", numbers)
    torch.testing.assert_close(fine_grained_similarity(*material), literal(*material), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.05, 1.0, 3.0])
def test_the_attention_temperature_divides_the_energies_inside_the_softmax_alone(material, temperature):
    found = fine_grained_similarity(*material, temperature)
    torch.testing.assert_close(found, literal(*material, temperature), rtol=1e-12, atol=1e-12)


def test_what_lies_under_the_masks_does_not_matter(material):
    sign, text, sign_mask, text_mask = material
    changed = sign + 100 * ~sign_mask[..., None], text + 100 * ~text_mask[..., None], sign_mask, text_mask
    torch.testing.assert_close(fine_grained_similarity(*changed), fine_grained_similarity(*material))


def test_the_gradient_of_the_streamed_similarity_is_right(material, monkeypatch):
    monkeypatch.setattr(similarity, "BLOCK_NUMBERS", 130)  # two texts a block, four blocks
    sign, text, sign_mask, text_mask = material
    assert torch.autograd.gradcheck(
        lambda s, t: fine_grained_similarity(s, t, sign_mask, text_mask),
        (sign.clone().requires_grad_(), text.clone().requires_grad_()),
    )


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_gradient_is_that_of_the_equation_held_whole(material, temperature):
    sign, text, sign_mask, text_mask = material
    slopes, found = torch.randn(5, 7, dtype=torch.float64), []
    for way in ("streamed", "whole"):
        s, t = sign.clone().requires_grad_(), text.clone().requires_grad_()
        if way == "streamed":
            out = fine_grained_similarity(s, t, sign_mask, text_mask, temperature)
        else:
            energy = torch.einsum("bmd,und->bumn", s, t)
            weights = (energy / temperature).masked_fill(~text_mask[:, None], float("-inf")).softmax(dim=3)
            out = ((weights * energy).sum(dim=3) * sign_mask[:, None]).sum(dim=2) / sign_mask.sum(dim=1)[:, None]
        (out * slopes).sum().backward()
        found.append((s.grad, t.grad))
    for streamed, whole in zip(*found, strict=True):
        torch.testing.assert_close(streamed, whole, rtol=1e-10, atol=1e-12)


def test_autocast_takes_the_products_to_bf16_and_no_more(material):
    sign, text = (part.float().requires_grad_() for part in material[:2])
    with torch.autocast("cpu", torch.bfloat16):
        found = fine_grained_similarity(sign, text, *material[2:])
    found.sum().backward()
    assert found.dtype == sign.grad.dtype == text.grad.dtype == torch.float32
    torch.testing.assert_close(found, literal(*material).float(), rtol=0, atol=0.02)


def test_the_backward_pass_never_holds_all_pairs(monkeypatch):
    """What autograd keeps of the similarity is its inputs, whatever the number of texts."""
    monkeypatch.setattr(similarity, "BLOCK_NUMBERS", 1)
    sign, text = torch.randn(16, 8, 4, requires_grad=True), torch.randn(32, 5, 4, requires_grad=True)
    masks = torch.ones(16, 8, dtype=torch.bool), torch.ones(32, 5, dtype=torch.bool)
    largest = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: largest.append(t.numel()) or t, lambda t: t):
        fine_grained_similarity(sign, text, *masks)
    assert max(largest) <= max(sign.numel(), text.numel())  # all pairs would be 16 x 32 x 8 x 5 = 20,480


@pytest.mark.parametrize("window", [1, 2, 4, 8])
def test_window_average_by_hand(window):
    torch.manual_seed(0)
    features, lengths = torch.randn(4, 9, 3, dtype=torch.float64), [9, 1, 4, 6]
    valid = torch.arange(9) < torch.tensor(lengths)[:, None]
    averaged, mask = window_average(features, valid, window)
    assert averaged.shape == (4, -(-9 // window), 3)
    for clip, length in enumerate(lengths):
        pieces = features[clip, :length].split(window)
        assert mask[clip].sum() == len(pieces)
        assert mask[clip, : len(pieces)].all()
        for k, piece in enumerate(pieces):
            torch.testing.assert_close(averaged[clip, k], piece.mean(dim=0))
        assert not averaged[clip, len(pieces) :].any()


def test_coarse_similarity_is_the_cosine_with_the_mean_token(material):
    sign, text, _, text_mask = material
    found = coarse_similarity(3 * sign[:, 0], text, text_mask)
    for b in range(5):
        for u in range(7):
            mean = text[u][text_mask[u]].mean(dim=0)
            cosine = sign[b, 0] @ mean / (sign[b, 0].norm() * mean.norm())
            assert float(found[b, u]) == pytest.approx(float(cosine), abs=1e-12)


def test_with_distinct_texts_the_loss_is_symmetric_infonce():
    torch.manual_seed(0)
    scores, temperature = torch.randn(6, 6, dtype=torch.float64), torch.tensor(0.3)
    own = torch.randperm(6)
    logits = scores / temperature
    back = torch.empty(6, dtype=torch.long)
    back[own] = torch.arange(6)
    expected = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, back)) / 2
    torch.testing.assert_close(contrastive_loss(scores, own, temperature), expected)


def test_repeated_texts_by_hand():
    scores = torch.tensor([[1.0, 0.0], [0.5, 0.2], [0.1, 0.9]], dtype=torch.float64)
    own = torch.tensor([0, 0, 1])  # the first two clips say the same

    def log_share(value, others):
        return value - math.log(sum(math.exp(other) for other in others))

    sign_to_text = -(log_share(1.0, [1.0, 0.0]) + log_share(0.5, [0.5, 0.2]) + log_share(0.9, [0.1, 0.9])) / 3
    first_text = [1.0, 0.5, 0.1]
    text_to_sign = (
        -((log_share(1.0, first_text) + log_share(0.5, first_text)) / 2 + log_share(0.9, [0.0, 0.2, 0.9])) / 2
    )
    found = contrastive_loss(scores, own, torch.tensor(1.0))
    assert float(found) == pytest.approx((sign_to_text + text_to_sign) / 2, abs=1e-12)


def test_a_clip_is_never_pushed_from_another_clip_s_equal_text():
    """With the two clips of one text at equal scores, their places in the loss are the same."""
    scores = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64, requires_grad=True)
    contrastive_loss(scores, torch.tensor([0, 0, 1]), torch.tensor(0.1)).backward()
    torch.testing.assert_close(scores.grad[0], scores.grad[1])
    assert (scores.grad[:2, 0] <= 0).all()
