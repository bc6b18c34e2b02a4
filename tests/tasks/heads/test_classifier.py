"""A class for a clip: a linear layer on the mean frame; every class ranked."""

import pytest
import torch
from tiny_world import sample

from signscale.errors import SignScaleError
from signscale.tasks.heads.classifier import Classifier
from signscale.tasks.metrics.accuracy import rank_in_list


@pytest.fixture
def head(recipe):
    torch.manual_seed(0)
    return Classifier(recipe("islr"), 7, ["A", "B", "C"])


def test_logits_are_linear_in_the_mean_of_the_valid_frames(head, padded):
    features, valid = padded([5, 2])
    for clip, length in enumerate([5, 2]):
        expected = head.classify(features[clip, :length].mean(dim=0))
        torch.testing.assert_close(head(features, valid)[clip], expected)


def test_the_loss_is_smoothed_cross_entropy_by_hand(head, padded):
    features, valid = padded([5, 2])
    logs = head(features, valid).log_softmax(dim=1)
    wanted = torch.full((2, 3), 0.2 / 3)
    wanted[0, 1] += 0.8
    wanted[1, 0] += 0.8
    found = head.loss(features, valid, [sample("c/0", label="B"), sample("c/1", label="A")])
    torch.testing.assert_close(found, -(wanted * logs).sum(dim=1).mean())


def test_a_label_outside_the_vocabulary_is_named_in_training_and_missed_in_testing(head, padded):
    features, valid = padded([5])
    with pytest.raises(SignScaleError, match="c/0: label 'Z' is not in the training vocabulary"):
        head.loss(features, valid, [sample("c/0", label="Z")])
    (line,) = head.predict(features, valid, [sample("c/0", label="Z")])
    assert rank_in_list(line["ranked"], line["label"], line["probabilities"]) > 10**6


def test_a_sure_model_still_ranks_the_rest(head, padded):
    """Probabilities of 1e-20 are not ties: ties count against the label."""
    with torch.no_grad():
        head.classify.weight.zero_()
        head.classify.bias.copy_(torch.tensor([0.0, 80.0, 40.0]))
    (line,) = head.predict(*padded([3]), [sample("c/0", label="C")])
    assert line["ranked"] == ["B", "C", "A"]
    assert line["probabilities"] == [1.0, pytest.approx(4.24835e-18), pytest.approx(1.80485e-35)]
    assert rank_in_list(line["ranked"], "C", line["probabilities"]) == 2
