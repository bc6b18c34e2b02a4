"""Glosses in order: a step every fourth frame, the CTC loss over all alignments, too long a line is named."""

import itertools
import math

import pytest
import torch
from tiny_world import sample

from signscale.errors import SignScaleError
from signscale.tasks import load_task
from signscale.tasks.cslr import ctc_steps, ctc_steps_needed
from signscale.tasks.heads.gloss_ctc import GlossCtc


@pytest.fixture
def head(recipe):
    torch.manual_seed(0)
    return GlossCtc(recipe("cslr"), 7, ["a", "b"]).eval()


def test_every_fourth_frame_is_a_step(head, padded):
    lengths = [*range(1, 18)]
    assert head(*padded(lengths))[1].tolist() == [ctc_steps(length) for length in lengths]
    assert [ctc_steps(length) for length in (1, 4, 5, 8, 9)] == [1, 1, 2, 2, 3]


def test_a_clip_alone_and_in_a_padded_batch_has_the_same_probabilities(head, padded):
    features, valid = padded([17, 9, 1, 6])
    together, steps = head(features, valid)
    for clip, length in enumerate([17, 9, 1, 6]):
        alone, _ = head(features[clip : clip + 1, :length], valid[clip : clip + 1, :length])
        torch.testing.assert_close(together[clip, : steps[clip]], alone[0], rtol=0, atol=1e-5)


@torch.no_grad()
def test_the_loss_is_that_of_all_alignments(head, padded):
    lines, lengths = ["a b", "b b", "a"], [12, 16, 3]
    features, valid = padded(lengths)
    log_probs, steps = head(features, valid)
    expected = []
    for clip, line in enumerate(lines):
        numbers, total = [head.number[gloss] for gloss in line.split()], 0.0
        for path in itertools.product(range(3), repeat=int(steps[clip])):
            if [k for k, _ in itertools.groupby(path) if k] == numbers:
                total += float(log_probs[clip, range(len(path)), path].sum().exp())
        expected.append(-torch.tensor(total).log() / len(numbers))
    found = head.loss(features, valid, [sample(f"c/{k}", gloss=line) for k, line in enumerate(lines)])
    torch.testing.assert_close(found, sum(expected) / 3, rtol=1e-4, atol=1e-5)


def test_equal_neighbours_need_a_blank_between_them():
    assert ctc_steps_needed(["a", "b", "a"]) == 3
    assert ctc_steps_needed(["a", "a", "b", "b"]) == 6
    row = sample("c/0", gloss="a a b b")
    assert [load_task("cslr").is_long_enough(row, frames) for frames in (20, 21)] == [False, True]
    assert load_task("islr").is_long_enough(row, 1)


def test_a_line_longer_than_the_clip_and_an_unknown_gloss_are_named(head, padded):
    features, valid = padded([8])
    with pytest.raises(SignScaleError, match="c/7: 2 glosses need 3 steps, the clip has 2; leave it out"):
        head.loss(features, valid, [sample("c/7", gloss="a a")])
    with pytest.raises(SignScaleError, match="c/7: gloss 'z' is not in the training vocabulary"):
        head.loss(features, valid, [sample("c/7", gloss="a z")])


@torch.no_grad()
def test_prediction_lines_are_the_best_gloss_lines(head, padded):
    with torch.no_grad():
        head.classify.weight.zero_()
        head.classify.bias.copy_(torch.tensor([0.0, 0.0, 9.0]))
    lines = head.predict(*padded([9, 2]), [sample("c/0", gloss="a z", language="bfi"), sample("c/1", gloss="b")])
    assert [(line["sample_id"], line["language"], line["reference"], line["hypothesis"]) for line in lines] == [
        ("c/0", "bfi", "a z", "b"),
        ("c/1", "ase", "b", "b"),
    ]
    step = math.exp(9) / (math.exp(9) + 2)  # of b, in each of 3 steps and in the 1 step of 2 frames
    blank = 1 / (math.exp(9) + 2)
    alignments = step**3 + 2 * step**2 * blank + 3 * step * blank**2  # bbb, _bb bb_, __b _b_ b__
    assert lines[0]["score"] == pytest.approx(math.log(alignments), abs=1e-5)
    assert lines[0]["glosses"] == [{"gloss": "b", "frames": [0, 9], "probability": pytest.approx(step, abs=1e-6)}]
    assert lines[1]["score"] == pytest.approx(math.log(step), abs=1e-5)
    assert lines[1]["glosses"][0]["frames"] == [0, 2]


def test_the_recogniser_has_as_many_bilstm_layers_as_asked(recipe):
    one, two = (GlossCtc(recipe("cslr", layers=layers), 7, ["A", "B"]).state_dict() for layers in (1, 2))
    assert set(two) - set(one) == {
        f"recur.{kind}_l1{way}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh") for way in ("", "_reverse")
    }
