"""The pre-training loss is the paper's: reconstruction by hand, contrast over distinct texts, lambda between them."""

import dataclasses

import pytest
import torch
from torch.nn import functional as F

from signscale.model.similarity import contrastive_loss, fine_grained_similarity, window_average
from signscale.params import LossParams, ModelParams, load_params
from signscale.pretrain.decoder import reconstruction_sums
from signscale.pretrain.model import PretrainBatch, PretrainingModel

SIZES = {"embedding": "gcn", "interpretation": "table", "branches": "both", "graph_channels": [6], "part_width": 8}
SIZES |= {"blocks": 1, "heads": 2, "dropout": 0.0, "shared_width": 5, "max_frames": 16}


@pytest.fixture
def model(root):
    """The function that makes a small model with changes to the paper's loss."""
    plain = load_params(root, "paper").pretrain.loss.model_dump()

    def make(**loss):
        torch.manual_seed(0)
        return PretrainingModel(ModelParams(**SIZES), LossParams(**(plain | loss)), 6).eval()

    return make


def batch(text_of_clip=(0, 1, -1, 1), texts=2):
    torch.manual_seed(2)
    clips = len(text_of_clip)
    target = torch.randn(clips, 9, 79, 3)
    target[..., 2] = torch.rand(clips, 9, 79) * (torch.rand(clips, 9, 79) > 0.2)
    valid = torch.arange(9) < torch.tensor([9, 4, 6, 1])[:clips, None]
    touched = (torch.rand(clips, 9, 79) < 0.4) & (target[..., 2] > 0) & valid[..., None]
    masked = target * ~touched[..., None]
    return PretrainBatch(
        masked, target, touched, valid, torch.randn(texts, 3, 6), torch.ones(texts, 3, dtype=torch.bool),
        torch.arange(texts) * 7, torch.tensor(text_of_clip),
    )  # fmt: skip


def test_reconstruction_by_hand():
    predicted = torch.zeros(1, 79, 2)
    target, touched = torch.zeros(1, 79, 3), torch.zeros(1, 79, dtype=torch.bool)
    target[0, 0] = torch.tensor([3.0, 4.0, 0.5])  # touched: 0.5 x 25
    target[0, 1] = torch.tensor([1.0, 0.0, 0.25])  # touched: 0.25 x 1
    target[0, 2] = torch.tensor([9.0, 9.0, 1.0])  # not touched
    touched[0, :2] = True
    error, weight = reconstruction_sums(predicted, target, touched)
    assert (float(error), float(weight)) == (12.75, 0.75)


def test_reconstruction_of_a_batch_point_by_point(model):
    net, given = model(contrast=False), batch()
    with torch.no_grad():
        predicted = net.decoder(net.encoder(given.masked, given.valid).flatten(0, 1)).double().unflatten(0, (4, 9))
        error = weight = 0.0
        for b, t, v in given.touched.nonzero().tolist():
            x, y, confidence = given.target[b, t, v].tolist()
            px, py = predicted[b, t, v].tolist()
            error += confidence * ((px - x) ** 2 + (py - y) ** 2)
            weight += confidence
        out = net(given)
    assert float(out["reconstruction"]) == pytest.approx(error / weight, rel=1e-5)
    assert float(out["loss"]) == float(out["reconstruction"])
    assert "contrast" not in out


def test_contrast_of_a_batch_from_its_parts(model):
    net, given = model(reconstruction=False), batch()
    with torch.no_grad():
        windows, mask = window_average(net.project_sign(net.encoder(given.masked, given.valid)), given.valid, 4)
        paired = torch.tensor([0, 1, 3])
        sign = F.normalize(windows[paired], dim=2)
        text = F.normalize(net.project_text(given.text), dim=2)
        scores = fine_grained_similarity(sign, text, mask[paired], given.text_valid)
        expected = contrastive_loss(scores, torch.tensor([0, 1, 1]), torch.tensor(0.07))
        out = net(given)
    torch.testing.assert_close(out["contrast"], expected)
    torch.testing.assert_close(out["loss"], expected)
    assert float(out["r1"]) == pytest.approx(float((scores.argmax(1) == torch.tensor([0, 1, 1])).float().mean()))


@pytest.mark.parametrize("weight", [0.0, 0.1, 2.0])
def test_the_total_is_reconstruction_plus_lambda_contrast(model, weight):
    out = model(contrast_weight=weight)(batch())
    torch.testing.assert_close(out["loss"], out["reconstruction"] + weight * out["contrast"])


@pytest.mark.parametrize("similarity", ["fine", "coarse"])
def test_an_unpaired_clip_takes_part_in_the_pose_branch_alone(model, similarity):
    net, given = model(similarity=similarity), batch()
    changed = dataclasses.replace(given, masked=given.masked.clone())
    changed.masked[2] += 1
    one, other = net(given), net(changed)
    torch.testing.assert_close(one["contrast"], other["contrast"], rtol=0, atol=0)
    assert one["reconstruction"].item() != other["reconstruction"].item()
    alone = net(batch((-1, -1), 0))
    assert alone["contrast"].item() == 0
    alone["loss"].backward()
    assert net.decoder.layers[0].weight.grad.abs().sum() > 0


def test_the_coarse_similarity_uses_the_summary_token(model):
    net, given = model(similarity="coarse"), batch()
    out = net(given)
    out["contrast"].backward()
    assert net.encoder.branches["manual"].summary.grad.abs().sum() > 0
    assert out["loss"].item() > 0
    assert net.encoder(given.masked, given.valid).shape[1] == 1 + 9


def test_mask_ratio_is_the_share_of_seen_points(model):
    given = batch()
    seen = (given.target[..., 2] > 0) & given.valid[..., None]
    assert float(model()(given)["mask_ratio"]) == pytest.approx(float(given.touched.sum() / seen.sum()))


def test_texts_are_found_by_their_number_whatever_their_order(model):
    net, given = model(), batch()
    swapped = dataclasses.replace(
        given, text=given.text.flip(0), text_id=given.text_id.flip(0), text_of_clip=torch.tensor([1, 0, -1, 0])
    )
    torch.testing.assert_close(net(given)["contrast"], net(swapped)["contrast"])


def test_temperature_starts_at_its_value_learns_and_is_held_at_a_hundredth(model):
    net = model()
    assert float(net.temperature.detach()) == pytest.approx(0.07)
    net(batch())["loss"].backward()
    assert float(net.log_temperature.grad) != 0
    with torch.no_grad():
        net.log_temperature.fill_(-20.0)
    assert float(net.temperature.detach()) == pytest.approx(0.01)


@pytest.mark.parametrize("similarity", ["fine", "coarse"])
def test_a_batch_of_nothing_has_no_loss_and_no_error(model, similarity):
    given = batch()
    nothing = PretrainBatch(*(getattr(given, name)[:0] for name in given.__slots__))
    out = model(similarity=similarity)(nothing)
    assert {out[name].item() for name in ("loss", "reconstruction", "contrast", "mask_ratio", "r1")} == {0.0}
    out["loss"].backward()


def test_nothing_masked_is_no_loss_and_no_error(model):
    given = batch()
    out = model(contrast=False)(dataclasses.replace(given, touched=torch.zeros_like(given.touched)))
    assert out["loss"].item() == 0
